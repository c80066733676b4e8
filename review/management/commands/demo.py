"""`manage.py demo`: from an empty database to a full review queue, and then the dashboard."""

from __future__ import annotations

import time
from argparse import ArgumentParser
from subprocess import Popen
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from adgen.management.commands.serve import add_port
from adgen.models import Batch, BatchState, TrainingRun, Variant, VariantState, WorkState
from adgen.processes import log_path, running, terminate_as_interrupt, worker_command
from adgen.selectors.adapters import champion_of
from adgen.selectors.batches import batch_progress
from adgen.services.batches import batch_request
from review.demo.seed import Demo, demo_seed
from review.services.training import training_request

_POLL_SECONDS = 0.3
_BAR = "{desc:<20}{percentage:3.0f}%|{bar:30}| {n_fmt}/{total_fmt} [{elapsed}] {postfix}"


class Command(BaseCommand):
    help = "Set up a demo brand, fine-tune, generate, screen, fill the review queue, then serve."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--once", action="store_true", help="Exit when the queue is filled.")
        add_port(parser)

    def handle(self, *args: Any, once: bool, port: int, **options: Any) -> None:
        call_command("migrate", verbosity=0)
        demo = demo_seed()
        self.stderr.write(f"Brand {demo.brand}: {demo.brand.exemplars.count()} exemplars, 2 briefs.")
        try:
            with terminate_as_interrupt(), running({"worker": worker_command()}) as children:
                self._train(demo, children["worker"])
                self._generate(demo, children["worker"])
        except KeyboardInterrupt:
            raise CommandError("Stopped. Run it again to go on where it stopped.") from None
        self._report(demo)
        if not once:
            for name, password in demo.logins.items():
                self.stderr.write(f"  {name:<15} {password}")
            call_command("serve", port=port)

    def _train(self, demo: Demo, worker: Popen[bytes]) -> None:
        """Fine-tune the brand's adapter, unless an earlier demo has done so."""
        if champion_of(demo.brand):
            return
        run = TrainingRun.objects.filter(
            brand=demo.brand, state__in=[WorkState.QUEUED, WorkState.RUNNING]
        ).first() or training_request(brand=demo.brand, requested_by=demo.manager)
        with tqdm(desc="Fine-tune", total=1, bar_format=_BAR) as bar:
            while run.state in {WorkState.QUEUED, WorkState.RUNNING}:
                self._wait(worker)
                run.refresh_from_db()
                bar.total = run.steps or bar.total
                bar.n = run.step
                bar.set_postfix_str(run.progress_note or run.error or "loading the model")
        if run.state != WorkState.DONE:
            raise CommandError(f"The training ended {run.state}: {run.error}")
        self.stderr.write(f"Adapter {run.adapter.digest[:12]}: {run.adapter.gate_note}.")

    def _generate(self, demo: Demo, worker: Popen[bytes]) -> None:
        """One batch a brief, followed until the last line is screened."""
        for brief in demo.briefs:
            if not brief.batches.exists():
                batch_request(brief=brief, requested_by=demo.manager)
        batches = list(Batch.objects.filter(brief__in=demo.briefs))
        total = sum(batch.requested for batch in batches)
        with tqdm(desc="Generate and screen", total=total, bar_format=_BAR) as bar:
            while True:
                progress = [batch_progress(batch) for batch in batches]
                bar.n = sum(step.screened + step.shortfall for step in progress)
                bar.refresh()
                if not Batch.objects.filter(
                    pk__in=[b.pk for b in batches], state=BatchState.RUNNING
                ).exists():
                    break
                self._wait(worker)
        for step in progress:
            for problem in step.problems:
                self.stderr.write(problem)

    def _report(self, demo: Demo) -> None:
        queue = Variant.objects.filter(brand=demo.brand, state=VariantState.PENDING).count()
        screened = Variant.objects.filter(brand=demo.brand, screenings__isnull=False).distinct().count()
        self.stdout.write(f"{screened} variants screened, {queue} in the review queue of {demo.brand}.")

    def _wait(self, worker: Popen[bytes]) -> None:
        time.sleep(_POLL_SECONDS)
        if worker.poll() is not None:
            raise CommandError(f"The worker stopped by itself; its log is {log_path('worker')}.")
