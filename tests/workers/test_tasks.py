"""The tasks with real rows: what a worker does with work that it can and cannot do."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.utils import timezone
from pytest_django import Settings

from adgen.errors import ModelUnavailable
from adgen.models import Brand, Chunk, ChunkKind, TrainingRun, Variant, WorkState
from adgen.services.training import training_run_request
from tests.factories import ChunkFactory, VariantFactory
from tests.fakes import save_adapter
from tests.work import claim, examples
from workers import runtime
from workers.engines.transformers import TransformersEngine
from workers.tasks import generate_task, screen_task, train_task

pytestmark = pytest.mark.django_db


@pytest.fixture
def no_models(settings: Settings, tmp_path: Path) -> None:
    """A worker that has loaded nothing yet and whose models are nowhere."""
    settings.ADGEN_BASE_MODEL = settings.ADGEN_SCREEN_MODEL = str(tmp_path / "nowhere")
    for loaded in (runtime.base_model, runtime.engine, runtime.screener):
        loaded.cache_clear()


@pytest.mark.usefixtures("no_models")
def test_a_missing_base_model_makes_the_chunk_wait_visibly_and_loses_no_attempt() -> None:
    chunk = ChunkFactory.create()
    generate_task.apply(args=(chunk.pk,))
    chunk.refresh_from_db()
    assert (chunk.state, chunk.attempts) == (WorkState.QUEUED, 0)
    assert chunk.available_at > timezone.now()
    assert "nowhere" in chunk.error


@pytest.mark.usefixtures("no_models")
def test_a_missing_screen_keeps_lines_out_of_the_queue() -> None:
    line = VariantFactory.create(index=0)
    chunk = ChunkFactory.create(batch=line.batch, kind=ChunkKind.SCREEN, start=0, count=1)
    screen_task.apply(args=(chunk.pk,))
    chunk.refresh_from_db()
    line.refresh_from_db()
    assert (chunk.state, chunk.attempts, line.state) == (WorkState.QUEUED, 0, "unscreened")
    assert chunk.error


@pytest.mark.usefixtures("no_models")
def test_a_training_waits_for_its_base_model(brand: Brand) -> None:
    run = training_run_request(brand=brand, examples=examples(12), requested_by=None)
    train_task.apply(args=(run.pk,))
    run.refresh_from_db()
    assert (run.state, run.attempts) == (WorkState.QUEUED, 0)
    assert "nowhere" in run.error


def test_an_unexpected_error_is_recorded_and_tried_again(brand: Brand) -> None:
    run = training_run_request(
        brand=brand, examples=examples(12), requested_by=None, recipe={"no such parameter": 1}
    )
    train_task.apply(args=(run.pk,))
    run.refresh_from_db()
    assert (run.state, run.attempts) == (WorkState.QUEUED, 1)
    assert "no such parameter" in run.error


def test_a_training_stores_its_adapter_says_what_it_left_out_and_keeps_no_copy(
    brand: Brand, settings: Settings, tmp_path: Path
) -> None:
    settings.ADGEN_VAR_DIR = tmp_path
    adapters = settings.STORAGES["adapters"] | {"OPTIONS": {"location": str(tmp_path / "adapters")}}
    settings.STORAGES = settings.STORAGES | {"adapters": adapters}
    base, engine = runtime.base_model(), runtime.engine()
    assert isinstance(engine, TransformersEngine)
    engine.use_adapter(save_adapter(base, tmp_path / "champion"))
    run = training_run_request(
        brand=brand,
        examples=[*examples(12), *examples(2)],
        requested_by=None,
        recipe={"epochs": 1, "minibatch": 12},
    )
    train_task.apply(args=(run.pk,))
    run.refresh_from_db()
    assert run.state == WorkState.DONE, run.error
    assert run.progress_note == "2 repeated lines were left out."
    assert (tmp_path / "adapters" / "adapters" / run.adapter.digest).is_dir()
    assert engine.model() is base.model
    assert {path.name for path in tmp_path.iterdir()} == {"adapters", "champion", "tensorboard"}


def test_a_wake_up_for_work_that_is_held_does_nothing() -> None:
    chunk = ChunkFactory.create()
    claim(chunk, worker="first")
    generate_task.apply(args=(chunk.pk,))
    chunk.refresh_from_db()
    assert (chunk.worker, chunk.fence) == ("first", 1)
    assert not Variant.objects.exists()


def test_a_wake_up_for_a_row_that_is_gone_does_nothing() -> None:
    assert generate_task.apply(args=(1_000_000,)).successful()
    assert train_task.apply(args=(1_000_000,)).successful()
    assert not Chunk.objects.exists()
    assert not TrainingRun.objects.exists()


def test_what_cannot_be_loaded_ahead_is_left_to_the_job() -> None:
    def load() -> None:
        raise ModelUnavailable("no weights")

    runtime.ready(load)
