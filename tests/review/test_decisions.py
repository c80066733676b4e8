"""What each decision does, and that a refused one does nothing."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User

from adgen.errors import DomainError, Invalid, NotAllowed, NotFound, StateConflict
from adgen.models import Batch, Brand, Chunk, Variant, VariantState
from review.models import Action, Claim, Decision, Reason
from review.services.decisions import decision_record
from tests.factories import screened_variant
from tests.review.acts import claim, decide, expire, feed, state, stray_token, unchanged


def test_an_approved_line_enters_the_feed(reviewer: User, variants: list[Variant], brand: Brand) -> None:
    decision = decide(reviewer, Action.APPROVE, duration_ms=1500)
    assert state(variants[0]) == VariantState.APPROVED
    assert feed(brand) == [(1, "approved", variants[0].text)]
    assert (decision.reviewer, decision.brand, decision.duration_ms) == (reviewer, brand, 1500)


def test_a_rejected_line_keeps_its_reason_and_stays_out_of_the_feed(
    reviewer: User, variants: list[Variant], brand: Brand
) -> None:
    decision = decide(reviewer, Action.REJECT, reason=Reason.FALSE_CLAIM, note="no proof")
    assert state(variants[0]) == VariantState.REJECTED
    assert (decision.reason, decision.note) == ("false_claim", "no proof")
    assert feed(brand) == []


def test_an_edit_makes_a_new_line_that_has_yet_to_be_screened(
    reviewer: User, variants: list[Variant], brand: Brand
) -> None:
    edited = decide(reviewer, Action.EDIT, text="  Espresso   by Tuesday ").edited_variant
    assert edited is not None
    assert (edited.text, edited.state, edited.edited_from) == (
        "Espresso by Tuesday",
        VariantState.UNSCREENED,
        variants[0],
    )
    assert state(variants[0]) == VariantState.EDITED
    assert Chunk.objects.filter(kind="screen", start=edited.index, count=1).exists()
    assert feed(brand) == []


def test_a_skipped_line_stays_in_the_queue(reviewer: User, variants: list[Variant], brand: Brand) -> None:
    decide(reviewer, Action.SKIP)
    assert state(variants[0]) == VariantState.PENDING
    assert feed(brand) == []


@pytest.mark.parametrize("action", [Action.APPROVE, Action.SKIP])
def test_a_decision_ends_the_claim(reviewer: User, variants: list[Variant], action: Action) -> None:
    decide(reviewer, action)
    assert not Claim.objects.exists()


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"action": Action.REJECT}, "reason"),
        ({"action": Action.REJECT, "reason": "ugly"}, "reason"),
        ({"action": Action.REJECT, "reason": "other", "note": "  "}, "note"),
        ({"action": Action.APPROVE, "reason": "dull"}, "reason"),
        ({"action": Action.APPROVE, "text": "Something else"}, "text"),
        ({"action": Action.SKIP, "note": "x" * 501}, "note"),
        ({"action": Action.EDIT, "text": ""}, "text"),
        ({"action": Action.EDIT, "text": "Espresso worth waking for"}, "text"),
        ({"action": Action.EDIT, "text": "Espresso that is far too long for it"}, "text"),
        ({"action": Action.UNDO}, "action"),
    ],
)
def test_a_decision_that_breaks_a_rule_names_the_field_and_saves_nothing(
    reviewer: User, variants: list[Variant], fields: dict[str, Any], field: str
) -> None:
    taken = claim(reviewer)
    with unchanged(), pytest.raises(Invalid) as refusal:
        decision_record(reviewer=reviewer, variant=taken.variant, token=taken.token, **fields)
    assert list(refusal.value.fields) == [field]


def test_an_edit_too_long_to_be_kept_is_told_the_limit_that_holds(reviewer: User, batch: Batch) -> None:
    """Meta shows 125 characters and takes more; we keep 1,000."""
    screened_variant(batch=batch, index=0, slot="meta.primary_text", text="Fresh beans.")
    taken = claim(reviewer)
    with unchanged(), pytest.raises(Invalid, match="1001 characters; at most 1000"):
        decision_record(
            reviewer=reviewer,
            variant=taken.variant,
            token=taken.token,
            action=Action.EDIT,
            text="x" * 1001,
        )


def test_only_the_holder_decides(reviewer: User, owner: User, variants: list[Variant]) -> None:
    taken = claim(reviewer)
    own = claim(owner)
    for user, variant, token in (
        (owner, taken.variant, taken.token),
        (reviewer, taken.variant, own.token),
        (reviewer, own.variant, taken.token),
        (reviewer, variants[3], stray_token()),
    ):
        with unchanged(), pytest.raises(StateConflict, match="Nothing was saved"):
            decision_record(reviewer=user, variant=variant, token=token, action=Action.APPROVE)


def test_a_claim_that_ran_out_decides_nothing(reviewer: User, variants: list[Variant]) -> None:
    taken = claim(reviewer)
    expire(taken)
    with unchanged(), pytest.raises(StateConflict):
        decision_record(reviewer=reviewer, variant=taken.variant, token=taken.token, action=Action.APPROVE)


def test_a_token_decides_once(reviewer: User, variants: list[Variant]) -> None:
    taken = claim(reviewer)
    fields: dict[str, Any] = {"reviewer": reviewer, "variant": taken.variant, "token": taken.token}
    decision_record(**fields, action=Action.SKIP)
    with unchanged(), pytest.raises(StateConflict):
        decision_record(**fields, action=Action.APPROVE)


def test_a_line_that_left_the_queue_under_the_claim_is_not_decided(
    reviewer: User, variants: list[Variant]
) -> None:
    taken = claim(reviewer)
    Variant.objects.filter(pk=taken.variant_id).update(state=VariantState.WITHDRAWN)
    with unchanged(), pytest.raises(StateConflict):
        decision_record(reviewer=reviewer, variant=taken.variant, token=taken.token, action=Action.APPROVE)


def test_who_does_not_review_for_the_brand_decides_nothing(
    reviewer: User, marketer: User, outsider: User, variants: list[Variant]
) -> None:
    taken = claim(reviewer)
    cases: list[tuple[User, type[DomainError]]] = [(marketer, NotAllowed), (outsider, NotFound)]
    for user, error in cases:
        with unchanged(), pytest.raises(error):
            decision_record(reviewer=user, variant=taken.variant, token=taken.token, action=Action.APPROVE)


def test_losing_the_role_ends_the_right_to_decide(reviewer: User, variants: list[Variant]) -> None:
    taken = claim(reviewer)
    reviewer.memberships.all().delete()
    with unchanged(), pytest.raises(NotFound):
        decision_record(reviewer=reviewer, variant=taken.variant, token=taken.token, action=Action.APPROVE)


def test_the_feed_numbers_approvals_in_order_without_gaps(
    reviewer: User, variants: list[Variant], brand: Brand
) -> None:
    decide(reviewer, Action.APPROVE)
    taken = claim(reviewer)
    with pytest.raises(Invalid):
        decision_record(reviewer=reviewer, variant=taken.variant, token=taken.token, action=Action.REJECT)
    decide(reviewer, Action.APPROVE)
    assert feed(brand) == [(1, "approved", variants[0].text), (2, "approved", variants[1].text)]
    assert Decision.objects.count() == 2
