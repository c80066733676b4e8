"""The sweeper: finds work that nobody does and wakes somebody up for it. Safe to run anywhere, any time."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from adgen import queue
from adgen.models import Chunk, ChunkKind, LeasedWork, Rescreen, TrainingRun, WorkerPulse, WorkState
from adgen.services.batches import TASK_OF, settling
from adgen.services.deadlines import deadlines_apply
from adgen.services.rescreens import lapsed_facts_notice
from adgen.services.work import claimable

# Wake-ups under way at once per kind of work: enough to keep workers busy, too few to flood a broker.
_AHEAD = 16
_PULSE_KEPT = timedelta(days=1)


def sweep() -> list[tuple[str, int]]:
    """Bury work that used up its attempts, notice facts that expired, and return the (task, row) pairs to
    wake workers for.

    Lines whose campaign has a new deadline move to their place in the queue, some with each sweep.
    Cost: one index probe per kind of work, whatever the number of finished rows.
    """
    _bury(Chunk)
    _bury(TrainingRun)
    _bury(Rescreen)
    lapsed_facts_notice()
    deadlines_apply()
    wakes = [(TASK_OF[kind], pk) for kind in ChunkKind for pk in _due(Chunk, Q(kind=kind))]
    wakes += [(queue.TRAIN, pk) for pk in _due(TrainingRun, Q())]
    wakes += [(queue.RESCREEN, pk) for pk in _due(Rescreen, Q())]
    return wakes


def pulse(*, worker: str, queues: str) -> None:
    """Record that a worker is alive, and forget those long gone."""
    now = timezone.now()
    WorkerPulse.objects.update_or_create(name=worker, defaults={"queues": queues, "seen_at": now})
    WorkerPulse.objects.filter(seen_at__lt=now - _PULSE_KEPT).delete()


def _due(model: type[LeasedWork], kind: Q) -> list[int]:
    """Rows worth a wake-up now, oldest first; marks them as published."""
    recent = timezone.now() - timedelta(seconds=settings.ADGEN_REPUBLISH_SECONDS)
    rows = model._default_manager.filter(kind)
    ahead = rows.filter(state=WorkState.QUEUED, published_at__gte=recent, available_at__lte=timezone.now())
    room = _AHEAD - ahead.count()
    if room <= 0:
        return []
    due = rows.filter(claimable()).filter(Q(published_at=None) | Q(published_at__lt=recent))
    pks = list(due.order_by("id").values_list("pk", flat=True)[:room])
    model._default_manager.filter(pk__in=pks).update(published_at=timezone.now())
    return pks


def _bury(model: type[LeasedWork]) -> None:
    """Work whose last allowed attempt ended with its worker is dead; a person decides what next."""
    lost = model._default_manager.filter(
        state=WorkState.RUNNING,
        lease_expires_at__lt=timezone.now(),
        attempts__gte=settings.ADGEN_MAX_ATTEMPTS,
    )
    for work in list(lost):
        with settling(work.batch_id) if isinstance(work, Chunk) else transaction.atomic():
            model._default_manager.filter(
                pk=work.pk, state=WorkState.RUNNING, fence=work.fence, lease_expires_at=work.lease_expires_at
            ).update(
                state=WorkState.DEAD,
                finished_at=timezone.now(),
                error=f"The worker died at the last of {work.attempts} attempts.",
            )
