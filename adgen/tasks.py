"""The sweeper as a task: beat calls it in production. Embedded, it runs inside the worker instead."""

from __future__ import annotations

from adgen import queue
from adgen.celery import app
from adgen.services.sweep import sweep


@app.task(name=queue.SWEEP)
def sweep_task() -> None:
    for task, pk in sweep():
        queue.wake(task, pk)
