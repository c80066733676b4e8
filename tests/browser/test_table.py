"""Many lines in the table, by keyboard alone."""

from __future__ import annotations

import re

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect

from adgen.models import Batch, Brand, Variant, VariantState
from review.models import Claim, Decision
from tests.browser.conftest import OpenRoom
from tests.factories import finding, screened_variant
from tests.review.acts import claim, feed, state

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

TABLE = "/admin/review/table/"


def told(page: Page, words: str) -> None:
    expect(page.locator("#table-told")).to_have_text(re.compile(words))


def test_many_lines_are_chosen_decided_and_taken_back_by_keyboard(
    open_room: OpenRoom, reviewer: User, owner: User, batch: Batch, brand: Brand
) -> None:
    lines = [screened_variant(batch=batch, index=index, text=f"Line number {index}") for index in range(6)]
    page = open_room(reviewer)
    Claim.objects.all().delete()
    page.goto(TABLE)
    theirs = claim(owner).variant
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Shift+ArrowDown")
    page.keyboard.press("Shift+ArrowDown")
    expect(page.locator("#table-count")).to_have_text("3 lines chosen")
    page.keyboard.press("a")
    told(page, "Approved: 2. Left as they were: 1")
    expect(page.locator(f"#line-{theirs.pk} .table-state")).to_contain_text("Another reviewer")
    assert len(feed(brand)) == 2
    page.keyboard.press("u")
    told(page, "Taken back: 2 lines")
    page.keyboard.press("x")
    page.keyboard.press("r")
    page.keyboard.press("5")
    page.keyboard.press("Enter")
    told(page, "Rejected: 5")
    assert set(Decision.objects.filter(action="reject").values_list("reason", flat=True)) == {"dull"}
    assert [state(line) for line in lines].count(VariantState.REJECTED) == 5


def test_a_stop_leaves_the_rows_that_were_not_reached_chosen(
    open_room: OpenRoom, reviewer: User, batch: Batch
) -> None:
    for index in range(30):
        screened_variant(batch=batch, index=index)
    page = open_room(reviewer)
    page.goto(TABLE)
    page.keyboard.press("x")
    page.keyboard.press("a")
    told(page, "of 30")
    page.keyboard.press("Escape")
    told(page, "Stopped.*still chosen")
    done = Decision.objects.count()
    assert 0 < done < 30
    expect(page.locator('input[name="line"]:checked')).to_have_count(30 - done)


def test_a_network_gap_stops_with_the_row_that_it_stopped_at(
    open_room: OpenRoom, reviewer: User, variants: list[Variant]
) -> None:
    page = open_room(reviewer)
    page.goto(TABLE)
    page.context.set_offline(True)
    page.keyboard.press("x")
    page.keyboard.press("a")
    told(page, "Approved: 0. Stopped at .*cannot be reached. 4 lines not reached")
    page.context.set_offline(False)
    page.keyboard.press("a")
    told(page, "Approved: 4")


@pytest.mark.parametrize("width", [390, 1920])
def test_the_table_does_not_stick_out_sideways(
    open_room: OpenRoom, reviewer: User, batch: Batch, width: int
) -> None:
    screened_variant(batch=batch, index=0, verdict="flag", findings=[finding(message="No fact says so " * 9)])
    page = open_room(reviewer, viewport={"width": width, "height": 844})
    page.goto(TABLE)
    assert not page.evaluate("document.documentElement.scrollWidth > window.innerWidth")
