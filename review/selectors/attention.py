"""What the answers to gold items say about how closely people look, and whether that changes."""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, timedelta

from django.conf import settings
from django.contrib.auth.models import User
from django.db.models import Count
from django.utils import timezone

from adgen.models import Brand
from review.models import Answer, Decision, DecisionKind, GoldShowing
from review.selectors.dashboard import Share, day_start
from review.selectors.gold import usable
from review.selectors.quality import monday_of

WEEKS = 12


@dataclass
class Answers:
    """Answers to gold items, counted. `let_through` are bad lines that were approved."""

    right: int = 0
    of: int = 0
    let_through: int = 0
    refused: int = 0

    def add(self, *, right: bool, answer: str) -> None:
        self.of += 1
        self.right += right
        self.let_through += not right and answer == Answer.REJECT
        self.refused += not right and answer == Answer.APPROVE

    @property
    def share(self) -> Share:
        return Share(self.right, self.of)


@dataclass(frozen=True)
class Attention:
    """The last WEEKS weeks: everybody's answers by week, the oldest first, and each person's with theirs."""

    total: Answers
    weeks: dict[date, Answers]
    reviewers: list[tuple[User, Answers, dict[date, Answers]]]


@dataclass(frozen=True)
class Supply:
    """Whether there are gold items enough: `needed` is what the busiest person meets in a rest of
    `rest_days`, at `decisions` lines.
    """

    items: int
    needed: int
    decisions: int
    rest_days: int = field(default_factory=lambda: settings.ADGEN_GOLD_REST_DAYS)


def attention(brand: Brand, *, today: date | None = None) -> Attention:
    """How the people of a brand answered its gold items. Answers that were taken back do not count."""
    monday = monday_of(today or timezone.localdate())
    mondays = [monday - timedelta(weeks=back) for back in reversed(range(WEEKS))]
    total, weeks = Answers(), {start: Answers() for start in mondays}
    people: dict[int, Answers] = defaultdict(Answers)
    their_weeks: dict[int, dict[date, Answers]] = defaultdict(lambda: {start: Answers() for start in mondays})
    answered = GoldShowing.objects.filter(
        brand=brand, decision__isnull=False, decision__created_at__gte=day_start(mondays[0])
    )
    rows = answered.values_list("reviewer", "right", "item__answer", "decision__created_at").order_by("id")
    for person, right, answer, at in rows:
        week = monday_of(timezone.localdate(at))
        for counted in (total, weeks[week], people[person], their_weeks[person][week]):
            counted.add(right=bool(right), answer=answer)
    users = User.objects.in_bulk(people)
    ranked = sorted(people, key=lambda pk: (-people[pk].of, pk))
    return Attention(total, weeks, [(users[pk], people[pk], their_weeks[pk]) for pk in ranked])


def supply(brand: Brand) -> Supply:
    """How many gold items the brand has and needs, by what its busiest person decided lately."""
    since = timezone.now() - timedelta(days=settings.ADGEN_GOLD_REST_DAYS)
    decided = Decision.objects.filter(brand=brand, created_at__gte=since).exclude(kind=DecisionKind.GOLD)
    busiest = (
        decided.order_by().values_list("reviewer").annotate(lines=Count("id")).order_by("-lines").first()
    )
    lines = busiest[1] if busiest else 0
    return Supply(
        items=usable(brand).count(),
        needed=math.ceil(lines * brand.gold_percent / 100),
        decisions=lines,
    )
