"""A chunk as a worker writes it: ranked lines with their quality, progress while it samples, cancelling."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from adgen.models import Batch, Brief, Chunk, ChunkKind, Variant, WorkState
from adgen.selectors.batches import BatchProgress, batch_progress
from adgen.services.batches import batch_cancel, batch_request
from tests.factories import ExemplarFactory
from tests.work import chunks_of
from workers import jobs, runtime
from workers.engines import Sample
from workers.engines.transformers import TransformersEngine
from workers.tasks import generate_task

pytestmark = pytest.mark.django_db
SLOTS = {"google_rsa.headline": 12}


@pytest.fixture
def batch(brief: Brief) -> Batch:
    return batch_request(brief=brief, requested_by=None, counts=SLOTS, seed=5)


@pytest.fixture
def between_minibatches(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], None]], None]:
    """Lets a test look, or act, each time the worker's engine has sampled a minibatch."""

    def watch(look: Callable[[], None]) -> None:
        class Watched(TransformersEngine):
            def sample(self, *args: Any, **options: Any) -> list[Sample]:
                samples = super().sample(*args, **options)
                look()
                return samples

        engine = Watched(runtime.base_model(), minibatch=8)
        monkeypatch.setattr(runtime, "engine", lambda: engine)
        monkeypatch.setattr(jobs, "_LOOK_SECONDS", 0.0)

    return watch


def run(batch: Batch) -> Chunk:
    """Work off the batch's only generate chunk."""
    (chunk,) = chunks_of(batch.pk, ChunkKind.GENERATE)
    generate_task.apply(args=(chunk.pk,))
    chunk.refresh_from_db()
    return chunk


def test_lines_are_stored_best_first_with_their_quality(batch: Batch) -> None:
    chunk = run(batch)
    assert (chunk.state, chunk.shortfall, chunk.error) == (WorkState.DONE, 0, "")
    lines = list(Variant.objects.filter(batch=batch).order_by("index"))
    assert [line.index for line in lines] == list(range(12))
    assert all(line.quality is not None for line in lines)
    # The first owes more to the brief than most; unlikeness and angles then have their say.
    assert sum(line.quality < lines[0].quality for line in lines) > 6  # type: ignore[operator]
    assert len({line.angle for line in lines}) >= 3


def test_past_ads_are_not_written_again(brief: Brief, batch: Batch) -> None:
    run(batch)
    first = Variant.objects.filter(batch=batch)
    for line in first:
        ExemplarFactory.create(brand=brief.brand, slot=line.slot, text=line.text)
    again = batch_request(brief=brief, requested_by=None, counts=SLOTS, seed=batch.seed)
    run(again)
    assert not Variant.objects.filter(batch=again, text__in=first.values("text")).exists()


def test_a_batch_progresses_while_its_only_chunk_is_sampled(
    batch: Batch, between_minibatches: Callable[[Callable[[], None]], None]
) -> None:
    seen: list[BatchProgress] = []
    between_minibatches(lambda: seen.append(batch_progress(batch)))
    chunk = run(batch)
    assert len(seen) >= 3
    assert all(progress.written == 0 for progress in seen)
    sampled = [progress.sampled for progress in seen]
    assert sampled == sorted(sampled)
    assert len(set(sampled)) == len(sampled)
    assert 0 < seen[-1].percent <= 50
    assert chunk.planned >= chunk.sampled > 8


def test_a_cancelled_batch_stops_in_the_middle_of_a_chunk(
    batch: Batch, between_minibatches: Callable[[Callable[[], None]], None]
) -> None:
    asked: list[None] = []

    def cancel() -> None:
        asked.append(None)
        batch_cancel(batch=batch)

    between_minibatches(cancel)
    chunk = run(batch)
    assert len(asked) == 1
    assert chunk.state == WorkState.CANCELLED
    assert not Variant.objects.exists()
