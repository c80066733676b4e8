"""Whether anybody works."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from adgen.models import WorkerPulse

# A worker shows itself every few seconds; one that was silent for so long is gone.
_SILENCE = timedelta(seconds=30)


def worker_alive(queue: str) -> bool:
    """Whether a worker of `queue` has lately shown a sign of life."""
    recent = WorkerPulse.objects.filter(seen_at__gte=timezone.now() - _SILENCE)
    return any(queue in queues.split(",") for queues in recent.values_list("queues", flat=True))
