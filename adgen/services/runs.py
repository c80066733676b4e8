"""The frame of every chunk's task: claim the row, do the job, record how it ended."""

from __future__ import annotations

import logging
from collections.abc import Callable

from adgen.errors import WorkStopped
from adgen.models import Chunk, ChunkKind
from adgen.services.batches import chunk_fail
from adgen.services.work import Lease, claimable, work_claim

logger = logging.getLogger(__name__)


def chunk_run(*, pk: int, worker: str, job: Callable[[Lease, Chunk], None]) -> None:
    """Do `job` on chunk `pk` unless somebody else has it; whatever goes wrong is recorded on the row."""
    lease = work_claim(model=Chunk, pk=pk, worker=worker)
    if lease is None:
        return
    rows = Chunk.objects.select_related("batch__brief__brand", "batch__brief__campaign", "batch__adapter")
    chunk = rows.get(pk=pk)
    try:
        job(lease, chunk)
    except WorkStopped as stopped:
        logger.info("%s: %s", chunk, stopped)
    except Exception as failure:  # the border between our work and everything that can go wrong with it
        logger.exception("%s failed", chunk)
        chunk_fail(lease=lease, chunk=chunk, failure=failure)


def chunks_beside(*, pk: int, limit: int) -> list[int]:
    """Other generate chunks that nobody has, oldest first, for a worker that can do several at once."""
    free = Chunk.objects.filter(claimable(), kind=ChunkKind.GENERATE).exclude(pk=pk)
    return list(free.order_by("pk").values_list("pk", flat=True)[:limit]) if limit else []
