"""Counting decisions by day and the queue, for the dashboard."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from adgen.models import Batch, Brand, Variant
from review.models import Action, DecisionDay, RejectionDay, Tally
from review.services.figures import figures_count
from tests import work
from tests.factories import AdapterFactory, screened_variant
from tests.review.acts import decide, edit, reject, screen, undo_last

MONDAY, TUESDAY = datetime(2026, 11, 2, 12, tzinfo=UTC), datetime(2026, 11, 3, 12, tzinfo=UTC)


@contextmanager
def at(moment: datetime) -> Iterator[None]:
    """What is done in the block is done at `moment`."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(timezone, "now", lambda: moment)
        yield


def counted() -> dict[date, list[int]]:
    """Each day's approvals, edits, rejections and skips."""
    return {row.day: [row.approve, row.edit, row.reject, row.skip] for row in DecisionDay.objects.all()}


def test_decisions_are_counted_by_day_and_action(reviewer: User, variants: list[Variant]) -> None:
    with at(MONDAY):
        decide(reviewer, Action.APPROVE)
        decide(reviewer, Action.APPROVE)
    with at(TUESDAY):
        reject(reviewer)
    figures_count()
    assert counted() == {MONDAY.date(): [2, 0, 0, 0], TUESDAY.date(): [0, 0, 1, 0]}
    assert RejectionDay.objects.values_list("day", "reason", "count").get() == (TUESDAY.date(), "dull", 1)


def test_counting_again_changes_nothing(reviewer: User, variants: list[Variant]) -> None:
    reject(reviewer)
    figures_count()
    figures_count()
    assert DecisionDay.objects.get().reject == 1
    assert RejectionDay.objects.get().count == 1


def test_a_decision_taken_back_leaves_the_day_it_was_made_on(reviewer: User, variants: list[Variant]) -> None:
    with at(MONDAY):
        reject(reviewer)
        decide(reviewer, Action.APPROVE)
        figures_count()
    with at(TUESDAY):
        undo_last(reviewer)
        figures_count()
    assert counted() == {MONDAY.date(): [0, 0, 1, 0]}


def test_only_days_with_news_are_counted_anew(reviewer: User, variants: list[Variant]) -> None:
    with at(MONDAY):
        reject(reviewer)
    with at(MONDAY + timedelta(hours=1)):
        figures_count()
    with at(TUESDAY):
        decide(reviewer, Action.APPROVE)
        with CaptureQueriesContext(connection) as queries:
            figures_count()
    emptied = [query["sql"] for query in queries if query["sql"].startswith("DELETE")]
    assert len(emptied) == 2
    assert all("2026-11-03" in sql for sql in emptied)


def test_times_of_pauses_are_left_out(reviewer: User, variants: list[Variant]) -> None:
    for duration in (4_000, 6_000, 300_001, None):
        decide(reviewer, Action.APPROVE, duration_ms=duration)
    figures_count()
    row = DecisionDay.objects.get()
    assert (row.approve, row.timed, row.took_ms) == (4, 2, 10_000)


def test_edits_say_how_much_they_changed(reviewer: User, variants: list[Variant]) -> None:
    edited = edit(reviewer, variants[0].text.replace("worth", "wirth"))
    figures_count()
    row = DecisionDay.objects.get()
    assert row.measured == 1
    assert row.distance == pytest.approx(1 / len(edited.text))


def test_lines_that_the_screen_marked_are_told_apart_once_judged(reviewer: User, batch: Batch) -> None:
    given = [("flag", Action.APPROVE), ("pass", Action.APPROVE), ("flag", Action.SKIP)]
    for index, (verdict, action) in enumerate(given):
        screened_variant(batch=batch, index=index, verdict=verdict)
        decide(reviewer, action)
    figures_count()
    row = DecisionDay.objects.get()
    assert (row.approve, row.skip, row.flagged) == (2, 1, 1)


def test_a_persons_wording_is_not_put_down_to_the_adapter(reviewer: User, brand: Brand, batch: Batch) -> None:
    adapter = AdapterFactory.create(brand=brand)
    screened_variant(batch=batch, index=0, adapter=adapter)
    screen(edit(reviewer), "flag")
    decide(reviewer, Action.APPROVE)
    figures_count()
    rows = DecisionDay.objects.values_list("adapter", "by_hand", "edit", "approve")
    assert set(rows) == {(adapter.pk, False, 1, 0), (adapter.pk, True, 0, 1)}


def test_the_queue_is_told_with_its_age(brand: Brand, other_brand: Brand, batch: Batch) -> None:
    for index, day in enumerate([MONDAY, TUESDAY, TUESDAY]):
        with at(day):
            screened_variant(batch=batch, index=index)
    figures_count()
    tally = Tally.objects.get(brand=brand)
    assert (tally.waiting, tally.oldest_at, tally.median_at) == (3, MONDAY, TUESDAY)
    empty = Tally.objects.get(brand=other_brand)
    assert (empty.waiting, empty.oldest_at, empty.median_at) == (0, None, None)


@pytest.mark.django_db(transaction=True)
def test_two_that_count_at_once_count_nothing_twice(reviewer: User, variants: list[Variant]) -> None:
    reject(reviewer)
    work.at_once(2, lambda number: figures_count())
    assert DecisionDay.objects.get().reject == 1
