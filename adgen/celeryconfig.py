"""Celery's settings, read by `adgen.celery`."""

from __future__ import annotations

from django.conf import settings

from adgen.queue import QUEUE_OF

broker_url = settings.REDIS_URL or "memory://"
broker_connection_retry_on_startup = True
if settings.ADGEN_EMBEDDED:
    # How often the worker looks for what its own sweeper has put into its memory, in seconds.
    broker_transport_options = {"polling_interval": 0.1}
else:
    broker_transport_options = {
        # Wake-ups may be lost or doubled without harm; this bounds how long a dead worker hides one.
        "visibility_timeout": 3600,
        # A request does not wait for a broker that is down: the sweeper sends the wake-up later.
        "max_retries": 0,
        "socket_connect_timeout": 2,
    }

imports = ("adgen.tasks", "review.tasks", "workers.tasks")
accept_content = ["json"]
task_ignore_result = True
task_default_queue = "io"
task_routes = {name: {"queue": queue} for name, queue in QUEUE_OF.items()}
# A lost message is republished by the sweeper, so nothing is gained by acknowledging late.
task_acks_late = False
worker_prefetch_multiplier = 1
worker_hijack_root_logger = False

beat_schedule = {
    "sweep": {
        "task": "adgen.sweep",
        "schedule": settings.ADGEN_SWEEP_SECONDS,
        "options": {"expires": 4 * settings.ADGEN_SWEEP_SECONDS},
    },
    "count": {
        "task": "review.count",
        "schedule": settings.ADGEN_COUNT_SECONDS,
        "options": {"expires": settings.ADGEN_COUNT_SECONDS},
    },
}
beat_schedule_filename = str(settings.ADGEN_VAR_DIR / "celerybeat-schedule")
