"""What every worker does beside its tasks: show that it lives and, embedded, sweep."""

from __future__ import annotations

import logging
import threading
from typing import Any

from celery import bootsteps
from django.conf import settings
from django.db import close_old_connections, connections
from django.db.utils import Error as DatabaseError

from adgen.queue import QUEUE_OF
from adgen.services.sweep import pulse, sweep

logger = logging.getLogger(__name__)

_PULSE_SECONDS = 5.0


class Heartbeat(bootsteps.StartStopStep):
    """A thread in the worker's parent process; it stops with the worker."""

    requires = ("celery.worker.components:Pool",)

    def __init__(self, worker: Any, **_: Any) -> None:
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self, worker: Any) -> None:
        self._thread = threading.Thread(target=self._run, args=(worker,), name="heartbeat", daemon=True)
        self._thread.start()

    def stop(self, worker: Any) -> None:
        self._stopped.set()
        if self._thread is not None:
            self._thread.join(timeout=5)

    def _run(self, worker: Any) -> None:
        queues = ",".join(sorted(worker.app.amqp.queues.consume_from))
        rounds_per_pulse = max(1, round(_PULSE_SECONDS / settings.ADGEN_SWEEP_SECONDS))
        rounds = 0
        while not self._stopped.is_set():
            try:
                close_old_connections()
                if rounds % rounds_per_pulse == 0:
                    pulse(worker=worker.hostname, queues=queues)
                if settings.ADGEN_EMBEDDED:
                    for task, pk in sweep():
                        worker.app.send_task(task, args=[pk], queue=QUEUE_OF[task])
            except DatabaseError:
                # The database may be restarting; the next round tries again.
                logger.warning("heartbeat: the database did not answer", exc_info=True)
                connections.close_all()
            rounds += 1
            self._stopped.wait(settings.ADGEN_SWEEP_SECONDS)
        connections.close_all()
