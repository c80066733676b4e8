"""Taking decisions back."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext

from adgen.errors import StateConflict
from adgen.models import Batch, Brand, Role, Variant, VariantState
from adgen.services.brands import membership_add
from review.models import Action, Claim, Decision
from review.selectors.history import UNDO_STEPS
from review.services.claims import claims_release
from review.services.decisions import decision_record, line_retract
from tests.factories import BatchFactory, screened_variant
from tests.review.acts import (
    claim,
    decide,
    edit,
    feed,
    publish_edit,
    reject,
    screen,
    state,
    unchanged,
    undo_last,
)


@pytest.mark.parametrize(
    ("action", "fields"),
    [
        (Action.APPROVE, {}),
        (Action.REJECT, {"reason": "dull"}),
        (Action.SKIP, {}),
        (Action.EDIT, {"text": "Mine"}),
    ],
)
def test_an_undo_puts_the_line_back_into_the_reviewers_hand(
    reviewer: User, variants: list[Variant], action: Action, fields: dict[str, Any]
) -> None:
    decision = decide(reviewer, action, **fields)
    undo = undo_last(reviewer)
    assert (undo.action, undo.undoes, undo.variant) == (Action.UNDO, decision, variants[0])
    assert state(variants[0]) == VariantState.PENDING
    assert claim(reviewer).variant == variants[0]


def test_the_line_taken_back_comes_before_the_one_in_hand(reviewer: User, variants: list[Variant]) -> None:
    reject(reviewer)
    claim(reviewer)
    undo_last(reviewer)
    assert claim(reviewer).variant == variants[0]
    reject(reviewer)
    assert claim(reviewer).variant == variants[1]


def test_an_approval_taken_back_leaves_a_tombstone(
    reviewer: User, variants: list[Variant], brand: Brand
) -> None:
    decide(reviewer, Action.APPROVE)
    undo_last(reviewer)
    assert feed(brand) == [(1, "approved", variants[0].text), (2, "retracted", variants[0].text)]


def test_a_line_can_be_approved_again_after_its_undo(
    reviewer: User, variants: list[Variant], brand: Brand
) -> None:
    decide(reviewer, Action.APPROVE)
    undo_last(reviewer)
    decide(reviewer, Action.APPROVE)
    assert [kind for _, kind, _ in feed(brand)] == ["approved", "retracted", "approved"]


def test_undos_go_back_step_by_step(reviewer: User, variants: list[Variant]) -> None:
    decide(reviewer, Action.APPROVE)
    reject(reviewer)
    undo_last(reviewer)
    undo_last(reviewer)
    assert {state(variant) for variant in variants} == {VariantState.PENDING}
    with unchanged(), pytest.raises(StateConflict, match="Nothing to take back"):
        undo_last(reviewer)


def test_an_undo_reaches_twenty_steps(reviewer: User, batch: Batch) -> None:
    for index in range(UNDO_STEPS + 1):
        screened_variant(batch=batch, index=index)
        reject(reviewer)
    for _ in range(UNDO_STEPS):
        undo_last(reviewer)
    with unchanged(), pytest.raises(StateConflict, match="last 20"):
        undo_last(reviewer)


def test_decisions_of_others_are_not_mine_to_take_back(
    reviewer: User, owner: User, variants: list[Variant]
) -> None:
    reject(owner)
    with unchanged(), pytest.raises(StateConflict):
        undo_last(reviewer)


def test_who_left_the_brand_takes_nothing_back(reviewer: User, variants: list[Variant]) -> None:
    reject(reviewer)
    reviewer.memberships.all().delete()
    with unchanged(), pytest.raises(StateConflict, match="Nothing to take back"):
        undo_last(reviewer)


def test_a_brand_that_was_left_does_not_stand_in_the_way_of_another(
    reviewer: User, variants: list[Variant], other_brand: Brand
) -> None:
    membership_add(user=reviewer, brand=other_brand, role=Role.REVIEWER)
    theirs = screened_variant(batch=BatchFactory.create(brief__brand=other_brand), index=0)
    for _ in variants:
        reject(reviewer)
    assert reject(reviewer).variant == theirs
    reviewer.memberships.filter(brand=other_brand).delete()
    assert undo_last(reviewer).variant == variants[-1]


@pytest.mark.parametrize("action", [Action.SKIP, Action.EDIT])
def test_an_undo_takes_its_locks_in_the_order_of_a_decision(
    reviewer: User, variants: list[Variant], action: Action
) -> None:
    """Claims before lines: or an undo and a decision about the same line would wait for each other."""
    decide(reviewer, action, **({"text": "Mine"} if action == Action.EDIT else {}))
    with CaptureQueriesContext(connection) as queries:
        undo_last(reviewer)
    locks = [
        table
        for query in queries
        for table in ("review_claim", "adgen_variant")
        if re.match(f'(DELETE FROM|UPDATE|INSERT INTO) "{table}"', query["sql"])
    ]
    assert locks == sorted(locks, reverse=True)


def test_a_skip_that_somebody_else_has_decided_is_passed_over(
    reviewer: User, owner: User, variants: list[Variant]
) -> None:
    reject(reviewer)
    decide(reviewer, Action.SKIP)
    decide(owner, Action.APPROVE)
    assert undo_last(reviewer).variant == variants[0]


def test_a_skipped_line_in_other_hands_is_not_taken_from_them(
    reviewer: User, owner: User, variants: list[Variant]
) -> None:
    decide(reviewer, Action.SKIP)
    claim(owner)
    with unchanged(), pytest.raises(StateConflict, match="Another reviewer"):
        undo_last(reviewer)


def test_an_edit_taken_back_withdraws_the_new_line_wherever_it_is(
    reviewer: User, variants: list[Variant], brand: Brand
) -> None:
    for before in (
        VariantState.UNSCREENED,
        VariantState.CLEARED,
        VariantState.PENDING,
        VariantState.BLOCKED,
    ):
        edited = edit(reviewer, f"Mine, {before}")
        Variant.objects.filter(pk=edited.pk).update(state=before)
        undo_last(reviewer)
        assert state(edited) == VariantState.WITHDRAWN
        assert state(variants[0]) == VariantState.PENDING
    assert feed(brand) == []


def test_a_published_edit_taken_back_leaves_a_tombstone(
    reviewer: User, variants: list[Variant], brand: Brand
) -> None:
    edited = edit(reviewer)
    screen(edited)
    publish_edit(edited)
    undo_last(reviewer)
    assert feed(brand) == [(1, "approved", edited.text), (2, "retracted", edited.text)]
    assert state(edited) == VariantState.WITHDRAWN


def test_an_edit_is_no_longer_mine_once_somebody_else_decided_on_it(
    reviewer: User, owner: User, variants: list[Variant]
) -> None:
    edited = edit(reviewer)
    screen(edited, "flag")
    decide(owner, Action.APPROVE)
    assert state(edited) == VariantState.APPROVED
    with unchanged(), pytest.raises(StateConflict, match="Somebody else"):
        undo_last(reviewer)


def test_a_skip_by_somebody_else_does_not_keep_an_edit_from_being_taken_back(
    reviewer: User, owner: User, variants: list[Variant]
) -> None:
    edited = edit(reviewer)
    screen(edited, "flag")
    for _ in range(4):
        decide(owner, Action.SKIP)
    undo_last(reviewer)
    assert state(edited) == VariantState.WITHDRAWN


def test_who_holds_the_edited_line_when_it_is_taken_back_loses_it(
    reviewer: User, owner: User, variants: list[Variant]
) -> None:
    edited = edit(reviewer)
    screen(edited, "flag")
    held = claim(owner)
    assert held.variant == edited
    undo_last(reviewer)
    with unchanged(), pytest.raises(StateConflict):
        decision_record(reviewer=owner, variant=edited, token=held.token, action=Action.APPROVE)


def test_edits_of_edits_are_taken_back_one_by_one(reviewer: User, variants: list[Variant]) -> None:
    first = edit(reviewer, "First go")
    screen(first, "flag")
    second = edit(reviewer, "Second go")
    assert second.edited_from == first
    undo_last(reviewer)
    assert (state(second), state(first)) == (VariantState.WITHDRAWN, VariantState.PENDING)
    undo_last(reviewer)
    assert (state(first), state(variants[0])) == (VariantState.WITHDRAWN, VariantState.PENDING)


def test_nothing_is_deleted_by_an_undo(reviewer: User, variants: list[Variant]) -> None:
    reject(reviewer)
    undo_last(reviewer)
    claims_release(reviewer=reviewer)
    assert list(Decision.objects.values_list("action", flat=True)) == ["reject", "undo"]
    assert not Claim.objects.exists()


def test_an_approval_that_somebody_else_gave_anew_is_not_taken_back_by_the_first(
    brand: Brand, owner: User, reviewer: User, variants: list[Variant]
) -> None:
    decide(reviewer, Action.APPROVE)
    line_retract(reviewer=owner, variant=variants[0])
    undo_last(owner)
    again = claim(owner)
    decision_record(reviewer=owner, variant=again.variant, token=again.token, action=Action.APPROVE)
    assert state(variants[0]) == VariantState.APPROVED
    with unchanged(), pytest.raises(StateConflict):
        undo_last(reviewer)
