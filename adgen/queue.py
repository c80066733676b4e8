"""Task names and queues. The web side knows the workers by these names only."""

from __future__ import annotations

import logging

from django.conf import settings
from kombu.exceptions import OperationalError

GENERATE = "workers.generate"
SCREEN = "workers.screen"
RESCREEN = "workers.rescreen"
SCREEN_VERSION = "workers.screen_version"
CLUSTER = "workers.cluster"
TRAIN = "workers.train"
PUBLISH = "review.publish"
COUNT = "review.count"
SWEEP = "adgen.sweep"

QUEUE_OF = {
    GENERATE: "gpu.generate",
    TRAIN: "gpu.train",
    SCREEN: "cpu.screen",
    RESCREEN: "cpu.screen",
    SCREEN_VERSION: "cpu.screen",
    CLUSTER: "cpu.screen",
    PUBLISH: "io",
    COUNT: "io",
    SWEEP: "io",
}

logger = logging.getLogger(__name__)


def wake(task: str, *pks: int) -> None:
    """Tell the workers that the rows `pks` may be worth claiming. Call it on commit.

    Embedded, the broker lives inside the worker and its sweeper finds the rows; a broker that is down
    delays them until the sweeper republishes them. So this never fails.
    """
    if settings.ADGEN_EMBEDDED:
        return
    from adgen.celery import app

    try:
        for pk in pks:
            app.send_task(task, args=[pk], queue=QUEUE_OF[task], retry=False)
    except OperationalError as error:
        logger.warning("no wake-up for %s %s, the sweeper will send it: %s", task, pk, error)
