"""The dashboard's figures: added up from decisions that are counted by day.

Cost grows with days, reviewers and adapters, not with decisions; only the last 24 hours are read live.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, fields
from datetime import date, datetime, time, timedelta
from typing import Any, TypeVar

from django.contrib.auth.models import User
from django.db.models import Count, Exists, F, Func, Model, OuterRef, Q, QuerySet, Sum
from django.db.models.functions import TruncHour, TruncWeek
from django.utils import timezone

from adgen.models import Adapter, Brand, Role
from adgen.selectors.access import brands_of
from review.models import (
    Action,
    Decision,
    DecisionDay,
    DecisionKind,
    MarkKind,
    RejectionDay,
    ScreenMark,
    Tally,
)
from review.selectors.intervals import wilson

# More lines than this in one chart cannot be told apart.
_ADAPTERS_DRAWN = 5
_ADAPTERS_LISTED = 20
_REVIEWERS_LISTED = 50
_WEEKLY_FROM = 60
_HOURS = 24
Row = TypeVar("Row", bound=Model)


@dataclass(frozen=True)
class Share:
    """`hits` out of `of`, with its 95% interval; the shares are None where there is nothing to share."""

    hits: int
    of: int

    @property
    def value(self) -> float | None:
        return self.hits / self.of if self.of else None

    @property
    def interval(self) -> tuple[float, float] | None:
        return wilson(self.hits, self.of) if self.of else None


@dataclass
class Sums:
    """Decisions that stand, added up; see DecisionDay for the names."""

    approve: int = 0
    edit: int = 0
    reject: int = 0
    skip: int = 0
    flagged: int = 0
    timed: int = 0
    took_ms: int = 0
    measured: int = 0
    distance: float = 0.0

    def add(self, other: Sums) -> None:
        for field in fields(self):
            setattr(self, field.name, getattr(self, field.name) + getattr(other, field.name))

    @property
    def decisions(self) -> int:
        return self.judged + self.skip

    @property
    def judged(self) -> int:
        return self.approve + self.edit + self.reject

    @property
    def accepted(self) -> Share:
        """Approved as they were."""
        return Share(self.approve, self.judged)

    @property
    def edited(self) -> Share:
        return Share(self.edit, self.judged)

    @property
    def rejected(self) -> Share:
        return Share(self.reject, self.judged)

    @property
    def edit_distance(self) -> float | None:
        """How much of a line an edit changes on average, 0 to 1."""
        return self.distance / self.measured if self.measured else None

    @property
    def seconds(self) -> float | None:
        """The time that a decision takes on average."""
        return self.took_ms / self.timed / 1000 if self.timed else None

    @property
    def an_hour(self) -> float | None:
        """Decisions in an hour of judging."""
        return 3600 / self.seconds if self.seconds else None


@dataclass(frozen=True)
class Scope:
    """Whose decisions are shown: everybody's in `brands`, or those of one reviewer."""

    brands: tuple[Brand, ...]
    reviewer: User | None

    def of(self, rows: QuerySet[Row]) -> QuerySet[Row]:
        """Those of `rows`, which have `brand` and `reviewer`, that are in scope."""
        mine = rows.filter(brand__in=self.brands)
        return mine.filter(reviewer=self.reviewer) if self.reviewer else mine


def scope_of(user: User, brand: Brand | None) -> Scope:
    """What `user` sees of `brand`, or in all: a manager everybody's decisions, a reviewer their own."""
    managed = brands_of(user, Role.MANAGER)
    if brand:
        return Scope((brand,), None if managed.contains(brand) else user)
    if managed:
        return Scope(tuple(managed), None)
    return Scope(tuple(brands_of(user, Role.REVIEWER)), user)


@dataclass(frozen=True)
class AdapterSums:
    """What became of the lines of one adapter (None: of the base model alone), in all and by day or week."""

    adapter: Adapter | None
    sums: Sums
    series: dict[date, Sums]


@dataclass(frozen=True)
class Figures:
    """All numbers of the page, for the days from `since` to today; series of adapters may be `weekly`."""

    since: date
    weekly: bool
    total: Sums
    days: dict[date, Sums]
    reviewers: list[tuple[User, Sums]]
    adapters: list[AdapterSums]
    reasons: list[tuple[str, int]]
    hours: dict[datetime, int]
    tallies: list[Tally]
    screen: Share


def figures(scope: Scope, *, days: int) -> Figures:
    """The figures of the last `days` days, today included."""
    today = timezone.localdate()
    since = today - timedelta(days=days - 1)
    weekly = days >= _WEEKLY_FROM
    rows = scope.of(DecisionDay.objects.filter(day__gte=since))
    by_day = _grouped(rows, "day")
    total = Sums()
    for sums in by_day.values():
        total.add(sums)
    return Figures(
        since=since,
        weekly=weekly,
        total=total,
        days={day: by_day.get(day, Sums()) for day in (since + timedelta(days=n) for n in range(days))},
        reviewers=_reviewers(rows),
        adapters=_adapters(rows.filter(by_hand=False), weekly=weekly),
        reasons=list(
            scope.of(RejectionDay.objects.filter(day__gte=since))
            .values_list("reason")
            .annotate(sum=Sum("count"))
            .order_by("-sum")
        ),
        hours=_hours(scope),
        tallies=list(Tally.objects.filter(brand__in=scope.brands).select_related("brand")),
        screen=_screen(scope, since, total.flagged),
    )


def standing(decisions: QuerySet[Decision]) -> QuerySet[Decision]:
    """Those of `decisions` that took effect and that nobody took back; an undo itself is none."""
    # Not by an outer join: Postgres takes that to leave one row, and sorts a million for a page of fifty.
    effective = decisions.filter(kind=DecisionKind.EFFECTIVE).exclude(action=Action.UNDO)
    return effective.filter(~Exists(Decision.objects.filter(undoes=OuterRef("pk"))))


def _grouped(rows: QuerySet[DecisionDay], *keys: str | Func) -> dict[Any, Sums]:
    """The sums of `rows` by a key, or by a tuple of several."""
    named = {f"key{number}": F(key) if isinstance(key, str) else key for number, key in enumerate(keys)}
    names = [field.name for field in fields(Sums)]
    summed = rows.order_by().annotate(**named).values(*named)
    grouped = {}
    for row in summed.annotate(**{f"sum_{name}": Sum(name) for name in names}):
        key = tuple(row[name] for name in named)
        grouped[key if len(key) > 1 else key[0]] = Sums(**{name: row[f"sum_{name}"] for name in names})
    return grouped


def _reviewers(rows: QuerySet[DecisionDay]) -> list[tuple[User, Sums]]:
    """Those who decided most, the most first."""
    sums_of = _grouped(rows, "reviewer")
    listed = sorted(sums_of, key=lambda pk: -sums_of[pk].decisions)[:_REVIEWERS_LISTED]
    users = User.objects.in_bulk(listed)
    return [(users[pk], sums_of[pk]) for pk in listed]


def _adapters(rows: QuerySet[DecisionDay], *, weekly: bool) -> list[AdapterSums]:
    """The adapters that most was judged of, the most first; a series for those that are drawn."""
    sums_of = _grouped(rows, "adapter")
    listed = sorted(sums_of, key=lambda pk: -sums_of[pk].judged)[:_ADAPTERS_LISTED]
    drawn = listed[:_ADAPTERS_DRAWN]
    series: dict[int | None, dict[date, Sums]] = defaultdict(dict)
    step: str | Func = TruncWeek("day") if weekly else "day"
    of_drawn = rows.filter(Q(adapter__in=[pk for pk in drawn if pk]) | Q(adapter=None))
    for (pk, day), sums in _grouped(of_drawn, "adapter", step).items():
        if pk in drawn:
            series[pk][day] = sums
    adapters = Adapter.objects.select_related("brand").in_bulk([pk for pk in listed if pk])
    return [AdapterSums(adapters.get(pk), sums_of[pk], series[pk]) for pk in listed]


def _hours(scope: Scope) -> dict[datetime, int]:
    """Decisions by hour, this one and those before."""
    now = timezone.now().replace(minute=0, second=0, microsecond=0)
    hours = [now - timedelta(hours=back) for back in reversed(range(_HOURS))]
    recent = standing(scope.of(Decision.objects.filter(created_at__gte=hours[0])))
    counted = dict(recent.order_by().values_list(TruncHour("created_at")).annotate(Count("id")))
    return {hour: counted.get(hour, 0) for hour in hours}


def _screen(scope: Scope, since: date, flagged: int) -> Share:
    """The lines that the screen marked and people judged, less those of which they marked a finding wrong."""
    marks = scope.of(ScreenMark.objects.filter(kind=MarkKind.WRONG, created_at__gte=day_start(since)))
    wrong = marks.order_by().values("variant").distinct().count()
    return Share(max(0, flagged - wrong), max(flagged, wrong))


def day_start(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))
