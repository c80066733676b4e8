"""The benchmark of the queue: real processes work a small queue off, and what they saw is summed up."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db.models import Count

from adgen.models import Brand, Screening, Variant, VariantState
from review.bench import run_embedded
from review.bench.load import fill
from review.bench.scan import scan_next
from review.bench.site import Site
from tests.review.acts import claim


@pytest.mark.long
def test_reviewers_on_sqlite_share_a_queue_without_doubles_or_locks(tmp_path: Path) -> None:
    site = Site(tmp_path / "site", database=f"sqlite:///{tmp_path}/bench.sqlite3")
    figures = run_embedded(site, pending=120, decisions=40)
    assert {name: figures[f"embedded_{name}"] for name in ("decisions", "doubles", "errors", "locked")} == {
        "decisions": 40,
        "doubles": 0,
        "errors": 0,
        "locked": 0,
    }
    times = ("claim_p50_ms", "claim_p95_ms", "room_p95_ms", "table_p95_ms")
    for name in (*times, "decisions_per_s", "cpu_ms_per_decision"):
        figure = figures[f"embedded_{name}"]
        assert isinstance(figure, float)
        assert figure > 0


def test_the_queue_is_as_long_as_asked_for_and_of_as_many_brands(db: None) -> None:
    reviewers = fill(pending=900, brands=4, reviewers=2)
    waiting = Variant.objects.filter(state=VariantState.PENDING)
    assert waiting.count() == 900
    assert Brand.objects.filter(memberships__user=reviewers[1]).count() == 4
    per_brand = waiting.values("brand").annotate(lines=Count("id"))
    assert {row["lines"] for row in per_brand} == {225}
    marked = waiting.filter(flagged=True)
    assert Screening.objects.filter(variant__in=marked, verdict="flag").count() == marked.count() > 0


def test_the_baseline_takes_the_first_line_that_nobody_holds(
    reviewer: User, owner: User, variants: list[Variant]
) -> None:
    held = claim(owner)
    taken = [scan_next(reviewer=reviewer) for _ in variants]
    assert held.variant == variants[0]
    assert [claim and claim.variant for claim in taken] == [*variants[1:], None]
    assert not Variant.objects.exclude(state=VariantState.PENDING).exists()


def test_other_benchmarks_have_no_queue() -> None:
    with pytest.raises(CommandError, match="Only the benchmark queue takes --brands"):
        call_command("bench", "screen", brands=3)
