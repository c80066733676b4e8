"""Celery tasks: claim a row, do its job, record how it ended. Importable without torch.

A message carries a row's id and nothing else. Running a task twice is harmless: the second run finds
nothing to claim.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from celery import Task

from adgen import queue
from adgen.celery import app
from adgen.errors import WorkStopped
from adgen.models import Chunk, TrainingRun
from adgen.services.batches import chunk_fail
from adgen.services.work import Lease, lease_fail, work_claim

logger = logging.getLogger("adgen.workers")


@app.task(name=queue.GENERATE, bind=True)
def generate_task(self: Task[Any, Any], pk: int) -> None:
    from workers import jobs, runtime

    runtime.ready(runtime.engine)
    _run_chunk(self, pk, jobs.generate_chunk)


@app.task(name=queue.SCREEN, bind=True)
def screen_task(self: Task[Any, Any], pk: int) -> None:
    from workers import jobs, runtime

    runtime.ready(runtime.screener)
    _run_chunk(self, pk, jobs.screen_chunk)


@app.task(name=queue.TRAIN, bind=True)
def train_task(self: Task[Any, Any], pk: int) -> None:
    from workers import jobs, runtime

    runtime.ready(runtime.base_model)
    lease = work_claim(model=TrainingRun, pk=pk, worker=str(self.request.hostname))
    if lease is None:
        return
    try:
        jobs.train_run(lease, TrainingRun.objects.select_related("brand").get(pk=pk))
    except WorkStopped as stopped:
        logger.info("training run %s: %s", pk, stopped)
    except Exception as failure:  # the border: whatever went wrong is recorded on the row
        logger.exception("training run %s failed", pk)
        lease_fail(lease, failure)


def _run_chunk(task: Task[Any, Any], pk: int, job: Callable[[Lease, Chunk], None]) -> None:
    lease = work_claim(model=Chunk, pk=pk, worker=str(task.request.hostname))
    if lease is None:
        return
    chunk = Chunk.objects.select_related("batch__brief__brand", "batch__brief__campaign", "batch__adapter")
    row = chunk.get(pk=pk)
    try:
        job(lease, row)
    except WorkStopped as stopped:
        logger.info("%s: %s", row, stopped)
    except Exception as failure:  # the border: whatever went wrong is recorded on the row
        logger.exception("%s failed", row)
        chunk_fail(lease=lease, chunk=row, failure=failure)
