"""What every worker does beside its tasks: it shows that it lives, has its screen noticed and may sweep."""

from __future__ import annotations

import logging
import threading
from typing import Any

from celery import bootsteps
from django.conf import settings
from django.db import close_old_connections, connections
from django.db.utils import Error as DatabaseError
from kombu.exceptions import OperationalError as BrokerError

from adgen.queue import COUNT, QUEUE_OF, SCREEN_VERSION
from adgen.services.sweep import pulse, sweep

logger = logging.getLogger(__name__)

_PULSE_SECONDS = 5.0
# A worker that has lived so long says which screen it has, even if nobody gives it anything to screen. Not
# at once: loading the screen would keep the work waiting that the worker was started for.
_SCREEN_NOTICED_SECONDS = 20.0


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
        queues = sorted(worker.app.amqp.queues.consume_from)
        rounds_per_pulse = max(1, round(_PULSE_SECONDS / settings.ADGEN_SWEEP_SECONDS))
        rounds_per_count = max(1, round(settings.ADGEN_COUNT_SECONDS / settings.ADGEN_SWEEP_SECONDS))
        notice_round = round(_SCREEN_NOTICED_SECONDS / settings.ADGEN_SWEEP_SECONDS)
        rounds = 0
        while not self._stopped.is_set():
            try:
                close_old_connections()
                if rounds % rounds_per_pulse == 0:
                    pulse(worker=worker.hostname, queues=",".join(queues))
                if rounds == notice_round and QUEUE_OF[SCREEN_VERSION] in queues:
                    worker.app.send_task(SCREEN_VERSION, queue=QUEUE_OF[SCREEN_VERSION])
                if settings.ADGEN_EMBEDDED:
                    for task, pk in sweep():
                        worker.app.send_task(task, args=[pk], queue=QUEUE_OF[task])
                    if rounds % rounds_per_count == 0 and QUEUE_OF[COUNT] in queues:
                        worker.app.send_task(COUNT, queue=QUEUE_OF[COUNT])
            except DatabaseError:
                # The database may be restarting; the next round tries again.
                logger.warning("heartbeat: the database did not answer", exc_info=True)
                connections.close_all()
            except BrokerError:
                logger.warning("heartbeat: the broker did not answer", exc_info=True)
            rounds += 1
            self._stopped.wait(settings.ADGEN_SWEEP_SECONDS)
        connections.close_all()
