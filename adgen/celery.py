"""The Celery application. Messages are wake-ups; the database is the truth."""

from __future__ import annotations

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "adgen.settings")

app = Celery("adgen")
app.config_from_object("adgen.celeryconfig")
app.steps["worker"].add("adgen.heartbeat:Heartbeat")
