"""Celery tasks: claim a row, do its job, record how it ended. Importable without torch.

A message carries a row's id and nothing else. Running a task twice is harmless: the second run finds
nothing to claim.
"""

from __future__ import annotations

import logging
from typing import Any

from celery import Task

from adgen import queue
from adgen.celery import app
from adgen.errors import WorkStopped
from adgen.models import Rescreen, TrainingRun
from adgen.services.runs import chunk_run, chunks_beside
from adgen.services.work import lease_fail, work_claim

logger = logging.getLogger("adgen.workers")


@app.task(name=queue.GENERATE, bind=True)
def generate_task(self: Task[Any, Any], pk: int) -> None:
    from workers import jobs, runtime

    runtime.ready(runtime.engine)
    worker = str(self.request.hostname)
    if beside := chunks_beside(pk=pk, limit=runtime.chunks_beside()):
        jobs.generate_chunks([pk, *beside], worker=worker)
    else:
        chunk_run(pk=pk, worker=worker, job=jobs.generate_chunk)


@app.task(name=queue.SCREEN, bind=True)
def screen_task(self: Task[Any, Any], pk: int) -> None:
    from workers import jobs, runtime

    runtime.ready(runtime.screener)
    chunk_run(pk=pk, worker=str(self.request.hostname), job=jobs.screen_chunk)


@app.task(name=queue.CLUSTER, bind=True)
def cluster_task(self: Task[Any, Any], pk: int) -> None:
    from workers import clusters

    chunk_run(pk=pk, worker=str(self.request.hostname), job=clusters.cluster_chunk)


@app.task(name=queue.RESCREEN, bind=True)
def rescreen_task(self: Task[Any, Any], pk: int) -> None:
    from workers import rescreening, runtime

    runtime.ready(rescreening.noted_screener)
    lease = work_claim(model=Rescreen, pk=pk, worker=str(self.request.hostname))
    if lease is None:
        return
    try:
        rescreening.rescreen(lease, Rescreen.objects.select_related("brand").get(pk=pk))
    except WorkStopped as stopped:
        logger.info("rescreen %s: %s", pk, stopped)
    except Exception as failure:  # the border: whatever went wrong is recorded on the row
        logger.exception("rescreen %s failed", pk)
        lease_fail(lease, failure)


@app.task(name=queue.SCREEN_VERSION)
def screen_version_task() -> None:
    """Notice that this worker has a new screen, also while there is nothing to screen."""
    from workers import rescreening, runtime

    runtime.ready(rescreening.noted_screener)


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
