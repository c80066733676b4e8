"""Disagreements, agreement, gold items and blind comparisons in a browser: by keys, narrow, accessible."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect

from adgen.models import Adapter, Batch, Brand, Brief, Role, Variant, VariantState
from review.models import Action, Comparison
from review.services.comparisons import trial_open
from review.services.gold import gold_mark
from tests.browser.conftest import OpenRoom
from tests.browser.test_accessibility import faults
from tests.factories import AdapterFactory, BatchFactory, member, screened_variant
from tests.review.acts import decide, disputed, feed, state

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

DISAGREEMENTS = "/admin/review/disagreements/"
COMPARE = "/admin/review/compare/"


@pytest.fixture
def second(brand: Brand) -> User:
    return member(brand, Role.REVIEWER, "second")


@pytest.fixture
def trial_of(brand: Brand, brief: Brief, owner: User) -> Adapter:
    adapter = AdapterFactory.create(brand=brand)
    for writer, text in ((adapter, "Mondays"), (None, "Coffee")):
        batch = BatchFactory.create(brief=brief, adapter=writer)
        for index in range(4):
            screened_variant(batch=batch, index=index, adapter=writer, text=f"{text} number {index}")
    trial_open(manager=owner, challenger=adapter, rival=None)
    return adapter


def narrow(page: Page) -> None:
    assert not page.evaluate("document.documentElement.scrollWidth > window.innerWidth")


def test_disagreements_are_settled_by_keys(
    open_room: OpenRoom, owner: User, reviewer: User, second: User, variants: list[Variant], brand: Brand
) -> None:
    for _ in range(2):
        disputed(brand, reviewer, second)
    page = open_room(owner)
    page.goto(DISAGREEMENTS)
    title = page.locator("#pick-line")
    expect(title).to_have_text(variants[0].text)
    page.keyboard.press("j")
    expect(title).to_have_text(variants[1].text)
    page.keyboard.press("1")
    expect(page.get_by_text(f"Approved: “{variants[1].text}”.")).to_be_visible()
    expect(title).to_have_text(variants[0].text)
    page.keyboard.press("o")
    expect(page.get_by_label("Decision", exact=True)).to_be_focused()
    page.keyboard.type("rejected")
    page.keyboard.press("Tab")
    page.keyboard.type("dull")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Decide", exact=True).press("Enter")
    expect(page.get_by_text(f"Rejected: “{variants[0].text}”.")).to_be_visible()
    page.set_viewport_size({"width": 390, "height": 844})
    narrow(page)
    assert [text for *_, text in feed(brand)] == [variants[1].text]
    assert state(variants[0]) == VariantState.REJECTED


def test_pairs_are_compared_by_keys(open_room: OpenRoom, reviewer: User, trial_of: Adapter) -> None:
    page = open_room(reviewer, viewport={"width": 390, "height": 844})
    page.goto(COMPARE)
    for number, key in enumerate(("ArrowLeft", "ArrowRight", "e", "n")):
        expect(page.locator("#pick-left")).to_contain_text(f"number {number}")
        narrow(page)
        page.keyboard.press(key)
    expect(page.get_by_text("you have judged 4 pairs")).to_be_visible()
    choices = Comparison.objects.order_by("id").values_list("choice", flat=True)
    assert list(choices) == ["left", "right", "equal", "neither"]


def test_the_pages_are_accessible(
    open_room: OpenRoom,
    owner: User,
    reviewer: User,
    second: User,
    brand: Brand,
    batch: Batch,
    variants: list[Variant],
    trial_of: Adapter,
) -> None:
    gold_mark(manager=owner, variant=decide(second, Action.APPROVE).variant)
    disputed(brand, reviewer, second)
    page, found = open_room(owner), []
    for address in (
        DISAGREEMENTS,
        COMPARE,
        "/admin/review/agreement/",
        "/admin/review/attention/",
        f"/admin/adgen/adapter/{trial_of.pk}/change/",
    ):
        page.goto(address)
        for summary in page.locator(".pick summary").all():
            summary.click()
        found += faults(page, address)
        narrow(page)
    assert found == []
