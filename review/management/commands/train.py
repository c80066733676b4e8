"""`manage.py train`: ask for a training of a brand's adapter and, if wanted, wait for its end."""

from __future__ import annotations

import json
import time
from argparse import ArgumentParser
from collections.abc import Mapping
from subprocess import Popen
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from adgen.errors import DomainError
from adgen.models import Adapter, Brand, TrainingRun, WorkState
from adgen.processes import log_path, running, terminate_as_interrupt, worker_command
from adgen.queue import QUEUE_OF, TRAIN
from adgen.selectors.workers import worker_alive
from review.services.training import training_request

_POLL_SECONDS = 0.5
_LOG = "train-worker"


class Command(BaseCommand):
    help = "Train a brand's adapter on its exemplars and approved lines; prints JSON on stdout."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--brand", required=True, help="The brand's slug.")
        parser.add_argument(
            "--wait",
            action="store_true",
            help="Follow the training to its end, with a worker of its own where none is running.",
        )

    def handle(self, *args: Any, brand: str, wait: bool, **options: Any) -> None:
        owner = Brand.objects.filter(slug=brand).first()
        if owner is None:
            known = ", ".join(Brand.objects.values_list("slug", flat=True)) or "none"
            raise CommandError(f"No brand {brand!r}. Known: {known}.")
        try:
            run = training_request(brand=owner, requested_by=None)
        except DomainError as refusal:
            raise CommandError(refusal.detail) from None
        if wait:
            self._follow(run)
        self.stdout.write(json.dumps(_report(run), ensure_ascii=False))
        if run.state in {WorkState.DEAD, WorkState.CANCELLED}:
            raise CommandError(f"The training ended {run.state}. {run.error}".strip())

    def _follow(self, run: TrainingRun) -> None:
        """Show progress until the run has ended; refreshes `run`."""
        queue = QUEUE_OF[TRAIN]
        own = {} if worker_alive(queue) else {_LOG: worker_command(queues=[queue])}
        try:
            with terminate_as_interrupt(), running(own) as children, tqdm(desc="Train", unit="step") as bar:
                while run.state in {WorkState.QUEUED, WorkState.RUNNING}:
                    time.sleep(_POLL_SECONDS)
                    _check(children)
                    run.refresh_from_db()
                    bar.total, bar.n = run.steps or None, run.step
                    bar.set_postfix_str(run.progress_note or run.error or "waiting for a worker")
        except KeyboardInterrupt:
            raise CommandError(
                f"Stopped waiting; training run {run.pk} goes on once a worker runs."
            ) from None


def _check(children: Mapping[str, Popen[bytes]]) -> None:
    for name, child in children.items():
        if child.poll() is not None:
            raise CommandError(f"The worker stopped by itself; its log is {log_path(name)}.")


def _report(run: TrainingRun) -> dict[str, Any]:
    adapter = Adapter.objects.filter(training_run=run).first()
    return {
        "training_run": run.pk,
        "state": run.state,
        "examples": run.examples,
        "manifest_sha256": run.manifest_sha256,
        "adapter": adapter.digest if adapter else None,
        "status": adapter.status if adapter else None,
        "gate_note": adapter.gate_note if adapter else None,
        "metrics": run.metrics,
        "error": run.error,
    }
