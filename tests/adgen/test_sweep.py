"""The sweeper: wakes workers for work that nobody does, and buries what cannot be done."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from adgen import queue
from adgen.models import Batch, BatchState, Brief, Chunk, ChunkKind, TrainingRun, WorkerPulse, WorkState
from adgen.services.batches import batch_request
from adgen.services.sweep import pulse, sweep
from tests.factories import BatchFactory, BrandFactory, ChunkFactory, TrainingRunFactory, old
from tests.work import claim, expire, state_of

pytestmark = pytest.mark.django_db


def test_each_kind_of_work_is_published_under_its_own_task() -> None:
    rows = {
        queue.GENERATE: ChunkFactory.create(kind=ChunkKind.GENERATE),
        queue.SCREEN: ChunkFactory.create(kind=ChunkKind.SCREEN),
        queue.PUBLISH: ChunkFactory.create(kind=ChunkKind.PUBLISH),
        queue.CLUSTER: ChunkFactory.create(kind=ChunkKind.CLUSTER),
        queue.TRAIN: TrainingRunFactory.create(state=WorkState.QUEUED),
    }
    assert dict(sweep()) == {task: row.pk for task, row in rows.items()}


def test_work_is_published_once_an_interval(settings: Settings) -> None:
    chunk = ChunkFactory.create()
    assert sweep() == [(queue.GENERATE, chunk.pk)]
    assert sweep() == []
    Chunk.objects.update(published_at=old(settings.ADGEN_REPUBLISH_SECONDS + 1))
    assert sweep() == [(queue.GENERATE, chunk.pk)]


def test_work_that_is_held_is_left_alone_until_its_lease_runs_out(settings: Settings) -> None:
    chunk = ChunkFactory.create()
    claim(chunk)
    assert sweep() == []
    expire(chunk)
    assert sweep() == [(queue.GENERATE, chunk.pk)]


@pytest.mark.parametrize("state", [WorkState.DONE, WorkState.DEAD, WorkState.CANCELLED])
def test_work_that_is_over_is_left_alone(state: WorkState) -> None:
    ChunkFactory.create(state=state)
    assert sweep() == []


def test_work_that_is_not_due_is_left_alone() -> None:
    ChunkFactory.create(available_at=timezone.now() + timedelta(minutes=1))
    assert sweep() == []


def test_the_oldest_work_is_published_first_and_only_so_much_ahead() -> None:
    chunks = ChunkFactory.create_batch(20, batch=BatchFactory.create())
    assert [pk for _, pk in sweep()] == [chunk.pk for chunk in chunks[:16]]
    assert sweep() == []
    for chunk in chunks[:3]:
        claim(chunk)
    assert [pk for _, pk in sweep()] == [chunk.pk for chunk in chunks[16:19]]


def test_work_that_waits_for_a_model_does_not_stand_in_the_way() -> None:
    batch = BatchFactory.create()
    later = timezone.now() + timedelta(minutes=1)
    ChunkFactory.create_batch(16, batch=batch, available_at=later, published_at=timezone.now())
    ready = ChunkFactory.create(batch=batch)
    assert sweep() == [(queue.GENERATE, ready.pk)]


def test_embedded_new_work_is_found_by_the_next_sweep(brief: Brief, settings: Settings) -> None:
    settings.ADGEN_EMBEDDED = True
    batch_request(brief=brief, requested_by=None)
    assert len(sweep()) == 1


def test_in_production_new_work_is_not_published_twice(brief: Brief, settings: Settings) -> None:
    # Its own wake-up goes out on commit, which never comes in this test.
    settings.ADGEN_EMBEDDED = False
    batch_request(brief=brief, requested_by=None)
    assert sweep() == []
    Chunk.objects.update(published_at=old(settings.ADGEN_REPUBLISH_SECONDS + 1))
    assert len(sweep()) == 1


def test_work_that_killed_its_last_worker_is_buried_and_fails_its_batch(settings: Settings) -> None:
    settings.ADGEN_MAX_ATTEMPTS = 2
    chunk = ChunkFactory.create()
    for _ in range(2):
        claim(chunk)
        expire(chunk)
    assert sweep() == []
    chunk.refresh_from_db()
    assert (chunk.state, chunk.error) == ("dead", "The worker died at the last of 2 attempts.")
    assert Batch.objects.get().state == BatchState.FAILED


def test_a_training_that_killed_its_last_worker_is_buried(settings: Settings) -> None:
    settings.ADGEN_MAX_ATTEMPTS = 1
    run = TrainingRunFactory.create(state=WorkState.QUEUED)
    claim(run)
    expire(run)
    assert sweep() == []
    assert state_of(run) == WorkState.DEAD


def test_the_last_attempt_is_not_buried_while_its_lease_lasts(settings: Settings) -> None:
    settings.ADGEN_MAX_ATTEMPTS = 1
    chunk = ChunkFactory.create()
    claim(chunk)
    assert sweep() == []
    assert state_of(chunk) == WorkState.RUNNING


def test_a_sweep_costs_the_same_however_much_is_over(
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    ChunkFactory.create_batch(30, batch=BatchFactory.create(), state=WorkState.DONE)
    TrainingRunFactory.create_batch(3, brand=BrandFactory.create())
    with django_assert_max_num_queries(17):
        assert sweep() == []
    assert TrainingRun.objects.count() == 3


def test_a_worker_shows_that_it_lives_and_the_long_gone_are_forgotten() -> None:
    pulse(worker="gpu@one", queues="gpu.generate,gpu.train")
    WorkerPulse.objects.create(name="cpu@old", queues="io", seen_at=old(2 * 24 * 3600))
    pulse(worker="gpu@one", queues="gpu.generate")
    worker = WorkerPulse.objects.get()
    assert (worker.name, worker.queues) == ("gpu@one", "gpu.generate")
