"""The order of the queue: deadlines, then marked lines, then briefs in turn, and the reasons given for it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from itertools import groupby

import pytest
from django.contrib.auth.models import User

from adgen.models import (
    Batch,
    Brand,
    Brief,
    Chunk,
    ChunkKind,
    RescreenReason,
    Role,
    Variant,
    VariantState,
)
from adgen.services.batches import batch_request
from adgen.services.brands import membership_add
from adgen.services.briefs import campaign_create
from adgen.services.deadlines import deadlines_apply
from adgen.services.rescreens import rescreen_request
from adgen.spec import Verdict
from review.models import Action
from review.selectors.order import RUN, why_next
from review.services.claims import claims_release
from tests import work
from tests.factories import BatchFactory, BriefFactory, screened_variant
from tests.review.acts import claim, decide, edit, reject, screen, set_deadline, undo_last

SLOT = "google_rsa.headline"
SOON, LATER = date(2030, 11, 28), date(2030, 12, 5)
Queued = Callable[..., Batch]


@pytest.fixture
def queued(brand: Brand) -> Queued:
    """A batch of a brief of its own in the queue, written and screened as workers do."""

    def queue(
        lines: int = 0,
        *,
        verdicts: tuple[Verdict, ...] = (),
        deadline: date | None = None,
        brief: Brief | None = None,
    ) -> Batch:
        if brief is None:
            name = f"Campaign {Brief.objects.count()}"
            campaign = campaign_create(brand=brand, name=name, deadline=deadline)
            brief = BriefFactory.create(brand=brand, campaign=campaign)
        batch = batch_request(brief=brief, requested_by=None, counts={SLOT: lines or len(verdicts)})
        for chunk in Chunk.objects.filter(batch=batch):
            work.generate(chunk)
        given = iter(verdicts)
        for chunk in work.chunks_of(batch.pk, ChunkKind.SCREEN):
            work.screen(chunk, [next(given) for _ in range(chunk.count)] if verdicts else [])
        return batch

    return queue


def work_off(reviewer: User, lines: int) -> list[tuple[int, int]]:
    """Reject the next lines; returns (batch, index) of each."""
    decided = [reject(reviewer).variant for _ in range(lines)]
    return [(line.batch_id, line.index) for line in decided]


def runs(decided: list[tuple[int, int]]) -> list[int]:
    """How many lines of one batch came in a row, each time."""
    return [len(list(lines)) for _, lines in groupby(batch for batch, _ in decided)]


def test_the_earliest_deadline_comes_first_and_none_comes_last(reviewer: User, queued: Queued) -> None:
    whenever, later, soon = queued(2), queued(2, deadline=LATER), queued(2, deadline=SOON)
    batches = [batch for batch, _ in work_off(reviewer, 6)]
    assert batches == [soon.pk, soon.pk, later.pk, later.pk, whenever.pk, whenever.pk]


def test_lines_that_the_screen_marked_come_before_others_of_the_same_deadline(
    reviewer: User, queued: Queued
) -> None:
    batch = queued(verdicts=("pass", "pass", "flag", "pass", "flag"))
    soon = queued(verdicts=("pass", "flag"), deadline=SOON)
    assert work_off(reviewer, 7) == [
        *((soon.pk, 1), (soon.pk, 0)),
        *((batch.pk, 2), (batch.pk, 4), (batch.pk, 0), (batch.pk, 1), (batch.pk, 3)),
    ]


def test_briefs_take_turns_best_lines_first(reviewer: User, queued: Queued) -> None:
    first, second, third = queued(3), queued(2), queued(3)
    assert work_off(reviewer, 8) == [
        *((first.pk, 0), (second.pk, 0), (third.pk, 0)),
        *((first.pk, 1), (second.pk, 1), (third.pk, 1)),
        *((first.pk, 2), (third.pk, 2)),
    ]


def test_a_new_batch_joins_at_the_turn_that_has_come(reviewer: User, queued: Queued) -> None:
    old = queued(6)
    work_off(reviewer, 3)
    new = queued(3)
    assert work_off(reviewer, 6) == [
        (batch.pk, index)
        for pair in ((3, 0), (4, 1), (5, 2))
        for batch, index in zip((old, new), pair, strict=True)
    ]


def test_two_batches_of_one_brief_and_one_of_another_never_give_twenty_in_a_row(
    reviewer: User, queued: Queued
) -> None:
    twice, once = queued(24), queued(24)
    queued(24, brief=twice.brief)
    briefs = [batch == once.pk for batch, _ in work_off(reviewer, 60)]
    assert max(len(list(lines)) for _, lines in groupby(briefs)) < 20


def test_an_urgent_brief_alone_makes_room_for_another(reviewer: User, queued: Queued) -> None:
    urgent, other = queued(40, deadline=SOON), queued(3)
    decided = work_off(reviewer, 43)
    assert runs(decided) == [RUN, 1, RUN, 1, RUN, 1, 40 - 3 * RUN]
    assert [index for batch, index in decided if batch == urgent.pk] == list(range(40))
    assert [index for batch, index in decided if batch == other.pk] == [0, 1, 2]


def test_so_does_a_brief_whose_rivals_others_have_worked_off(
    reviewer: User, owner: User, queued: Queued
) -> None:
    mine, theirs = queued(40), queued(40)
    Variant.objects.filter(batch=theirs, index__lt=35).update(state=VariantState.REJECTED)
    assert max(runs(work_off(reviewer, 45))) < 20
    assert not Variant.objects.filter(batch=mine, state=VariantState.PENDING).exists()


def test_a_brief_that_is_alone_goes_on(reviewer: User, queued: Queued) -> None:
    batch = queued(RUN + 3)
    assert work_off(reviewer, RUN + 3) == [(batch.pk, index) for index in range(RUN + 3)]


def test_several_brands_are_one_queue(reviewer: User, queued: Queued, other_brand: Brand) -> None:
    membership_add(user=reviewer, brand=other_brand, role=Role.REVIEWER)
    whenever = queued(1)
    batch = BatchFactory.create(brief__brand=other_brand, brief__campaign__deadline=SOON)
    screened_variant(batch=batch, index=0)
    marked = screened_variant(batch=BatchFactory.create(brief__brand=other_brand), index=0, verdict="flag")
    assert [pk for pk, _ in work_off(reviewer, 3)] == [batch.pk, marked.batch_id, whenever.pk]


def test_each_line_says_why_it_comes(reviewer: User, queued: Queued) -> None:
    queued(verdicts=("pass", "flag"), deadline=SOON)
    queued(1)
    said = []
    for _ in range(3):
        said.append(why_next(claim(reviewer).variant))
        reject(reviewer)
    assert said == [
        ["deadline 28 Nov 2030", "uncertain: the screen marked it", "its brief's turn"],
        ["deadline 28 Nov 2030", "its brief's turn"],
        ["its brief's turn"],
    ]


def test_an_edit_that_the_screen_marks_comes_back_at_once(reviewer: User, queued: Queued) -> None:
    queued(4)
    edited = edit(reviewer)
    screen(edited, "flag")
    assert claim(reviewer).variant == edited


def test_a_line_moves_when_it_is_screened_again(reviewer: User, queued: Queued, brand: Brand) -> None:
    queued(verdicts=("flag", "pass", "pass"))
    again = rescreen_request(brand=brand, reason=RescreenReason.ASKED)
    assert again is not None
    work.rescreen(again, lambda line: work.verdict(line, "flag" if line.index == 2 else "pass"))
    assert [index for _, index in work_off(reviewer, 3)] == [2, 0, 1]


def test_a_changed_deadline_moves_the_lines_that_wait(reviewer: User, queued: Queued) -> None:
    first, second = queued(2), queued(2)
    set_deadline(second.brief.campaign, SOON)
    deadlines_apply()
    assert [batch for batch, _ in work_off(reviewer, 2)] == [second.pk] * 2
    third = queued(1, brief=second.brief)
    set_deadline(second.brief.campaign, None)
    deadlines_apply()
    assert {batch for batch, _ in work_off(reviewer, 3)} == {first.pk, third.pk}


def test_a_line_in_hand_is_kept_when_its_deadline_changes(reviewer: User, queued: Queued) -> None:
    batch = queued(2)
    held = claim(reviewer)
    set_deadline(batch.brief.campaign, SOON)
    deadlines_apply()
    assert claim(reviewer).token == held.token


def test_a_line_that_comes_back_has_the_deadline_of_today(reviewer: User, queued: Queued) -> None:
    batch = queued(1)
    decide(reviewer, Action.APPROVE)
    set_deadline(batch.brief.campaign, SOON)
    deadlines_apply()
    undo_last(reviewer)
    claims_release(reviewer=reviewer)
    assert why_next(claim(reviewer).variant)[0] == "deadline 28 Nov 2030"
