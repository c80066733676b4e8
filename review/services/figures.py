"""Counting for the dashboard: decisions by day, and the queue."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import BooleanField, Count, ExpressionWrapper, F, OuterRef, Q, QuerySet, Subquery, Sum
from django.utils import timezone

from adgen.models import Brand, Screening, Variant, VariantState
from review.models import Action, Decision, DecisionDay, RejectionDay, Tally
from review.selectors.dashboard import day_start, standing

# A decision is seen once its transaction commits, which may be that much after its time.
_COMMIT_LAG = timedelta(minutes=5)
ACTIONS = (Action.APPROVE, Action.EDIT, Action.REJECT, Action.SKIP)
# Who takes longer was away from the page.
LONGEST_MS = 5 * 60 * 1000


def figures_count() -> None:
    """Bring the figures of all brands up to date.

    Cost: the days with news (mostly today) are counted anew, the queues are walked.
    """
    for brand in Brand.objects.all():
        with transaction.atomic():
            # The row's lock: two that count the same brand at once would both add its rows.
            tally, _ = Tally.objects.select_for_update().get_or_create(brand=brand)
            now = timezone.now()
            for day in _days_with_news(brand, tally.counted_at):
                _count_day(brand, day)
            Tally.objects.filter(pk=tally.pk).update(counted_at=now, **_queue(brand))


def _days_with_news(brand: Brand, counted_at: datetime | None) -> set[date]:
    """The days of new decisions, and of those that were taken back since."""
    news = Decision.objects.filter(brand=brand).order_by()
    if counted_at:
        news = news.filter(created_at__gte=counted_at - _COMMIT_LAG)
    own = set(news.values_list("created_at__date", flat=True).distinct())
    undone = set(news.filter(action=Action.UNDO).values_list("undoes__created_at__date", flat=True))
    return own | undone


def _count_day(brand: Brand, day: date) -> None:
    """Count the decisions of a day anew."""
    decisions = standing(Decision.objects.filter(brand=brand)).order_by()
    decisions = decisions.filter(
        created_at__gte=day_start(day), created_at__lt=day_start(day + timedelta(days=1))
    )
    rejections = decisions.filter(action=Action.REJECT).values("reviewer_id", "reason")
    DecisionDay.objects.filter(brand=brand, day=day).delete()
    DecisionDay.objects.bulk_create(DecisionDay(brand=brand, day=day, **row) for row in _summed(decisions))
    RejectionDay.objects.filter(brand=brand, day=day).delete()
    RejectionDay.objects.bulk_create(
        RejectionDay(brand=brand, day=day, **row) for row in rejections.annotate(count=Count("id"))
    )


def _summed(decisions: QuerySet[Decision]) -> Iterable[Mapping[str, object]]:
    """The counts and sums of a DecisionDay, by reviewer, adapter and whose wording it was."""
    screenings = Screening.objects.filter(variant=OuterRef("variant"), created_at__lte=OuterRef("created_at"))
    marked = Q(verdict__in=["flag", "block"]) & ~Q(action=Action.SKIP)
    timed = Q(duration_ms__lte=LONGEST_MS)
    return (
        decisions.annotate(
            adapter_id=F("variant__adapter_id"),
            by_hand=ExpressionWrapper(Q(variant__edited_from__isnull=False), BooleanField()),
            verdict=Subquery(screenings.order_by("-id").values("verdict")[:1]),
        )
        .values("reviewer_id", "adapter_id", "by_hand")
        .annotate(
            **{str(action): Count("id", filter=Q(action=action)) for action in ACTIONS},
            flagged=Count("id", filter=marked),
            timed=Count("id", filter=timed),
            took_ms=Sum("duration_ms", filter=timed, default=0),
            measured=Count("edit_distance"),
            distance=Sum("edit_distance", default=0.0),
        )
    )


def _queue(brand: Brand) -> dict[str, Any]:
    """How many lines wait, and since when the oldest and the middle one have been."""
    waiting = Variant.objects.filter(brand=brand, state=VariantState.PENDING).order_by("id")
    count = waiting.count()
    written = waiting.values_list("created_at", flat=True)
    return {
        "waiting": count,
        "oldest_at": written[:1].first() if count else None,
        "median_at": written[count // 2 : count // 2 + 1].first() if count else None,
    }
