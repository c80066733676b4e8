"""Near-duplicates in the room by keyboard alone."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import expect

from adgen.models import Batch, Brand, Variant, VariantState
from review.models import Decision
from review.services.claims import claim_next
from tests.browser.conftest import OpenRoom
from tests.browser.test_room_engine import in_hand
from tests.factories import finding, screened_variant
from tests.review.acts import feed, state
from tests.review.test_clusters import cluster

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

TEXTS = ("Skip any month", "Skip any month?", "Just skip any month", "Go on, skip any month")


@pytest.fixture
def like(batch: Batch) -> list[Variant]:
    """Four near-duplicates, of which the screen marks the last; another line comes after them."""
    lines = [screened_variant(batch=batch, index=index, text=text) for index, text in enumerate(TEXTS[:3])]
    marked = screened_variant(batch=batch, index=3, text=TEXTS[3], verdict="flag", findings=[finding()])
    Variant.objects.filter(pk=marked.pk).update(due="2030-01-02")
    Variant.objects.filter(pk=lines[0].pk).update(due="2030-01-01")
    cluster(*lines, marked)
    screened_variant(batch=batch, index=4, text="Roasted on Mondays")
    return [*lines, marked]


def test_near_duplicates_are_decided_and_taken_back_together_by_keyboard(
    open_room: OpenRoom, reviewer: User, owner: User, like: list[Variant], brand: Brand
) -> None:
    page = open_room(reviewer)
    expect(page.locator("#room-text")).to_have_text(TEXTS[0])
    # Nobody else gets one of them meanwhile, nor the line in advance.
    in_hand(page, 2)
    assert claim_next(reviewer=owner) is None
    page.keyboard.press("g")
    boxes = page.locator("#room-cluster input")
    assert [box.is_checked() for box in boxes.all()] == [True, True, False]
    expect(page.locator("#room-cluster ins")).to_have_text(["month?", "Just skip ", "Go on, skip "])
    expect(page.locator(".room-differs")).to_have_text("the screen marks claim here")
    boxes.nth(1).focus()
    page.keyboard.press("Space")
    expect(page.locator(".room-cluster-sum")).to_contain_text("counts for 2 lines")
    page.keyboard.press("a")
    expect(page.locator("#room-text")).to_have_text("Roasted on Mondays")
    expect(page.locator(".room-recent li").first).to_contain_text("and 1 like it")
    expect(page.locator("#room-saved")).to_contain_text("Saved")
    assert [text for *_, text in feed(brand)] == [TEXTS[0], TEXTS[1]]
    assert state(like[2]) == state(like[3]) == VariantState.PENDING
    page.keyboard.press("u")
    expect(page.locator("#room-text")).to_have_text(TEXTS[0])
    expect(page.locator("#room-cluster summary")).to_contain_text("and 3 lines like it")
    assert [kind for _, kind, _ in feed(brand)].count("retracted") == 2
    # With the list shut, the line is decided alone.
    page.keyboard.press("r")
    page.keyboard.press("5")
    expect(page.locator("#room-saved")).to_contain_text("Saved")
    expect(page.locator(".room-recent li").first).to_contain_text("dull")
    page.wait_for_function("document.querySelector('.room-recent li .room-fate')?.textContent === ''")
    assert Decision.objects.filter(action="reject").count() == 1
