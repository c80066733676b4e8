"""Who gets which line, and how a claim ends."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from adgen.errors import NotAllowed, NotFound, StateConflict
from adgen.models import Batch, Brand, Role, Variant, VariantState
from adgen.services.brands import membership_add
from review.models import Action, Claim
from review.selectors.filters import QueueFilter, queue_filter
from review.services.claims import claim_hold, claim_next, claims_release, claims_renew
from tests.factories import BatchFactory, BrandFactory, member, screened_variant
from tests.review.acts import claim, decide, expire, reject, stray_token, unchanged, undo_last


def test_the_oldest_waiting_line_comes_first(reviewer: User, variants: list[Variant]) -> None:
    assert claim(reviewer).variant == variants[0]


def test_a_claim_lasts_as_long_as_the_setting_says(reviewer: User, variants: list[Variant]) -> None:
    left = claim(reviewer).expires_at - timezone.now()
    assert timedelta(seconds=290) < left <= timedelta(seconds=300)


def test_it_is_stored_as_it_is_returned(reviewer: User, variants: list[Variant]) -> None:
    taken = claim(reviewer)
    stored = Claim.objects.get()
    assert (stored.variant_id, stored.reviewer_id) == (taken.variant_id, reviewer.pk)
    assert (stored.token, stored.expires_at) == (taken.token, taken.expires_at)


def test_two_reviewers_get_two_lines(reviewer: User, owner: User, variants: list[Variant]) -> None:
    assert claim(reviewer).variant == variants[0]
    assert claim(owner).variant == variants[1]


def test_asking_again_returns_the_line_in_hand(reviewer: User, variants: list[Variant]) -> None:
    first = claim(reviewer)
    again = claim(reviewer)
    assert (again.variant_id, again.token) == (first.variant_id, first.token)
    assert again.expires_at > first.expires_at
    assert Claim.objects.count() == 1


def test_a_page_takes_lines_in_advance(reviewer: User, owner: User, variants: list[Variant]) -> None:
    first = claim(reviewer)
    second = claim(reviewer, besides=[first.variant_id])
    assert second.variant == variants[1]
    # An answer that got lost on its way is given again.
    assert claim(reviewer, besides=[first.variant_id]).token == second.token
    assert claim(owner).variant == variants[2]


def test_a_claim_that_ran_out_goes_to_the_next_reviewer(
    reviewer: User, owner: User, variants: list[Variant]
) -> None:
    lost = claim(reviewer)
    expire(lost)
    taken = claim(owner)
    assert taken.variant == variants[0]
    assert taken.token != lost.token


def test_an_empty_queue_gives_none(reviewer: User, brand: Brand) -> None:
    assert claim_next(reviewer=reviewer) is None


@pytest.mark.parametrize("state", [state for state in VariantState if state != VariantState.PENDING])
def test_only_lines_in_the_queue_are_given_out(reviewer: User, batch: Batch, state: VariantState) -> None:
    screened_variant(batch=batch, index=0, state=state)
    with unchanged():
        assert claim_next(reviewer=reviewer) is None


def test_lines_of_another_brand_stay_out_of_sight(outsider: User, variants: list[Variant]) -> None:
    with unchanged():
        assert claim_next(reviewer=outsider) is None


def test_a_marketer_gets_nothing(marketer: User, variants: list[Variant]) -> None:
    with unchanged():
        assert claim_next(reviewer=marketer) is None


def test_a_named_brand_has_to_be_the_reviewers(
    brand: Brand, outsider: User, marketer: User, variants: list[Variant]
) -> None:
    with pytest.raises(NotFound):
        queue_filter(outsider, brand=brand.slug)
    with pytest.raises(NotAllowed, match="reviewer or manager"):
        queue_filter(marketer, brand=brand.slug)
    for user in (outsider, marketer):
        with unchanged():
            assert claim_next(reviewer=user, only=QueueFilter(brand=brand)) is None


def test_over_several_brands_the_oldest_line_wins(reviewer: User, variants: list[Variant]) -> None:
    other = BrandFactory.create()
    membership_add(user=reviewer, brand=other, role=Role.REVIEWER)
    younger = screened_variant(batch=BatchFactory.create(brief__brand=other), index=0)
    assert claim(reviewer).variant == variants[0]
    only = claim_next(reviewer=reviewer, only=QueueFilter(brand=other))
    assert only is not None
    assert only.variant == younger


def test_a_skipped_line_stays_away_from_its_reviewer_for_an_hour(
    reviewer: User, owner: User, variants: list[Variant]
) -> None:
    decide(reviewer, Action.SKIP)
    assert claim(reviewer).variant == variants[1]
    assert claim(owner).variant == variants[0]


def test_a_skipped_line_comes_back_when_its_rest_is_over(
    reviewer: User, variants: list[Variant], monkeypatch: pytest.MonkeyPatch
) -> None:
    decide(reviewer, Action.SKIP)
    monkeypatch.setattr("review.selectors.order.SKIP_REST", timedelta(0))
    assert claim(reviewer).variant == variants[0]


def test_an_undone_skip_no_longer_keeps_the_line_away(reviewer: User, variants: list[Variant]) -> None:
    decide(reviewer, Action.SKIP)
    undo_last(reviewer)
    claims_release(reviewer=reviewer)
    assert claim(reviewer).variant == variants[0]


def test_renewing_extends_the_claims(reviewer: User, variants: list[Variant]) -> None:
    first, second = claim(reviewer), claim(reviewer, besides=[variants[0].pk])
    until, lost = claims_renew(reviewer=reviewer, tokens=[first.token, second.token])
    assert until > second.expires_at
    assert set(Claim.objects.values_list("expires_at", flat=True)) == {until}
    assert not lost


def test_renewing_revives_a_claim_that_nobody_else_wanted(reviewer: User, variants: list[Variant]) -> None:
    taken = claim(reviewer)
    expire(taken)
    assert claims_renew(reviewer=reviewer, tokens=[taken.token])[1] == set()
    assert Claim.objects.get().expires_at > timezone.now()


def test_renewing_tells_which_claims_are_gone_and_leaves_them(
    reviewer: User, owner: User, variants: list[Variant]
) -> None:
    lost = claim(reviewer)
    expire(lost)
    theirs = claim(owner)
    kept, stray = claim(reviewer), stray_token()
    told = claims_renew(reviewer=reviewer, tokens=[lost.token, theirs.token, stray, kept.token])[1]
    assert told == {lost.token, theirs.token, stray}
    held = Claim.objects.get(variant=lost.variant)
    assert (held.reviewer, held.expires_at) == (owner, theirs.expires_at)


def test_a_decided_line_is_gone_from_the_hand(reviewer: User, variants: list[Variant]) -> None:
    taken = claim(reviewer)
    decide(reviewer, Action.APPROVE)
    with unchanged():
        assert claims_renew(reviewer=reviewer, tokens=[taken.token])[1] == {taken.token}


def test_a_pause_gives_back_all_lines(reviewer: User, owner: User, variants: list[Variant]) -> None:
    claim(reviewer)
    claim(reviewer, besides=[variants[0].pk])
    assert claims_release(reviewer=reviewer) == 2
    assert claim(owner).variant == variants[0]


def test_a_pause_leaves_the_claims_of_others(reviewer: User, owner: User, variants: list[Variant]) -> None:
    claim(owner)
    with unchanged():
        claims_release(reviewer=reviewer)


def test_a_line_in_other_hands_cannot_be_held(reviewer: User, owner: User, variants: list[Variant]) -> None:
    taken = claim(owner)
    with unchanged(), pytest.raises(StateConflict, match="Another reviewer"):
        claim_hold(reviewer=reviewer, variant=taken.variant)


def test_a_claim_is_one_writing_statement_at_any_length_of_the_queue(reviewer: User, batch: Batch) -> None:
    def statements() -> list[str]:
        with CaptureQueriesContext(connection) as queries:
            claim(reviewer)
        reject(reviewer)
        verbs = [query["sql"].split()[0] for query in queries]
        return [verb for verb in verbs if verb != "SELECT"]

    for index in range(2):
        screened_variant(batch=batch, index=index)
    short = statements()
    for index in range(2, 60):
        screened_variant(batch=batch, index=index)
    assert short == statements() == ["INSERT"]


def test_superusers_review_for_every_brand(variants: list[Variant], brand: Brand) -> None:
    root = member(brand, Role.MARKETER)
    root.is_superuser = True
    root.save()
    assert claim(root).variant == variants[0]
