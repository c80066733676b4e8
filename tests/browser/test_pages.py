"""The dashboard and the audit log as people use them: by keyboard, on any screen, in both themes."""

from __future__ import annotations

import re

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect

from adgen.models import Brand, Variant
from review.models import Action
from review.services.figures import figures_count
from tests.browser.conftest import OpenRoom
from tests.factories import AdapterFactory
from tests.review.acts import decide, reject

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

DASHBOARD = "/admin/review/dashboard/"
AUDIT = "/admin/audit/"
PAINTED = (
    "canvas => canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data.some(Boolean)"
)


@pytest.fixture
def decided(reviewer: User, variants: list[Variant], brand: Brand) -> Brand:
    Variant.objects.update(adapter=AdapterFactory.create(brand=brand))
    decide(reviewer, Action.APPROVE, duration_ms=4_000)
    reject(reviewer)
    figures_count()
    return brand


def reach(page: Page, role: str, name: str) -> None:
    """Press Tab until the control has the focus, as somebody without a mouse does."""
    wanted = page.get_by_role(role, name=name)  # type: ignore[arg-type]
    for _ in range(80):
        if wanted.evaluate("node => node === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"{name} cannot be reached by Tab")


def test_the_dashboard_by_keyboard(open_room: OpenRoom, owner: User, decided: Brand) -> None:
    page = open_room(owner)
    page.goto(DASHBOARD)
    reach(page, "combobox", "Brand")
    page.keyboard.type("Nordlys")
    reach(page, "combobox", "Period")
    page.keyboard.type("90")
    reach(page, "button", "Show")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"brand=nordlys&days=90"))
    details = page.get_by_role("figure", name="Decisions by day").get_by_role("group")
    details.locator("summary").focus()
    page.keyboard.press("Enter")
    table = page.get_by_role("region", name="Decisions by day")
    expect(table.get_by_role("columnheader")).to_have_text(
        ["Day", "Approved", "Edited", "Rejected", "Skipped"]
    )
    table.get_by_role("link").nth(2).focus()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/admin/review/decision/\?.*action__in=reject"))
    expect(page.locator("#result_list tbody tr")).to_have_count(1)


def test_every_chart_has_a_name_and_is_drawn(open_room: OpenRoom, owner: User, decided: Brand) -> None:
    page = open_room(owner)
    page.goto(DASHBOARD)
    for title in (
        "Decisions by day",
        "Approved unchanged, by adapter",
        "Time a decision takes",
        "Decisions by hour",
    ):
        chart = page.get_by_role("img", name=f"Chart: {title}")
        expect(chart.locator("canvas")).to_have_count(1)
        assert chart.locator("canvas").evaluate(PAINTED), title


def test_charts_follow_the_theme(open_room: OpenRoom, owner: User, decided: Brand) -> None:
    page = open_room(owner, color_scheme="light")
    page.goto(DASHBOARD)
    canvas = page.locator("[data-drawing=days] canvas")
    expect(canvas).to_have_count(1)
    light = canvas.evaluate("canvas => canvas.toDataURL()")
    page.evaluate("document.documentElement.classList.add('dark')")
    expect(canvas).to_have_count(1)
    assert canvas.evaluate("canvas => canvas.toDataURL()") != light


@pytest.mark.parametrize("address", [DASHBOARD, AUDIT])
@pytest.mark.parametrize("viewport", [390, 1920])
def test_nothing_sticks_out_sideways(
    open_room: OpenRoom, owner: User, decided: Brand, address: str, viewport: int
) -> None:
    page = open_room(owner, viewport={"width": viewport, "height": 844})
    page.goto(address)
    for summary in page.locator("summary").all():
        summary.click()
    assert not page.evaluate("document.documentElement.scrollWidth > window.innerWidth")


def test_the_audit_log_by_keyboard(open_room: OpenRoom, owner: User, decided: Brand) -> None:
    page = open_room(owner)
    page.goto(AUDIT)
    reach(page, "combobox", "Act")
    page.keyboard.type("decided")
    reach(page, "textbox", "Who")
    page.keyboard.type("reviewer")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"action=decision&actor=reviewer"))
    table = page.get_by_role("table", name="Events, newest first")
    expect(table.get_by_role("row")).to_have_count(3)
    reach(page, "button", "Export as CSV")
    with page.expect_download() as download:
        page.keyboard.press("Enter")
    assert download.value.suggested_filename.startswith("audit-nordlys-")
    assert "decision" in download.value.path().read_text()


def test_a_search_that_makes_no_sense_is_told(open_room: OpenRoom, owner: User, decided: Brand) -> None:
    page = open_room(owner)
    page.goto(f"{AUDIT}?subject=!")
    expect(page.get_by_role("alert")).to_contain_text("Give a kind")
    expect(page.get_by_role("textbox", name="Subject")).to_have_value("!")
