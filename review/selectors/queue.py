"""The review queue: what is held, how long it is, why it is empty."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.models import User
from django.db import connection
from django.db.models import QuerySet
from django.utils import timezone

from adgen import queue
from adgen.models import Batch, BatchState, Brand, Variant, VariantState
from adgen.selectors.batches import BatchProgress, batch_progress
from adgen.selectors.workers import worker_alive
from review.models import Action, Claim, Decision, LookState, SecondLook
from review.selectors.filters import QueueFilter, waiting_sql
from review.selectors.order import SKIP_REST

COUNT_CAP = 1000
_BATCHES_SHOWN = 5


def live_claims(now: datetime) -> QuerySet[Claim]:
    """Claims that keep their lines away from everybody else."""
    return Claim.objects.filter(expires_at__gt=now)


def skips(reviewer: User, now: datetime) -> QuerySet[Decision]:
    """The reviewer's skips that still keep their lines away from them."""
    return Decision.objects.filter(
        reviewer=reviewer, action=Action.SKIP, created_at__gt=now - SKIP_REST, undone_by=None
    )


@dataclass(frozen=True)
class QueueSize:
    """How many lines wait; counting stops at COUNT_CAP, so its cost does too."""

    count: int

    def __str__(self) -> str:
        return f"{self.count}+" if self.count >= COUNT_CAP else str(self.count)


def queue_size(reviewer: User, only: QueueFilter) -> QueueSize:
    """Lines of the chosen part of the queue, held ones included."""
    lines, params = waiting_sql(reviewer.pk, reviewer.is_superuser, only)
    counted = f"SELECT count(*) FROM ({lines} LIMIT %(cap)s) waiting"  # noqa: S608  # of our own words
    with connection.cursor() as cursor:
        cursor.execute(counted, params | {"cap": COUNT_CAP})
        (count,) = cursor.fetchone()
    return QueueSize(count)


@dataclass(frozen=True)
class Activity:
    """What is under way while a reviewer has nothing to judge."""

    batches: tuple[tuple[Batch, BatchProgress], ...]
    screening: int
    held_by_others: int
    skipped: int
    judged_first: int
    worked_on: bool


def activity(reviewer: User, brands: QuerySet[Brand]) -> Activity:
    """Running batches (the newest five), lines on their way to the queue and lines kept from it."""
    now = timezone.now()
    running = Batch.objects.filter(brand__in=brands, state=BatchState.RUNNING).select_related(
        "brief__campaign"
    )
    on_the_way = Variant.objects.filter(
        brand__in=brands, state__in=[VariantState.UNSCREENED, VariantState.CLEARED]
    )
    resting = skips(reviewer, now).filter(variant__state=VariantState.PENDING, variant__brand__in=brands)
    held = live_claims(now).filter(variant__brand__in=brands).exclude(reviewer=reviewer)
    second = SecondLook.objects.filter(first_reviewer=reviewer, state=LookState.OPEN, brand__in=brands)
    return Activity(
        batches=tuple((batch, batch_progress(batch)) for batch in running[:_BATCHES_SHOWN]),
        screening=on_the_way.order_by()[:COUNT_CAP].count(),
        held_by_others=held.count(),
        skipped=resting.order_by().values("variant").distinct().count(),
        judged_first=second.filter(variant__state=VariantState.PENDING).count(),
        worked_on=all(worker_alive(queue.QUEUE_OF[task]) for task in (queue.GENERATE, queue.SCREEN)),
    )
