"""Screening a brand's lines again, live."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.auth.models import User

from adgen import queue
from adgen.admin.base import BrandFilter, Done, PageAct, made_by
from adgen.admin.work import LiveAdmin
from adgen.models import Rescreen, Role, WorkState
from adgen.selectors.workers import worker_alive
from adgen.services.rescreens import rescreen_cancel, rescreen_retry

_OPEN = (WorkState.QUEUED, WorkState.RUNNING)


def cancel(user: User, rescreen: Rescreen) -> Done:
    rescreen_cancel(rescreen=rescreen)
    return Done("Cancelled. Lines that were screened keep their new verdict.")


def retry(user: User, rescreen: Rescreen) -> Done:
    rescreen_retry(rescreen=rescreen)
    return Done("It goes on where it stopped.")


@admin.register(Rescreen)
class RescreenAdmin(LiveAdmin):
    acts = (
        PageAct(
            "retry",
            "Retry",
            "refresh",
            retry,
            (Role.MANAGER,),
            fits=lambda rescreen: rescreen.state == WorkState.DEAD,
        ),
        PageAct(
            "cancel",
            "Cancel",
            "cancel",
            cancel,
            (Role.MANAGER,),
            fits=lambda rescreen: rescreen.state in _OPEN,
            variant="danger",
        ),
    )
    open_states = _OPEN
    list_display = [
        "__str__",
        "brand",
        "reason",
        "state_shown",
        "screened",
        "blocked",
        "listed",
        "created_at",
    ]
    list_filter = [BrandFilter, "state", "reason"]
    list_select_related = ["brand"]
    fields = ["brand", "reason", "version", made_by("requested_by"), "created_at", "finished_at"]

    def progress(self, row: Rescreen) -> dict[str, Any]:
        percent = round(100 * row.screened / row.lines) if row.lines else 0
        return {
            "percent": 100 if row.state == WorkState.DONE else min(99, percent),
            "counts": [
                ("lines", row.lines or "-"),
                ("screened again", row.screened),
                ("left the queue", row.blocked),
                ("approved, to look at again", row.listed),
            ],
            "problems": [row.error] if row.error else [],
        }

    def is_manned(self, row: Rescreen) -> bool:
        return worker_alive(queue.QUEUE_OF[queue.RESCREEN])
