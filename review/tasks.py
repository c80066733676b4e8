"""The work that review gives to the workers: publishing edited lines that passed the screen, counting."""

from __future__ import annotations

from typing import Any

from celery import Task

from adgen import queue
from adgen.celery import app
from adgen.services.runs import chunk_run
from review.services.figures import figures_count
from review.services.publications import edit_publish


@app.task(name=queue.PUBLISH, bind=True)
def publish(self: Task[Any, Any], pk: int) -> None:
    """Publish the line of chunk `pk`, unless another worker has it."""
    chunk_run(pk=pk, worker=str(self.request.hostname), job=edit_publish)


@app.task(name=queue.COUNT)
def count() -> None:
    """Bring the dashboard's figures up to date."""
    figures_count()
