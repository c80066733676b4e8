"""Batches and training runs, live."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils.http import urlencode
from unfold.decorators import display

from adgen import queue
from adgen.admin.base import BrandFilter, BrandScopedAdmin, Done, PageAct, made_by
from adgen.models import Adapter, AdapterStatus, Batch, BatchState, Role, TrainingRun, WorkState
from adgen.selectors.batches import batch_progress
from adgen.selectors.workers import worker_alive
from adgen.services.batches import batch_cancel, batch_retry
from adgen.services.training import adapter_promote, training_run_cancel, training_run_retry

_STATE_COLOURS = {
    "queued": "info",
    "running": "info",
    "done": "success",
    "failed": "danger",
    "dead": "danger",
    "cancelled": "warning",
}


class LiveAdmin(BrandScopedAdmin):
    """Rows of work whose page refreshes its progress while the work is open."""

    change_form_outer_before_template = "adgen/admin/live.html"
    open_states: tuple[str, ...] = ()

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.progress_view)
        return [
            path("<int:pk>/progress/", view, name=self.url_name("progress")),
            *super().get_urls(),
        ]

    def progress_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The part of the page that changes."""
        row = self.get_object(request, str(pk))
        return render(request, "adgen/admin/_progress.html", self.page_context(request, row))

    def page_context(self, request: HttpRequest, row: Any) -> dict[str, Any]:
        is_open = row.state in self.open_states
        return {
            **self.progress(row),
            "state": row.get_state_display(),
            "is_open": is_open,
            "is_idle": is_open and not self.is_manned(row),
            "refresh_url": reverse(f"admin:{self.url_name('progress')}", args=[row.pk]),
            "page_url": self.page_url(row.pk),
        }

    def progress(self, row: Any) -> dict[str, Any]:
        """`percent`, `counts` (label, value) and `problems` of a row."""
        raise NotImplementedError

    def is_manned(self, row: Any) -> bool:
        """Whether a worker is there that could do the work."""
        raise NotImplementedError

    @display(description="state", label=_STATE_COLOURS, ordering="state")
    def state_shown(self, row: Any) -> str:
        return str(row.state)


def cancel_batch(user: User, batch: Batch) -> Done:
    batch_cancel(batch=batch)
    return Done("Cancelled. Lines that are written already are still screened.")


def retry_batch(user: User, batch: Batch) -> Done:
    count = batch_retry(batch=batch)
    return Done(f"{count} dead chunk{'s' if count > 1 else ''} will be tried again.")


@admin.register(Batch)
class BatchAdmin(LiveAdmin):
    acts = (
        PageAct(
            "retry",
            "Retry dead chunks",
            "refresh",
            retry_batch,
            (Role.MARKETER,),
            fits=lambda batch: batch.chunks.filter(state=WorkState.DEAD).exists(),
        ),
        PageAct(
            "cancel",
            "Cancel",
            "cancel",
            cancel_batch,
            (Role.MARKETER,),
            fits=lambda batch: batch.state in (BatchState.RUNNING, BatchState.FAILED),
            variant="danger",
        ),
    )
    open_states = (BatchState.RUNNING,)
    list_display = ["__str__", "brief", "state_shown", "requested", "brand", "created_at"]
    list_filter = [BrandFilter, "state"]
    search_fields = ["brief__product"]
    list_select_related = ["brief__campaign", "brand"]
    fields = ["brief", "adapter", "requested", "seed", made_by("requested_by"), "created_at", "finished_at"]

    def progress(self, row: Batch) -> dict[str, Any]:
        progress = batch_progress(row)
        variants = reverse("admin:adgen_variant_changelist")
        return {
            "percent": progress.percent,
            "counts": [
                ("asked for", progress.requested),
                ("candidates sampled", progress.sampled),
                ("written", progress.written),
                ("screened", progress.screened),
                ("blocked by the screen", progress.blocked),
                ("could not be written", progress.shortfall),
            ],
            "problems": progress.problems,
            "more_url": f"{variants}?{urlencode({'batch__id__exact': row.pk})}",
            "more_label": "See its lines",
        }

    def is_manned(self, row: Batch) -> bool:
        return worker_alive(queue.QUEUE_OF[queue.GENERATE]) and worker_alive(queue.QUEUE_OF[queue.SCREEN])


def cancel_run(user: User, run: TrainingRun) -> Done:
    training_run_cancel(run=run)
    return Done("The training is cancelled.")


def retry_run(user: User, run: TrainingRun) -> Done:
    training_run_retry(run=run)
    return Done("The training will be tried again.")


@admin.register(TrainingRun)
class TrainingRunAdmin(LiveAdmin):
    acts = (
        PageAct(
            "retry",
            "Retry",
            "refresh",
            retry_run,
            (Role.MANAGER,),
            fits=lambda run: run.state == WorkState.DEAD,
        ),
        PageAct(
            "cancel",
            "Cancel",
            "cancel",
            cancel_run,
            (Role.MANAGER,),
            fits=lambda run: run.state in (WorkState.QUEUED, WorkState.RUNNING),
            variant="danger",
        ),
    )
    open_states = (WorkState.QUEUED, WorkState.RUNNING)
    list_display = ["__str__", "brand", "state_shown", "examples", "created_at", "finished_at"]
    list_filter = [BrandFilter, "state"]
    list_select_related = ["brand"]
    fields = [
        *("brand", "examples", "base_model", "seed", "manifest_sha256"),
        *(made_by("requested_by"), "created_at", "finished_at"),
    ]

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).defer("manifest")

    def progress(self, row: TrainingRun) -> dict[str, Any]:
        percent = round(100 * row.step / row.steps) if row.steps else 0
        adapter = Adapter.objects.filter(training_run=row).first()
        return {
            "percent": 100 if row.state == WorkState.DONE else percent,
            "counts": [("step", f"{row.step} of {row.steps}" if row.steps else "-"), *metrics(row.metrics)],
            "note": row.progress_note,
            "problems": [row.error] if row.error else [],
            "more_url": reverse("admin:adgen_adapter_change", args=[adapter.pk]) if adapter else "",
            "more_label": "See its adapter",
        }

    def is_manned(self, row: TrainingRun) -> bool:
        return worker_alive(queue.QUEUE_OF[queue.TRAIN])


def metrics(values: dict[str, Any]) -> list[tuple[str, str]]:
    """Metrics as (label, value), fit to be read."""
    return [
        (name.replace("_", " "), f"{value:.4g}" if isinstance(value, float) else str(value))
        for name, value in values.items()
    ]


def promote(user: User, adapter: Adapter) -> Done:
    adapter_promote(adapter=adapter, by=user)
    return Done(f"{adapter.brand} writes with this adapter from its next batch on.")


@admin.register(Adapter)
class AdapterAdmin(BrandScopedAdmin):
    acts = (
        PageAct(
            "promote",
            "Make champion",
            "trophy",
            promote,
            (Role.MANAGER,),
            fits=lambda adapter: adapter.status != AdapterStatus.CHAMPION,
        ),
    )
    list_display = ["__str__", "brand", "status_shown", "base_model", "created_at", "promoted_at"]
    list_filter = [BrandFilter, "status"]
    list_select_related = ["brand"]
    fields = [
        *("brand", "status", "digest", "training_run", "metrics_shown", "gate_note"),
        *("base_model", "base_sha256", "created_at", "promoted_at"),
    ]
    readonly_fields = ["metrics_shown"]

    @display(
        description="status",
        label={"champion": "success", "challenger": "info", "retired": "warning"},
        ordering="status",
    )
    def status_shown(self, row: Adapter) -> str:
        return str(row.status)

    @admin.display(description="metrics")
    def metrics_shown(self, row: Adapter) -> str:
        return "\n".join(f"{name}: {value}" for name, value in metrics(row.metrics)) or "-"
