"""Blind comparisons: which two lines come next, and what the choices say about two adapters."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from django.contrib.auth.models import User
from django.db.models import Exists, OuterRef, QuerySet

from adgen.models import Adapter, Brand, Variant, VariantState
from adgen.selectors.briefs import brief_spec
from review.models import Choice, Comparison, Decision, Trial
from review.selectors.intervals import sign_test, wilson

# Rejected lines take part: to leave them out would hide what a bad adapter writes.
_NOT_COMPARED = (
    VariantState.UNSCREENED,
    VariantState.BLOCKED,
    VariantState.CLEARED,
    VariantState.WITHDRAWN,
)


def next_pair(trial: Trial, reviewer: User) -> tuple[Variant, Variant] | None:
    """The challenger's and the rival's oldest lines of one brief and slot that have not met any other.

    Lines that the person has decided on are left to others: they would be recognised.
    """
    theirs = _free(trial, trial.rival, "rival_line", reviewer)
    twins = theirs.filter(batch__brief=OuterRef("batch__brief"), slot=OuterRef("slot"))
    own = _free(trial, trial.challenger, "challenger_line", reviewer).filter(Exists(twins))
    challenger_line = own.first()
    if challenger_line is None:
        return None
    rivals = theirs.filter(batch__brief=challenger_line.batch.brief_id, slot=challenger_line.slot)
    rival_line = rivals.exclude(text_key=challenger_line.text_key).first() or rivals.first()
    return (challenger_line, rival_line) if rival_line else None


def _free(trial: Trial, writer: Adapter | None, side: str, reviewer: User) -> QuerySet[Variant]:
    """Screened lines of one writer, as it wrote them, that no pair of the trial has."""
    used = Comparison.objects.filter(**{"trial": trial, side: OuterRef("pk")})
    decided = Decision.objects.filter(variant=OuterRef("pk"), reviewer=reviewer)
    lines = Variant.objects.filter(brand=trial.brand, adapter=writer, edited_from=None)
    lines = lines.exclude(state__in=_NOT_COMPARED).filter(~Exists(used), ~Exists(decided))
    return lines.select_related("batch__brief__campaign").order_by("id")


@dataclass(frozen=True)
class Outcome:
    """How often the challenger's line was preferred (`wins`), its rival's, or neither of them."""

    wins: int
    losses: int
    equal: int
    neither: int

    @property
    def decided(self) -> int:
        return self.wins + self.losses

    @property
    def total(self) -> int:
        return self.decided + self.equal + self.neither

    @property
    def win_rate(self) -> float | None:
        """The share of wins among the choices for one side."""
        return self.wins / self.decided if self.decided else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """The 95% Wilson interval of the win rate."""
        return wilson(self.wins, self.decided) if self.decided else None

    @property
    def p_value(self) -> float | None:
        """Two-sided sign test: how likely so uneven a result is where both are equally good."""
        return sign_test(self.wins, self.losses) if self.decided else None

    @property
    def says(self) -> str:
        """What follows, in words; the interval alone decides."""
        if self.interval is None:
            return "no choice for either side yet"
        low, high = self.interval
        if low > 0.5:
            return "the challenger is preferred"
        return "the rival is preferred" if high < 0.5 else "no difference is shown"


def outcome(trial: Trial) -> Outcome:
    """What the choices in a trial add up to."""
    counts: Counter[str] = Counter()
    for choice, left in Comparison.objects.filter(trial=trial).values_list("choice", "challenger_left"):
        if choice in (Choice.LEFT, Choice.RIGHT):
            counts["wins" if (choice == Choice.LEFT) == left else "losses"] += 1
        else:
            counts[choice] += 1
    return Outcome(counts["wins"], counts["losses"], counts[Choice.EQUAL], counts[Choice.NEITHER])


def trials_of(adapter: Adapter) -> list[tuple[Trial, Outcome]]:
    """The trials in which an adapter was the challenger, the newest first."""
    trials = Trial.objects.filter(challenger=adapter).select_related("challenger", "rival", "brand")
    return [(trial, outcome(trial)) for trial in trials]


@dataclass(frozen=True)
class Preference:
    """Of two lines for the same brief and slot, the one that a person stands behind and the other one."""

    source: str
    brief: dict[str, Any]
    slot: str
    chosen: str
    rejected: str
    at: datetime


def preferences(brand: Brand) -> Iterator[Preference]:
    """The brand's preference pairs: those of comparisons, then edits with what they replaced."""
    chosen = Comparison.objects.filter(brand=brand, choice__in=[Choice.LEFT, Choice.RIGHT])
    for row in chosen.select_related(
        "challenger_line__batch__brief__brand",
        "challenger_line__batch__brief__campaign",
        "rival_line",
    ).order_by("id"):
        better, worse = row.chosen, row.passed_over
        assert better
        assert worse
        assert row.chosen_at
        yield _preference("comparison", row.challenger_line, better.text, worse.text, row.chosen_at)
    edited = Variant.objects.filter(brand=brand, state=VariantState.APPROVED, edited_from__isnull=False)
    for line in edited.select_related(
        "batch__brief__brand", "batch__brief__campaign", "edited_from"
    ).order_by("id"):
        assert line.edited_from
        yield _preference("edit", line, line.text, line.edited_from.text, line.created_at)


def _preference(source: str, line: Variant, chosen: str, rejected: str, at: datetime) -> Preference:
    brief = asdict(replace(brief_spec(line.batch.brief), slots={}))
    return Preference(source, brief, line.slot, chosen, rejected, at)


def chosen_by(user: User, brand: Brand) -> int:
    """How many pairs of the brand a person has judged."""
    return Comparison.objects.filter(brand=brand, reviewer=user).exclude(choice="").count()
