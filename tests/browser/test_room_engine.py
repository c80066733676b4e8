"""Lines in advance, decisions that wait for the network, looking around, and keys of one's own."""

from __future__ import annotations

import re

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Dialog, Page, Route, expect

from adgen.models import Batch, Brand, Variant
from review.models import Claim, Comment, ScreenMark
from review.selectors.history import UNDO_STEPS
from tests.browser.chromium import ROOM
from tests.browser.conftest import OpenRoom
from tests.browser.test_review_room import decisions, press, saved, see
from tests.conftest import HEADLINES
from tests.factories import PASSWORD, finding, screened_variant
from tests.review.acts import feed

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

DECISIONS = "**/api/v1/review/decisions*"


def in_hand(page: Page, lines: int) -> None:
    """Wait until the page holds so many lines."""
    expect(page.locator("#room")).to_have_attribute("data-in-hand", str(lines))


def test_a_gap_in_the_network_loses_nothing(
    open_room: OpenRoom, reviewer: User, brand: Brand, variants: list[Variant]
) -> None:
    page = open_room(reviewer)
    in_hand(page, 3)
    page.context.set_offline(True)
    press(page, "a", "r", "5", "a")
    see(page, "Fetching the next line …")
    alert = page.locator("#room-offline")
    expect(alert).to_contain_text("The server cannot be reached. 3 decisions wait to be saved")
    expect(page.locator("#room-saved")).to_have_text("3 decisions wait to be saved")
    assert decisions() == []
    page.context.set_offline(False)
    see(page, HEADLINES[3])
    saved(page)
    expect(alert).to_be_hidden()
    expect(page.locator("#room-announcer")).to_contain_text(re.compile("All saved at|Next line"))
    assert decisions() == [
        ("approve", "", HEADLINES[0]),
        ("reject", "dull", HEADLINES[1]),
        ("approve", "", HEADLINES[2]),
    ]
    assert [text for *_, text in feed(brand)] == [HEADLINES[0], HEADLINES[2]]


def test_what_a_closed_page_had_not_saved_is_saved_once_by_the_next(
    open_room: OpenRoom, reviewer: User, variants: list[Variant]
) -> None:
    page = open_room(reviewer)
    in_hand(page, 3)
    asked: list[str] = []

    def lose_the_answer(route: Route) -> None:
        route.fetch()
        route.abort()

    page.route(DECISIONS, lose_the_answer)
    press(page, "a", "a")
    expect(page.locator("#room-offline")).to_contain_text("2 decisions wait")
    # The server has the first, but nobody told the page.
    assert decisions() == [("approve", "", HEADLINES[0])]

    def leave(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.accept()

    page.on("dialog", leave)
    page.unroute(DECISIONS)
    page.goto(ROOM)
    saved(page)
    see(page, HEADLINES[2])
    assert asked == ["beforeunload"]
    assert decisions() == [("approve", "", HEADLINES[0]), ("approve", "", HEADLINES[1])]
    expect(page.locator(".room-recent li")).to_have_count(2)


def test_undo_takes_back_what_is_not_saved_first(
    open_room: OpenRoom, reviewer: User, variants: list[Variant]
) -> None:
    page = open_room(reviewer)
    in_hand(page, 3)
    page.context.set_offline(True)
    press(page, "a")
    expect(page.locator("#room-offline")).to_contain_text("1 decision waits")
    press(page, "s", "u")
    see(page, HEADLINES[1])
    # The server may have the first already, so taking it back waits for it.
    press(page, "u")
    expect(page.locator("#room-offline")).to_contain_text("2 decisions wait")
    page.context.set_offline(False)
    expect(page.locator("#room-told")).to_contain_text("It comes next.")
    see(page, HEADLINES[1])
    press(page, "ArrowRight")
    see(page, HEADLINES[0])
    assert decisions() == [("approve", "", HEADLINES[0]), ("undo", "", HEADLINES[0])]


def test_twenty_decisions_are_taken_back(open_room: OpenRoom, reviewer: User, batch: Batch) -> None:
    texts = [f"Line number {index}" for index in range(UNDO_STEPS + 1)]
    for index, text in enumerate(texts):
        screened_variant(batch=batch, index=index, text=text)
    page = open_room(reviewer)
    for text in texts:
        see(page, text)
        press(page, "a")
    saved(page)
    press(page, *"u" * UNDO_STEPS)
    see(page, texts[1])
    saved(page)
    press(page, "u")
    expect(page.locator("#room-told")).to_contain_text("Nothing to take back")
    assert [text for action, _, text in decisions() if action == "undo"] == texts[:0:-1]


def test_looking_around_decides_nothing(open_room: OpenRoom, reviewer: User, variants: list[Variant]) -> None:
    page = open_room(reviewer)
    in_hand(page, 3)
    press(page, "ArrowRight")
    see(page, HEADLINES[1])
    press(page, "ArrowLeft", "a")
    see(page, HEADLINES[1])
    press(page, "ArrowLeft")
    see(page, HEADLINES[0])
    expect(page.locator(".room-past")).to_have_text("Approved by you.")
    # A decided line takes a comment, but no second decision.
    press(page, "a", "s", "e", "c")
    page.keyboard.type("fits the autumn too")
    press(page, "Control+Enter")
    expect(page.locator(".room-comments")).to_contain_text("fits the autumn too")
    press(page, "ArrowRight")
    see(page, HEADLINES[1])
    saved(page)
    assert decisions() == [("approve", "", HEADLINES[0])]
    assert Comment.objects.get().variant == variants[0]


def test_the_screen_is_marked_and_comments_are_left_by_keys(
    open_room: OpenRoom, reviewer: User, owner: User, batch: Batch
) -> None:
    marked = [
        {**finding(start=0, end=3), "rule": "first.rule"},
        {**finding(start=4, end=8), "rule": "second.rule"},
    ]
    screened_variant(batch=batch, index=0, text="The best espresso", verdict="flag", findings=marked)
    page = open_room(reviewer)
    press(page, "w")
    expect(page.get_by_role("button", name="Screen wrong").first).to_be_disabled()
    press(page, "Tab", "Tab", "w", "m", "5", "m", "9")
    page.keyboard.type("rude in Danish")
    press(page, "Enter", "c")
    page.keyboard.type("ask the Danes")
    press(page, "Control+Enter")
    saved(page)
    see(page, "The1 best2 espresso")
    marks = ScreenMark.objects.order_by("id").values_list("kind", "rule", "note")
    assert list(marks) == [
        ("filter_wrong", "first.rule", ""),
        ("filter_wrong", "second.rule", ""),
        ("filter_missed", "competitor", ""),
        ("filter_missed", "other", "rude in Danish"),
    ]
    assert decisions() == []
    press(page, "s")
    see(page, "All caught up")
    saved(page)
    later = open_room(owner)
    expect(later.locator(".room-comments")).to_contain_text("reviewer ask the Danes")


def test_keys_are_chosen_on_their_page(open_room: OpenRoom, reviewer: User, variants: list[Variant]) -> None:
    page = open_room(reviewer)
    press(page, "?")
    page.get_by_role("link", name="Choose other keys").click()
    expect(page).to_have_url(re.compile("/keys/$"))
    page.wait_for_load_state()
    page.get_by_label("Approve").focus()
    press(page, "s", "Enter")
    expect(page.get_by_role("alert")).to_contain_text("Nothing was saved")
    expect(page.get_by_text("“s” is the key of Skip too")).to_be_visible()
    page.get_by_label("Approve").focus()
    press(page, "J")
    page.get_by_label("Skip").focus()
    press(page, "ArrowDown")
    page.get_by_label("Pause").focus()
    press(page, "Backspace", "Enter")
    see(page, HEADLINES[0])
    press(page, "a", "p", "j")
    see(page, HEADLINES[1])
    press(page, "ArrowDown")
    see(page, HEADLINES[2])
    press(page, "?")
    expect(page.locator("#room-help [data-does=approve]")).to_have_text("jApprove: the line is published")
    saved(page)
    assert [action for action, *_ in decisions()] == ["approve", "skip"]


def test_a_pause_waits_for_what_is_not_saved(
    open_room: OpenRoom, reviewer: User, variants: list[Variant]
) -> None:
    page = open_room(reviewer)
    in_hand(page, 3)
    page.context.set_offline(True)
    press(page, "a", "p")
    expect(page.locator("#room-offline")).to_contain_text("Pausing once it is saved.")
    assert Claim.objects.count() == 3
    page.context.set_offline(False)
    see(page, "Paused")
    assert decisions() == [("approve", "", HEADLINES[0])]
    assert not Claim.objects.exists()
    press(page, "u")
    see(page, HEADLINES[0])
    assert [action for action, *_ in decisions()] == ["approve", "undo"]


def test_signing_in_again_saves_what_waits(
    open_room: OpenRoom, reviewer: User, variants: list[Variant]
) -> None:
    page = open_room(reviewer)
    in_hand(page, 3)
    page.context.clear_cookies()
    press(page, "a")
    expect(page.locator("#room-offline")).to_contain_text("You are signed out.")
    reviewer.set_password(PASSWORD)
    reviewer.save()
    other = page.context.new_page()
    other.goto("/admin/login/")
    other.get_by_label("Username").fill("reviewer")
    other.get_by_label("Password").fill(PASSWORD)
    other.get_by_role("button", name="Log in").click()
    expect(other).to_have_url(re.compile("/admin/$|/room/"))
    # The page tries again by itself, after 1, 2, 4 and 8 seconds.
    expect(page.locator("#room-saved")).to_have_text(re.compile("^Saved "), timeout=30_000)
    assert decisions() == [("approve", "", HEADLINES[0])]
