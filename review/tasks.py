"""The work that review gives to the workers: publishing an edited line once it has passed the screen."""

from __future__ import annotations

import logging
from typing import Any

from adgen import queue
from adgen.celery import app
from adgen.errors import WorkStopped
from adgen.models import Chunk
from adgen.services.batches import chunk_fail
from adgen.services.work import work_claim
from review.services.publications import edit_publish

logger = logging.getLogger("adgen.publish")


@app.task(name=queue.PUBLISH, bind=True)
def publish(task: Any, pk: int) -> None:
    """Publish the line of chunk `pk`, unless another worker has it; a failure goes to the chunk's row."""
    lease = work_claim(model=Chunk, pk=pk, worker=task.request.hostname or "here")
    if lease is None:
        return
    chunk = Chunk.objects.select_related("batch").get(pk=pk)
    try:
        edit_publish(lease=lease, chunk=chunk)
    except WorkStopped:
        logger.info("%s: another worker took it over", chunk)
    except Exception as failure:
        logger.exception("%s failed", chunk)
        chunk_fail(lease=lease, chunk=chunk, failure=failure)
