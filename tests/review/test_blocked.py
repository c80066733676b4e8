"""Lines that the screen blocks: nobody is shown them unless a manager asks, and none is approved unseen."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from adgen.errors import StateConflict
from adgen.models import AuditAction, AuditEvent, Batch, Brand, RescreenReason, Variant, VariantState
from adgen.services.rescreens import rescreen_request
from adgen.spec import Finding
from review.models import Action
from review.selectors.card import card_of
from review.services.claims import claim_next
from review.services.decisions import decision_record
from tests import work
from tests.factories import finding, screened_variant
from tests.review.acts import claim, decide, feed, reject, state, unchanged, undo_last

LIST = "/admin/adgen/variant/"
SLUR = Finding("model.toxicity", "block", 0, 5, "Reads as rude (toxicity 0.97, flagged from 0.50).")


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def block(brand: Brand, *lines: Variant) -> None:
    """A rescreen blocks these lines and passes the others."""
    asked = rescreen_request(brand=brand, reason=RescreenReason.ASKED)
    assert asked is not None
    work.rescreen(
        asked,
        lambda line: (
            work.verdict(line, "block", "screen-2", finding=SLUR)
            if line in lines
            else work.verdict(line, version="screen-2")
        ),
    )


@pytest.fixture
def blocked(batch: Batch) -> Variant:
    return screened_variant(
        batch=batch,
        index=90,
        text="Damn fine coffee",
        state=VariantState.BLOCKED,
        verdict="block",
        findings=[finding(message="Reads as rude") | {"severity": "block"}],
    )


def test_a_blocked_line_is_in_nobodys_queue_and_beside_no_other(
    blocked: Variant, variants: list[Variant], reviewer: User
) -> None:
    seen = set()
    while taken := claim_next(reviewer=reviewer):
        seen.add(taken.variant_id)
        assert blocked not in card_of(taken).siblings
        decision_record(reviewer=reviewer, variant=taken.variant, token=taken.token, action=Action.APPROVE)
    assert seen == {variant.pk for variant in variants}


def test_a_manager_lists_blocked_lines_with_their_reasons(blocked: Variant, owner: User) -> None:
    page = client_of(owner).get(LIST, {"state__exact": "blocked"}).content.decode()
    assert "Damn fine coffee" in page
    assert "Reads as rude" in page


def test_to_others_a_blocked_line_does_not_exist(blocked: Variant, reviewer: User, marketer: User) -> None:
    for user in (reviewer, marketer):
        client = client_of(user)
        assert "Damn fine coffee" not in client.get(LIST).content.decode()
        assert "Damn fine coffee" not in client.get("/admin/adgen/screening/").content.decode()
        assert client.get(f"{LIST}{blocked.pk}/change/").status_code == 404
        assert client.post(f"{LIST}{blocked.pk}/release/", {"note": "fine"}).status_code == 404
        assert client.get(f"/api/v1/variants/{blocked.pk}/").status_code == 404
        assert client.get("/api/v1/variants/", {"state": "blocked"}).json()["results"] == []
    assert state(blocked) == VariantState.BLOCKED


def test_by_api_a_manager_sees_it(blocked: Variant, owner: User) -> None:
    assert client_of(owner).get(f"/api/v1/variants/{blocked.pk}/").json()["verdict"] == "block"


def test_a_manager_shows_it_to_the_reviewers_who_decide(
    blocked: Variant, owner: User, reviewer: User, brand: Brand
) -> None:
    page = client_of(owner).get(f"{LIST}{blocked.pk}/change/").content.decode()
    assert f"{LIST}{blocked.pk}/release/" in page
    client_of(owner).post(f"{LIST}{blocked.pk}/release/", {"note": "an idiom"})
    assert feed(brand) == []
    shown = client_of(reviewer).get("/admin/review/room/").content.decode()
    assert "Damn fine coffee" in shown
    assert "Reads as rude" in shown
    decide(reviewer, Action.APPROVE)
    assert [text for _, _, text in feed(brand)] == ["Damn fine coffee"]
    event = AuditEvent.objects.get(action=AuditAction.LINE_RELEASED)
    assert (event.actor_name, event.details["note"]) == ("owner", "an idiom")
    assert "owner: an idiom" in client_of(owner).get(f"{LIST}{blocked.pk}/change/").content.decode()


def test_a_release_without_a_note_is_refused(blocked: Variant, owner: User) -> None:
    with unchanged():
        answer = client_of(owner).post(f"{LIST}{blocked.pk}/release/", {"note": " "}, follow=True)
    assert "needs a note" in answer.content.decode()


def test_what_is_blocked_in_hand_cannot_be_approved_or_passed_on(
    reviewer: User, variants: list[Variant], brand: Brand
) -> None:
    held = claim(reviewer)
    block(brand, variants[0])
    for action in (Action.APPROVE, Action.SKIP):
        with unchanged(), pytest.raises(StateConflict, match="blocked by the screen"):
            decision_record(reviewer=reviewer, variant=held.variant, token=held.token, action=action)
    assert claim(reviewer).variant == variants[1]


@pytest.mark.parametrize(
    ("action", "fields", "after"),
    [
        (Action.REJECT, {"reason": "toxic"}, VariantState.REJECTED),
        (Action.EDIT, {"text": "Fine coffee"}, VariantState.EDITED),
    ],
)
def test_what_is_blocked_in_hand_can_still_be_rejected_or_reworded(
    reviewer: User,
    variants: list[Variant],
    brand: Brand,
    action: Action,
    fields: dict[str, Any],
    after: VariantState,
) -> None:
    """Somebody who is typing loses nothing; the new wording is screened as any is."""
    held = claim(reviewer)
    block(brand, variants[0])
    decision_record(reviewer=reviewer, variant=held.variant, token=held.token, action=action, **fields)
    assert state(variants[0]) == after


def test_an_undo_brings_no_line_into_the_queue_that_the_screen_blocks_by_now(
    reviewer: User, variants: list[Variant], brand: Brand
) -> None:
    held = claim(reviewer)
    block(brand, variants[0])
    decision_record(
        reviewer=reviewer, variant=held.variant, token=held.token, action=Action.REJECT, reason="toxic"
    )
    page = client_of(reviewer).post("/admin/review/room/undo/", follow=True).content.decode()
    assert "not in the queue" in page
    assert state(variants[0]) == VariantState.BLOCKED
    assert claim(reviewer).variant == variants[1]


def test_an_approval_undone_after_the_screen_has_changed_leaves_feed_and_queue(
    reviewer: User, variants: list[Variant], brand: Brand
) -> None:
    decide(reviewer, Action.APPROVE)
    block(brand, variants[0])
    undo_last(reviewer)
    assert state(variants[0]) == VariantState.BLOCKED
    assert [kind for _, kind, _ in feed(brand)] == ["approved", "retracted"]


def test_a_line_that_nobody_blocks_comes_back_into_the_hand(reviewer: User, variants: list[Variant]) -> None:
    reject(reviewer)
    undo_last(reviewer)
    assert claim(reviewer).variant == variants[0]
