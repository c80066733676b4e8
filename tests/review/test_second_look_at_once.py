"""Many people at once: each line has exactly two judges, one outcome, and no pair of lines two people."""

from __future__ import annotations

from collections import Counter

import pytest
from django.contrib.auth.models import User

from adgen.errors import StateConflict
from adgen.models import Batch, Brand, Brief, Role, Variant, VariantState
from review.models import Action, Choice, Claim, Comparison, Decision, DecisionKind, LookState, SecondLook
from review.services.claims import claim_next
from review.services.comparisons import comparison_choose, comparison_next, trial_open
from review.services.decisions import decision_record
from review.services.judgements import Judgement
from review.services.second_look import dispute_settle
from tests.factories import AdapterFactory, BatchFactory, member, screened_variant
from tests.review.acts import claim, decide, disputed, feed, four_eyes, state, undo_last
from tests.work import at_once

PEOPLE = 5
LINES = 15

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def people(brand: Brand) -> list[User]:
    four_eyes(brand)
    return [member(brand, Role.REVIEWER) for _ in range(PEOPLE)]


def test_a_queue_is_judged_by_two_different_people_each(
    people: list[User], batch: Batch, brand: Brand
) -> None:
    for index in range(LINES):
        screened_variant(batch=batch, index=index)

    def work(number: int) -> None:
        while taken := claim_next(reviewer=people[number]):
            decision_record(
                reviewer=people[number], variant=taken.variant, token=taken.token, action=Action.APPROVE
            )

    at_once(PEOPLE, work)
    for person in people:
        work(people.index(person))
    assert set(SecondLook.objects.values_list("state", flat=True)) == {LookState.AGREED}
    assert Counter(Decision.objects.values_list("kind", flat=True)) == Counter(
        {DecisionKind.OPINION: LINES, DecisionKind.EFFECTIVE: LINES}
    )
    judges = set(Decision.objects.values_list("variant", "reviewer"))
    assert len(judges) == 2 * LINES
    assert [seq for seq, *_ in feed(brand)] == list(range(1, LINES + 1))


def test_a_first_opinion_is_taken_back_or_answered_but_not_both(
    people: list[User], variants: list[Variant], brand: Brand
) -> None:
    first, second = people[:2]
    for line in variants:
        decide(first, Action.APPROVE)
        taken = claim(second)
        assert taken.variant == line

        def act(number: int, taken: Claim = taken) -> bool:
            try:
                if number == 0:
                    undo_last(first)
                else:
                    # Its own copy of the line: the fixture's brand is from before it asked for four eyes.
                    decision_record(
                        reviewer=second, variant=taken.variant, token=taken.token, action=Action.APPROVE
                    )
            except StateConflict:
                return False
            return True

        undone, answered = at_once(2, act)
        [look] = SecondLook.objects.filter(variant=line) or [None]
        if undone:
            # The second was too late to answer, or became the first of two.
            assert state(line) == VariantState.PENDING
            assert (look.first_reviewer == second) if look else not answered
        else:
            assert answered
            assert (look.state if look else None, state(line)) == (LookState.AGREED, VariantState.APPROVED)
        Variant.objects.filter(pk=line.pk, state=VariantState.PENDING).update(state=VariantState.WITHDRAWN)


def test_one_of_two_managers_settles(people: list[User], variants: list[Variant], brand: Brand) -> None:
    look = disputed(brand, *people[:2])
    managers = [member(brand, Role.MANAGER) for _ in range(PEOPLE)]

    def settle(number: int) -> int:
        given = Judgement(Action.APPROVE) if number % 2 else Judgement(Action.REJECT, reason="dull")
        try:
            dispute_settle(manager=managers[number], look=look, given=given)
        except StateConflict:
            return 0
        return 1

    assert sum(at_once(PEOPLE, settle)) == 1
    look.refresh_from_db()
    assert look.ending
    published = look.ending.action == Action.APPROVE
    assert (state(variants[0]) == VariantState.APPROVED, len(feed(brand))) == (published, int(published))


def test_pairs_are_judged_once_each(people: list[User], brand: Brand, brief: Brief, owner: User) -> None:
    adapter = AdapterFactory.create(brand=brand)
    for writer in (adapter, None):
        batch = BatchFactory.create(brief=brief, adapter=writer)
        for index in range(LINES):
            screened_variant(batch=batch, index=index, adapter=writer)
    trial_open(manager=owner, challenger=adapter, rival=None)

    def work(number: int) -> int:
        done = 0
        while pair := comparison_next(reviewer=people[number], brand=brand):
            comparison_choose(reviewer=people[number], comparison=pair, choice=Choice.LEFT)
            done += 1
        return done

    assert sum(at_once(PEOPLE, work)) == LINES
    assert not Comparison.objects.filter(choice="").exists()
    assert Comparison.objects.values("rival_line").distinct().count() == LINES
