"""A real Chromium against a real server; every page watches for faults that a person would not see."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from playwright.sync_api import Browser, Page, expect, sync_playwright
from pytest_django.live_server_helper import LiveServer

from tests.browser.chromium import ARGS, CHROMIUM, ROOM

OpenRoom = Callable[..., Page]


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    if not CHROMIUM.exists():
        pytest.skip(f"{CHROMIUM} is missing")
    # Playwright keeps an event loop running in this thread, where Django would refuse the database.
    before = os.environ.get("DJANGO_ALLOW_ASYNC_UNSAFE")
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    expect.set_options(timeout=15_000)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=ARGS)
        yield browser
        browser.close()
    if before is None:
        del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]
    else:
        os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = before


@pytest.fixture
def open_room(chromium: Browser, live_server: LiveServer) -> Iterator[OpenRoom]:
    """Opens the room for a user in a browser of their own; fails on script errors and foreign requests."""
    faults: list[str] = []
    contexts = []

    def open_(user: User, **options: Any) -> Page:
        client = Client()
        client.force_login(user)
        session = client.cookies["sessionid"].value
        context = chromium.new_context(
            **{"viewport": {"width": 1440, "height": 900}, "base_url": live_server.url, **options}
        )
        contexts.append(context)
        context.add_cookies([{"name": "sessionid", "value": session, "url": live_server.url}])
        page = context.new_page()
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("console", lambda line: faults.append(line.text) if "Content Security" in line.text else None)
        page.on("request", lambda request: _check_host(request.url, live_server.url, faults))
        page.goto(ROOM)
        if options.get("java_script_enabled", True):
            # Chromium drops keys that come before a page is painted first. Waiting is itself a script.
            page.wait_for_function("performance.getEntriesByType('paint').length", polling=50)
        return page

    yield open_
    for context in contexts:
        context.close()
    assert faults == []


def _check_host(url: str, own: str, faults: list[str]) -> None:
    if not url.startswith((own, "data:")):
        faults.append(f"a request to {url}")
