"""The benchmark of the queue: both ways work off the same queues, and are compared."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.db.models import Count

from adgen.models import Variant, VariantState
from review.bench import measure, scan_next
from review.models import Decision
from tests.review.acts import claim


def test_both_ways_are_measured_and_compared(db: None) -> None:
    figures = measure(short=5, long=9, rounds=3)
    decided = Decision.objects.values("brand__slug").annotate(lines=Count("id")).order_by("brand__slug")
    assert list(decided.values_list("brand__slug", "lines")) == [("bench-12", 6), ("bench-8", 6)]
    fast, slow = figures["lines_per_s_9"], figures["baseline_lines_per_s_9"]
    assert isinstance(fast, float)
    assert isinstance(slow, float)
    assert figures["ratio_9"] == pytest.approx(fast / slow)
    short, long = figures["p50_ms_5"], figures["p50_ms_9"]
    assert isinstance(short, float)
    assert isinstance(long, float)
    assert figures["growth"] == pytest.approx(long / short)


def test_the_baseline_takes_the_first_line_that_nobody_holds(
    reviewer: User, owner: User, variants: list[Variant]
) -> None:
    held = claim(owner)
    taken = [scan_next(reviewer=reviewer) for _ in variants]
    assert held.variant == variants[0]
    assert [claim and claim.variant for claim in taken] == [*variants[1:], None]
    assert not Variant.objects.exclude(state=VariantState.PENDING).exists()
