"""How good the screen is in the eyes of the reviewers: by rule, by what was missed, by week."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.db.models import OuterRef, QuerySet, Subquery
from django.utils import timezone

from adgen.models import Brand, Screening
from review.models import Action, Decision, DecisionKind, MarkKind, Missed, ScreenMark
from review.selectors.intervals import wilson

WEEKS = 12
_JUDGED = (Action.APPROVE, Action.EDIT, Action.REJECT)
# What was found in which line, and the Monday of its week.
_Found = dict[tuple[int, str], date]


@dataclass(frozen=True)
class Share:
    """How many of `shown` findings were not marked as wrong, with its 95% Wilson interval, 0 to 1."""

    shown: int
    wrong: int

    @property
    def precision(self) -> float | None:
        return 1 - self.wrong / self.shown if self.shown else None

    @property
    def interval(self) -> tuple[float, float] | None:
        return wilson(self.shown - self.wrong, self.shown) if self.shown else None


@dataclass(frozen=True)
class Week:
    """One week, named by its Monday."""

    start: date
    share: Share
    missed: int


@dataclass(frozen=True)
class Quality:
    """The last WEEKS weeks: rules by how often they were shown, misses by label, weeks oldest first."""

    rules: tuple[tuple[str, Share], ...]
    missed: tuple[tuple[str, int], ...]
    weeks: tuple[Week, ...]


def screen_quality(brands: QuerySet[Brand], *, today: date | None = None) -> Quality:
    """What the reviewers of `brands` made of the screen.

    A finding counts as shown when a person has judged its line, or has marked it as wrong; several people
    count once. Cost grows with the marked lines that were judged in these weeks.
    """
    monday = monday_of(today or timezone.localdate())
    mondays = [monday - timedelta(weeks=back) for back in reversed(range(WEEKS))]
    since = timezone.make_aware(datetime.combine(mondays[0], time.min))
    marks = ScreenMark.objects.filter(brand__in=brands, created_at__gte=since)
    wrong = _first_weeks(marks.filter(kind=MarkKind.WRONG))
    missed = _first_weeks(marks.filter(kind=MarkKind.MISSED))
    # A finding belongs to one week for both numbers: a week has no more wrong ones than shown ones.
    shown = wrong | _judged(brands, since)
    return Quality(
        rules=_by_rule(shown, wrong),
        missed=tuple(
            (str(Missed(label).label), count)
            for label, count in Counter(label for _, label in missed).most_common()
        ),
        weeks=tuple(
            Week(
                start=start,
                share=Share(
                    shown=sum(week == start for week in shown.values()),
                    wrong=sum(shown[found] == start for found in wrong),
                ),
                missed=sum(week == start for week in missed.values()),
            )
            for start in mondays
        ),
    )


def _judged(brands: QuerySet[Brand], since: datetime) -> _Found:
    """The findings of lines that people judged, as they were shown then."""
    judged = Decision.objects.filter(brand__in=brands, action__in=_JUDGED, created_at__gte=since)
    judged = judged.exclude(kind=DecisionKind.GOLD)
    rows = judged.annotate(verdict=_then("verdict"), findings=_then("findings")).exclude(verdict="pass")
    found: _Found = {}
    for variant, at, findings in rows.values_list("variant", "created_at", "findings").order_by("id"):
        for finding in findings or ():
            found.setdefault((variant, finding["rule"]), monday_of(timezone.localdate(at)))
    return found


def _then(field: str) -> Subquery:
    """A field of the line's latest screening at the time of a decision."""
    screenings = Screening.objects.filter(variant=OuterRef("variant"), created_at__lte=OuterRef("created_at"))
    return Subquery(screenings.order_by("-id").values(field)[:1])


def _first_weeks(marks: QuerySet[ScreenMark]) -> _Found:
    found: _Found = {}
    for variant, rule, at in marks.order_by("id").values_list("variant", "rule", "created_at"):
        found.setdefault((variant, rule), monday_of(timezone.localdate(at)))
    return found


def _by_rule(shown: _Found, wrong: _Found) -> tuple[tuple[str, Share], ...]:
    shown_of = Counter(rule for _, rule in shown)
    wrong_of = Counter(rule for _, rule in wrong)
    return tuple((rule, Share(count, wrong_of[rule])) for rule, count in shown_of.most_common())


def monday_of(day: date) -> date:
    """The first day of a day's week."""
    return day - timedelta(days=day.weekday())


def marks_since(brands: QuerySet[Brand], since: date | None) -> QuerySet[ScreenMark]:
    """The marks of `brands` from the day `since` on, oldest first, with their lines and screenings."""
    marks = ScreenMark.objects.filter(brand__in=brands).select_related("variant", "brand", "screening")
    if since is not None:
        marks = marks.filter(created_at__gte=timezone.make_aware(datetime.combine(since, time.min)))
    return marks.order_by("id")
