"""The jobs behind the tasks: rows to plain values, ML on those, results back through services."""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files.storage import storages
from django.db import connection

from adgen.channels import slot_format
from adgen.errors import WorkStopped
from adgen.models import Batch, Chunk, Exemplar, TrainingRun, Variant, VariantState
from adgen.selectors.briefs import brief_spec
from adgen.services.batches import chunk_generated, chunk_screened, chunk_variants, variant_write
from adgen.services.runs import chunk_run
from adgen.services.training import training_run_finish
from adgen.services.variants import screenings_write
from adgen.services.work import Lease, lease_renew
from adgen.spec import BrandSpec, BriefSpec, Example, FactSpec
from workers import runtime
from workers.adapters import store_adapter
from workers.engines.together import Seat, Together
from workers.generation import Generation, generate
from workers.rescreening import MINIBATCH, noted_screener
from workers.screen.screener import ScreenItem
from workers.train import TrainConfig, TrainProgress, train

# Between two looks at the lease; a cancelled batch stops within this and one step of the model.
_LOOK_SECONDS = 0.5
# Another worker may have written a line of ours in the meantime; then more are drafted.
_ROUNDS = 3
_PAST_ADS = 1000
_LONGEST_NOTE = 200


class _LeaseWatch:
    """Answers "should I stop?" from the lease, renewing it, at most every _LOOK_SECONDS.

    With each renewal it notes how far the generation is that it was told to `follow`.
    """

    def __init__(self, lease: Lease) -> None:
        self._lease = lease
        self._next = 0.0
        self._followed: Generation | None = None

    def follow(self, generation: Generation) -> None:
        self._followed = generation

    def __call__(self) -> bool:
        if time.monotonic() < self._next:
            return False
        self._next = time.monotonic() + _LOOK_SECONDS
        try:
            lease_renew(self._lease, **self._progress())
        except WorkStopped:
            return True
        return False

    def _progress(self) -> dict[str, int]:
        followed = self._followed
        return {"sampled": followed.sampled, "planned": followed.planned} if followed else {}


def generate_chunks(pks: Sequence[int], *, worker: str) -> None:
    """Work off several generate chunks that share minibatches, each under a lease of its own."""

    def write(seat: Seat, pk: int) -> None:
        try:
            chunk_run(pk=pk, worker=worker, job=partial(generate_chunk, seat=seat))
        finally:
            connection.close()  # that of this writer's thread

    Together(runtime.engine()).run([partial(write, pk=pk) for pk in pks])


def generate_chunk(lease: Lease, chunk: Chunk, seat: Seat | None = None) -> None:
    """Write the lines of `chunk` that are not there yet, one transaction a line."""
    batch, engine = chunk.batch, seat or runtime.engine()
    engine.use_adapter(runtime.adapter_folder(batch.adapter.digest) if batch.adapter else None)
    # An adapter has learnt the brand's voice from these lines, with prompts that had none.
    brief = brief_spec(batch.brief, exemplars=batch.adapter is None, as_of=batch.created_at)
    watch, reason = _LeaseWatch(lease), ""
    for _ in range(_ROUNDS):
        written = chunk_variants(chunk).count()
        if written == chunk.count:
            break
        generation = generate(
            engine,
            brief=brief,
            slot=chunk.slot,
            count=chunk.count - written,
            # A chunk that goes on after a kill draws other candidates than those it has used up.
            seed=batch.seed + chunk.start + written,
            taken=_taken(batch, chunk.slot),
            should_stop=watch,
        )
        watch.follow(generation)
        for draft in generation:
            variant_write(
                lease=lease,
                chunk=chunk,
                draft=draft,
                base_model=engine.base.name,
                base_sha256=engine.base.weights_sha256,
            )
        reason = generation.shortfall
        if reason:
            break
    else:
        reason = f"{chunk.slot}: other workers wrote the same lines again and again. Ask for fewer lines."
    chunk_generated(lease=lease, chunk=chunk, reason=reason)


def _taken(batch: Batch, slot: str) -> list[str]:
    """What no new line may repeat: those of the batch, and the brand's latest past ads."""
    written = Variant.objects.filter(batch=batch, slot=slot).values_list("text", flat=True)
    past = Exemplar.objects.filter(brand=batch.brand_id, slot=slot).order_by("-id")
    return [*written, *past.values_list("text", flat=True)[:_PAST_ADS]]


def screen_chunk(lease: Lease, chunk: Chunk) -> None:
    """Screen the variants of `chunk` that have no verdict yet. What fails stays out of the queue."""
    brief, slot, screener = brief_spec(chunk.batch.brief), slot_format(chunk.slot), noted_screener()
    waiting = list(chunk_variants(chunk).filter(state=VariantState.UNSCREENED).select_related("batch"))
    for first in range(0, len(waiting), MINIBATCH):
        variants = waiting[first : first + MINIBATCH]
        results = screener.screen([ScreenItem(variant.text, brief, slot) for variant in variants])
        screenings_write(lease=lease, results=list(zip(variants, results, strict=True)))
    chunk_screened(lease=lease, chunk=chunk)


def train_run(lease: Lease, run: TrainingRun) -> None:
    """Train an adapter on the run's frozen manifest and hand it to the gate."""
    base = runtime.base_model()
    # A copy of the base with an adapter in it would lie in memory beside the training's own.
    runtime.engine().use_adapter(None)

    def report(progress: TrainProgress) -> None:
        note = f"epoch {progress.epoch}, held-out loss {progress.heldout_loss:.3f}"
        lease_renew(lease, step=progress.step, steps=progress.steps, progress_note=note)

    with tempfile.TemporaryDirectory(prefix="adgen-training-") as folder:
        result = train(
            base,
            examples=[_example(row) for row in json.loads(run.manifest)],
            config=TrainConfig(**{**run.recipe, "seed": run.seed}),
            out_dir=Path(folder) / "adapter",
            log_dir=settings.ADGEN_VAR_DIR / "tensorboard" / f"training-run-{run.pk}-{lease.fence}",
            on_step=report,
            should_stop=_LeaseWatch(lease),
        )
        if result.notes:
            lease_renew(lease, progress_note=" ".join(result.notes)[:_LONGEST_NOTE])
        digest = store_adapter(storages["adapters"], result.folder)
    training_run_finish(
        lease=lease, digest=digest, base_sha256=base.weights_sha256, metrics=asdict(result.metrics)
    )


def _example(row: Mapping[str, Any]) -> Example:
    """An example as `training_run_request` froze it."""
    brief = dict(row["brief"])
    brand = dict(brief.pop("brand"))
    facts = tuple(_fact(fact) for fact in brand.pop("facts", ()))
    spec = BrandSpec(**{name: _frozen(value) for name, value in brand.items()}, facts=facts)
    fields = {name: _frozen(value) for name, value in brief.items()}
    return Example(**{**row, "brief": BriefSpec(brand=spec, **fields)})


def _fact(row: Mapping[str, Any]) -> FactSpec:
    day = row["expires_on"]
    return FactSpec(**{**row, "expires_on": date.fromisoformat(day) if day else None})


def _frozen(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
