"""The review room, as a page and as plain forms."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.contrib.messages import get_messages
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from adgen.models import Batch, Brand, Role, Variant, VariantState
from adgen.services.brands import membership_add
from review.models import Action, Claim, Comment, ScreenMark
from tests.factories import BatchFactory, WorkerPulseFactory, finding, screened_variant
from tests.review.acts import claim, decide, expire, feed, state, stray_token, unchanged

ROOM = "/admin/review/room/"
ACTS = ("decide/", "undo/", "pause/", "next/", "mark/", "comment/")


@pytest.fixture
def room(client: Client, reviewer: User) -> Client:
    client.force_login(reviewer)
    return client


def hand(user: User) -> dict[str, Any]:
    """The fields by which the page names the line in hand."""
    taken = claim(user)
    return {"variant": taken.variant_id, "token": str(taken.token)}


def page(answer: Any) -> str:
    assert answer.status_code == 200
    html: str = answer.content.decode()
    return html


def test_the_page_shows_the_line_its_brief_and_its_brand(room: Client, variants: list[Variant]) -> None:
    html = page(room.get(ROOM))
    for text in (
        variants[0].text,
        "Google responsive search ad headline",
        "25 / 30",
        "espresso subscription",
        "home baristas",
        "skip any month",
        "first bag half price",
        "dry, warm, short",
        "beans are roasted on Mondays",
        variants[1].text,
    ):
        assert text in html


def test_findings_are_marked_in_the_text_and_explained(room: Client, batch: Batch) -> None:
    text = "The best espresso"
    marked = [finding(start=4, end=8, message="the best needs proof")]
    screened_variant(batch=batch, index=0, text=text, verdict="flag", findings=marked)
    html = page(room.get(ROOM))
    assert '<mark class="room-mark room-mark--flag">best<sup>1</sup></mark>' in html
    assert "the best needs proof" in html


def test_copy_is_text_and_never_markup(room: Client, batch: Batch) -> None:
    screened_variant(batch=batch, index=0, text="<b>bold</b> claim")
    html = page(room.get(ROOM))
    assert "&lt;b&gt;bold&lt;/b&gt; claim" in html
    assert "<b>bold" not in html


def test_opening_the_page_takes_a_line_and_opening_it_again_keeps_it(
    room: Client, reviewer: User, variants: list[Variant]
) -> None:
    room.get(ROOM)
    first = Claim.objects.get()
    room.get(ROOM)
    again = Claim.objects.get()
    assert (first.reviewer, first.variant, first.token) == (reviewer, variants[0], again.token)


def test_plain_forms_decide_and_lead_back_to_the_room(
    room: Client, reviewer: User, variants: list[Variant], brand: Brand
) -> None:
    answer = room.post(ROOM + "decide/", {**hand(reviewer), "action": "approve"})
    assert (answer.status_code, answer["Location"]) == (302, ROOM + "?")
    assert [str(message) for message in get_messages(answer.wsgi_request)] == [
        f"Approved: “{variants[0].text}”."
    ]
    assert feed(brand) == [(1, "approved", variants[0].text)]


def test_a_line_in_advance_comes_alone_and_is_none_of_those_in_hand(
    room: Client, reviewer: User, owner: User, variants: list[Variant]
) -> None:
    first, second = claim(reviewer), claim(reviewer, besides=[variants[0].pk])
    in_hand = f"{first.variant_id},{second.variant_id}"
    html = page(room.post(ROOM + "next/", {"besides": in_hand}))
    assert html.startswith('<div class="room-leaf"')
    assert f'data-variant="{variants[2].pk}"' in html
    assert Claim.objects.filter(reviewer=reviewer).count() == 3
    claim(owner)
    html = page(room.post(ROOM + "next/", {"besides": f"{in_hand},{variants[2].pk}"}))
    assert "data-variant" not in html
    assert "1 line in other reviewers" in html


@pytest.mark.parametrize("besides", ["first", "-1", "9" * 19, "1," * 1001])
def test_lines_in_hand_are_numbers(room: Client, variants: list[Variant], besides: str) -> None:
    with unchanged():
        assert room.post(ROOM + "next/", {"besides": besides}).status_code == 400


def test_a_lost_claim_is_told_and_the_next_card_shown(
    room: Client, reviewer: User, owner: User, variants: list[Variant]
) -> None:
    held = hand(reviewer)
    expire(Claim.objects.get())
    claim(owner)
    html = page(room.post(ROOM + "decide/", {**held, "action": "approve"}, follow=True))
    assert "Nothing was saved" in html
    assert variants[1].text in html
    assert state(variants[0]) == VariantState.PENDING


def test_an_edit_that_does_not_fit_is_handed_back_to_go_on_with(
    room: Client, reviewer: User, variants: list[Variant]
) -> None:
    text = "Espresso that is far too long for it"
    held = hand(reviewer)
    answer = room.post(ROOM + "decide/", {**held, "action": "edit", "text": text})
    assert answer.status_code == 400
    html = answer.content.decode()
    assert f">{text}</textarea>" in html
    assert "takes at most 30. (shorten it by 6)" in html
    assert (state(variants[0]), Claim.objects.get().variant) == (VariantState.PENDING, variants[0])


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"action": "reject"}, "A rejection needs a reason."),
        ({"action": "reject", "reason": "other"}, "needs a note"),
        ({"action": "publish"}, "action: "),
        ({"action": "approve", "token": "x"}, "token: "),
    ],
)
def test_a_form_that_breaks_a_rule_says_so_and_saves_nothing(
    room: Client, reviewer: User, variants: list[Variant], fields: dict[str, str], message: str
) -> None:
    html = page(room.post(ROOM + "decide/", {**hand(reviewer), **fields}, follow=True))
    assert message in html
    assert state(variants[0]) == VariantState.PENDING


def test_undo_brings_the_line_back(room: Client, reviewer: User, variants: list[Variant]) -> None:
    decide(reviewer, Action.APPROVE)
    html = page(room.post(ROOM + "undo/", follow=True))
    assert f"Taken back. “{variants[0].text}”" in html
    assert f'name="variant" value="{variants[0].pk}"' in html
    assert "Nothing to take back" in page(room.post(ROOM + "undo/", follow=True))


def test_a_pause_holds_nothing(room: Client, reviewer: User, variants: list[Variant]) -> None:
    claim(reviewer)
    answer = room.post(ROOM + "pause/")
    assert answer["Location"] == ROOM + "?paused=1"
    assert "Paused" in page(room.get(ROOM, {"paused": 1}))
    assert not Claim.objects.exists()


def test_marks_and_comments_leave_the_line_in_hand(room: Client, reviewer: User, batch: Batch) -> None:
    line = screened_variant(batch=batch, index=0, text="Best", verdict="flag", findings=[finding()])
    held = {"variant": line.pk}
    for route, fields, told in (
        ("mark/", {"kind": "filter_wrong", "rule": "claim"}, "Noted."),
        ("mark/", {"kind": "filter_wrong", "rule": "claim"}, "You have made this mark already."),
        ("mark/", {"kind": "filter_missed", "rule": "other"}, "needs a note"),
        ("mark/", {"kind": "late"}, "kind: "),
        ("comment/", {"note": "ask legal"}, "Your comment stays with the line."),
        ("comment/", {"note": " "}, "needs a note"),
        ("comment/", {"variant": ""}, "variant: "),
    ):
        html = page(room.post(ROOM + route, {**held, **fields}, follow=True))
        assert told in html
        assert f'name="variant" value="{line.pk}"' in html
    assert list(Comment.objects.values_list("variant", "note")) == [(line.pk, "ask legal")]
    assert list(ScreenMark.objects.values_list("kind", "rule")) == [("filter_wrong", "claim")]
    assert '<strong>reviewer</strong> <span dir="auto">ask legal</span>' in html


def test_a_number_that_no_line_can_have_is_refused(room: Client, variants: list[Variant]) -> None:
    beyond = {"variant": 2**63, "token": str(stray_token())}
    html = page(room.post(ROOM + "decide/", {**beyond, "action": "approve"}, follow=True))
    assert "variant: " in html


def test_who_left_a_brand_sees_no_more_of_what_they_decided_there(
    room: Client, reviewer: User, variants: list[Variant], other_brand: Brand
) -> None:
    decide(reviewer, Action.APPROVE)
    membership_add(user=reviewer, brand=other_brand, role=Role.REVIEWER)
    assert variants[0].text in page(room.get(ROOM))
    reviewer.memberships.exclude(brand=other_brand).delete()
    assert variants[0].text not in page(room.get(ROOM))


def test_an_empty_room_says_what_is_under_way(room: Client, batch: Batch) -> None:
    html = page(room.get(ROOM))
    assert "All caught up" in html
    assert str(batch.brief) in html
    assert "No worker has shown up" in html
    WorkerPulseFactory.create()
    assert "A worker is running." in page(room.get(ROOM))


def test_the_last_decisions_are_listed_with_the_fate_of_edits(
    room: Client, reviewer: User, variants: list[Variant]
) -> None:
    decide(reviewer, Action.EDIT, text="My own words")
    html = page(room.get(ROOM))
    assert "My own words" in html
    assert "waiting for its screening" in html


def test_a_reviewer_of_two_brands_may_look_at_one(
    room: Client, reviewer: User, variants: list[Variant], other_brand: Brand
) -> None:
    membership_add(user=reviewer, brand=other_brand, role=Role.REVIEWER)
    theirs = screened_variant(batch=BatchFactory.create(brief__brand=other_brand), index=0)
    html = page(room.get(ROOM, {"brand": "fjell"}))
    assert f'name="variant" value="{theirs.pk}"' in html
    answer = room.post(ROOM + "decide/?brand=fjell", {**hand(reviewer), "action": "skip"})
    assert answer["Location"] == ROOM + "?brand=fjell"


def test_another_brand_is_a_404(
    client: Client, outsider: User, reviewer: User, variants: list[Variant]
) -> None:
    held = hand(reviewer)
    client.force_login(outsider)
    with unchanged():
        assert client.get(ROOM, {"brand": "nordlys"}).status_code == 404
        assert client.post(ROOM + "decide/", {**held, "action": "approve"}).status_code == 404
        assert client.post(ROOM + "comment/", {**held, "note": "x"}).status_code == 404
        mark = {"kind": "filter_missed", "rule": "toxic"}
        assert client.post(ROOM + "mark/", {**held, **mark}).status_code == 404
        assert client.post(ROOM + "next/?brand=nordlys").status_code == 404


def test_a_marketer_is_told_that_there_is_nothing_to_review(
    client: Client, marketer: User, reviewer: User, variants: list[Variant]
) -> None:
    held = hand(reviewer)
    client.force_login(marketer)
    with unchanged():
        assert "You are a reviewer of no brand yet" in page(client.get(ROOM))
        html = page(client.post(ROOM + "decide/", {**held, "action": "approve"}, follow=True))
        assert "needs the role reviewer" in html


@pytest.mark.parametrize("route", ["", *ACTS])
def test_a_stranger_is_sent_to_the_login(client: Client, variants: list[Variant], route: str) -> None:
    with unchanged():
        answer = client.post(ROOM + route) if route else client.get(ROOM)
    assert answer.status_code == 302
    assert answer["Location"].startswith("/admin/login/")


@pytest.mark.parametrize("route", ACTS)
def test_acts_need_the_csrf_token(reviewer: User, variants: list[Variant], route: str) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(reviewer)
    with unchanged():
        assert client.post(ROOM + route).status_code == 403


def test_our_own_part_of_the_page_has_no_inline_script_or_style(
    room: Client, variants: list[Variant]
) -> None:
    html = page(room.post(ROOM + "next/"))
    assert not [word for word in ("<script", "<style", " style=", " onclick=", "hx-on") if word in html]
    policy = room.get(ROOM)["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "http" not in policy


def test_the_page_costs_the_same_at_any_length_of_the_queue(
    room: Client, variants: list[Variant], batch: Batch
) -> None:
    def queries(ask: Callable[[], Any]) -> int:
        with CaptureQueriesContext(connection) as captured:
            page(ask())
        return len(captured)

    def costs() -> tuple[int, int]:
        return queries(lambda: room.post(ROOM + "next/")), queries(lambda: room.get(ROOM))

    costs()
    card, whole = costs()
    assert card < whole <= 15
    for index in range(4, 40):
        screened_variant(batch=batch, index=index)
    assert costs() == (card, whole)
