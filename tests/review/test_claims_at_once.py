"""Many reviewers at once: no line goes to two people, none is lost, the feed has no gap."""

from __future__ import annotations

from collections import Counter

import pytest
from django.contrib.auth.models import User

from adgen.errors import StateConflict
from adgen.models import Batch, Brand, Role, Variant, VariantState
from review.models import Action, Claim, Decision
from review.services.claims import claim_next
from review.services.decisions import decision_record
from tests.factories import member, screened_variant
from tests.review.acts import feed, state
from tests.work import at_once

REVIEWERS = 6
LINES = 48

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def reviewers(brand: Brand) -> list[User]:
    return [member(brand, Role.REVIEWER) for _ in range(REVIEWERS)]


def test_claims_taken_at_the_same_moment_are_of_different_lines(reviewers: list[User], batch: Batch) -> None:
    for index in range(LINES):
        screened_variant(batch=batch, index=index)

    def take(number: int) -> int:
        claim = claim_next(reviewer=reviewers[number])
        assert claim is not None
        return claim.variant_id

    assert len(set(at_once(REVIEWERS, take))) == REVIEWERS
    assert Claim.objects.count() == REVIEWERS


def test_a_queue_worked_off_by_many_is_decided_once_each(
    reviewers: list[User], batch: Batch, brand: Brand
) -> None:
    lines = [screened_variant(batch=batch, index=index) for index in range(LINES)]

    def work(number: int) -> int:
        reviewer, done = reviewers[number], 0
        while claim := claim_next(reviewer=reviewer):
            action = Action.APPROVE if claim.variant.index % 3 else Action.REJECT
            decision_record(
                reviewer=reviewer,
                variant=claim.variant,
                token=claim.token,
                action=action,
                reason="dull" if action == Action.REJECT else "",
            )
            done += 1
        return done

    assert sum(at_once(REVIEWERS, work)) == LINES
    per_line = Counter(Decision.objects.values_list("variant", flat=True))
    assert per_line == Counter({line.pk: 1 for line in lines})
    assert not Variant.objects.filter(state=VariantState.PENDING).exists()
    assert [seq for seq, *_ in feed(brand)] == list(range(1, 1 + LINES - LINES // 3))


def test_one_line_decided_twice_at_once_counts_once(
    reviewers: list[User], batch: Batch, brand: Brand
) -> None:
    line = screened_variant(batch=batch, index=0)
    reviewer = reviewers[0]
    claim = claim_next(reviewer=reviewer)
    assert claim is not None
    token = claim.token

    def approve(_: int) -> int:
        try:
            decision_record(reviewer=reviewer, variant=line, token=token, action=Action.APPROVE)
        except StateConflict:
            return 0
        return 1

    assert sum(at_once(REVIEWERS, approve)) == 1
    assert state(line) == VariantState.APPROVED
    assert [seq for seq, *_ in feed(brand)] == [1]
