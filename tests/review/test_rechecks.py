"""Approved lines that a later screening marks: people keep them or take them out of the feed."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.test import Client

from adgen.errors import Invalid, NotAllowed, NotFound, StateConflict
from adgen.models import AuditAction, AuditEvent, Brand, Recheck, Variant, VariantState
from review.models import Action, Decision
from review.services.decisions import line_retract
from review.services.rechecks import recheck_keep, recheck_retract
from tests.factories import RecheckFactory
from tests.review.acts import claim, decide, edit, feed, publish_edit, screen, state, unchanged, undo_last

LIST = "/admin/adgen/recheck/"


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def listed(reviewer: User, variants: list[Variant]) -> Recheck:
    """The first line, approved by the reviewer and marked since."""
    decision = decide(reviewer, Action.APPROVE)
    return RecheckFactory.create(variant=decision.variant)


def test_the_list_shows_what_waits_with_the_reasons(
    listed: Recheck, owner: User, variants: list[Variant]
) -> None:
    page = client_of(owner).get(LIST).content.decode()
    assert variants[0].text in page
    assert "no evidence for this claim" in page
    recheck_keep(recheck=listed, reviewer=owner, note="we have the receipt")
    assert variants[0].text not in client_of(owner).get(LIST).content.decode()
    assert variants[0].text in client_of(owner).get(LIST, {"state": "kept"}).content.decode()


def test_a_line_is_kept_with_a_note(listed: Recheck, reviewer: User, brand: Brand) -> None:
    answer = client_of(reviewer).post(
        f"{LIST}{listed.pk}/keep/", {"note": "we have the receipt"}, follow=True
    )
    assert "stays in the feed" in answer.content.decode()
    listed.refresh_from_db()
    assert (listed.state, listed.note, listed.dealt_by) == ("kept", "we have the receipt", reviewer)
    assert listed.dealt_at is not None
    assert [kind for _, kind, _ in feed(brand)] == ["approved"]
    event = AuditEvent.objects.get(action=AuditAction.LINE_KEPT)
    assert (event.actor_name, event.details["note"]) == ("reviewer", "we have the receipt")


def test_a_line_is_retracted_and_integrations_are_told(listed: Recheck, owner: User, brand: Brand) -> None:
    client_of(owner).post(f"{LIST}{listed.pk}/retract/", {"note": "no longer true"})
    listed.refresh_from_db()
    assert (listed.state, listed.note, listed.dealt_by) == ("retracted", "no longer true", owner)
    assert [kind for _, kind, _ in feed(brand)] == ["approved", "retracted"]
    assert state(listed.variant) == VariantState.REJECTED
    decision = Decision.objects.latest("id")
    assert (decision.action, decision.reason, decision.reviewer) == (Action.REJECT, "policy", owner)


def test_a_published_edit_is_retracted_too(reviewer: User, variants: list[Variant], brand: Brand) -> None:
    edited = edit(reviewer)
    screen(edited)
    publish_edit(edited)
    recheck_retract(recheck=RecheckFactory.create(variant=edited), reviewer=reviewer, note="no longer true")
    assert [kind for _, kind, _ in feed(brand)] == ["approved", "retracted"]
    assert state(edited) == VariantState.REJECTED


def test_a_retraction_is_undone_into_the_hand_and_decided_again(
    listed: Recheck, owner: User, brand: Brand
) -> None:
    recheck_retract(recheck=listed, reviewer=owner, note="no longer true")
    undo_last(owner)
    assert claim(owner).variant == listed.variant
    assert [kind for _, kind, _ in feed(brand)] == ["approved", "retracted"]


def test_the_first_approver_cannot_undo_what_another_retracted(
    listed: Recheck, owner: User, reviewer: User
) -> None:
    """The undo passes it over, as it does a skipped line that others decided."""
    recheck_retract(recheck=listed, reviewer=owner, note="no longer true")
    with unchanged(), pytest.raises(StateConflict, match="Nothing to take back"):
        undo_last(reviewer)


def test_an_approval_that_is_taken_back_settles_the_matter(listed: Recheck, reviewer: User) -> None:
    undo_last(reviewer)
    listed.refresh_from_db()
    assert (listed.state, listed.dealt_by) == ("retracted", reviewer)


@pytest.mark.parametrize("act", ["keep", "retract"])
def test_who_comes_second_changes_nothing(listed: Recheck, owner: User, reviewer: User, act: str) -> None:
    recheck_keep(recheck=listed, reviewer=owner, note="we have the receipt")
    with unchanged():
        answer = client_of(reviewer).post(f"{LIST}{listed.pk}/{act}/", {"note": "mine"}, follow=True)
    assert "Somebody else" in answer.content.decode()
    listed.refresh_from_db()
    assert (listed.note, listed.dealt_by) == ("we have the receipt", owner)


@pytest.mark.parametrize("act", ["keep", "retract"])
@pytest.mark.parametrize("note", ["", "   ", "n" * 501])
def test_an_act_needs_a_note_of_a_fitting_length(
    listed: Recheck, reviewer: User, act: str, note: str
) -> None:
    with unchanged():
        answer = client_of(reviewer).post(f"{LIST}{listed.pk}/{act}/", {"note": note}, follow=True)
    assert "note" in answer.content.decode()
    listed.refresh_from_db()
    assert listed.state == "open"


def test_others_neither_see_nor_decide(listed: Recheck, marketer: User, outsider: User) -> None:
    for user in (marketer, outsider):
        client = client_of(user)
        assert listed.variant.text not in client.get(LIST, {"state": "all"}).content.decode()
        with unchanged():
            assert client.post(f"{LIST}{listed.pk}/keep/", {"note": "mine"}).status_code == 404
    with unchanged(), pytest.raises(NotAllowed):
        recheck_keep(recheck=listed, reviewer=marketer, note="mine")
    with unchanged(), pytest.raises(NotFound):
        recheck_retract(recheck=listed, reviewer=outsider, note="mine")


def test_only_a_line_in_the_feed_can_be_retracted(reviewer: User, variants: list[Variant]) -> None:
    with unchanged(), pytest.raises(StateConflict, match="in the review queue"):
        line_retract(reviewer=reviewer, variant=variants[0])
    with unchanged(), pytest.raises(Invalid, match="501"):
        line_retract(reviewer=reviewer, variant=variants[0], note="n" * 501)
