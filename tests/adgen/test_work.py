"""Leases: one worker at a time holds a piece of work, and one that lost it writes nothing."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django import Settings

from adgen.errors import CannotTrain, ModelUnavailable, StateConflict, WorkerFailure, WorkStopped
from adgen.models import Chunk, WorkState
from adgen.services.work import lease_fail, lease_finish, lease_renew, work_claim, work_retry
from tests.factories import ChunkFactory, old
from tests.work import at_once, claim, expire, state_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def chunk() -> Chunk:
    return ChunkFactory.create()


def test_a_claim_counts_the_attempt_and_moves_the_fence(chunk: Chunk) -> None:
    lease = claim(chunk, worker="gpu@one")
    chunk.refresh_from_db()
    assert (chunk.state, chunk.attempts, chunk.fence, chunk.worker) == ("running", 1, 1, "gpu@one")
    assert chunk.lease_expires_at is not None
    assert chunk.lease_expires_at > timezone.now()
    assert lease.rows().count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_many_workers_at_once_one_gets_the_claim(chunk: Chunk) -> None:
    leases = at_once(12, lambda number: work_claim(model=Chunk, pk=chunk.pk, worker=f"worker-{number}"))
    assert sum(lease is not None for lease in leases) == 1
    chunk.refresh_from_db()
    assert (chunk.attempts, chunk.fence) == (1, 1)


@pytest.mark.django_db(transaction=True)
def test_of_many_workers_at_once_one_takes_over_an_expired_lease(chunk: Chunk) -> None:
    claim(chunk)
    expire(chunk)
    leases = at_once(12, lambda number: work_claim(model=Chunk, pk=chunk.pk, worker=f"worker-{number}"))
    assert [lease.fence for lease in leases if lease] == [2]


def test_work_that_is_held_cannot_be_claimed(chunk: Chunk) -> None:
    claim(chunk, worker="first")
    assert work_claim(model=Chunk, pk=chunk.pk, worker="second") is None
    chunk.refresh_from_db()
    assert (chunk.worker, chunk.attempts) == ("first", 1)


@pytest.mark.parametrize("state", [WorkState.DONE, WorkState.DEAD, WorkState.CANCELLED])
def test_work_that_is_over_cannot_be_claimed(state: WorkState) -> None:
    chunk = ChunkFactory.create(state=state)
    assert work_claim(model=Chunk, pk=chunk.pk, worker="late") is None
    assert state_of(chunk) == state


def test_work_is_not_claimed_before_it_is_due() -> None:
    chunk = ChunkFactory.create(available_at=timezone.now() + timedelta(minutes=1))
    assert work_claim(model=Chunk, pk=chunk.pk, worker="early") is None
    Chunk.objects.update(available_at=old(1))
    claim(chunk)


def test_a_row_that_does_not_exist_is_nobodys_work() -> None:
    assert work_claim(model=Chunk, pk=1_000_000, worker="lost") is None


def test_renewal_extends_the_lease_and_writes_its_changes(chunk: Chunk) -> None:
    lease = claim(chunk)
    soon = timezone.now() + timedelta(seconds=1)
    Chunk.objects.update(lease_expires_at=soon)
    lease_renew(lease, shortfall=2)
    chunk.refresh_from_db()
    assert chunk.lease_expires_at is not None
    assert chunk.lease_expires_at > soon
    assert chunk.shortfall == 2


def test_an_overtaken_worker_changes_nothing(chunk: Chunk) -> None:
    stale = claim(chunk, worker="paused")
    expire(chunk)
    claim(chunk, worker="successor")
    before = Chunk.objects.values().get()
    with pytest.raises(WorkStopped):
        lease_renew(stale, shortfall=3)
    with pytest.raises(WorkStopped):
        lease_finish(stale)
    assert lease_fail(stale, RuntimeError("too late")) is None
    assert Chunk.objects.values().get() == before


def test_a_late_worker_that_nobody_overtook_goes_on(chunk: Chunk) -> None:
    lease = claim(chunk)
    expire(chunk)
    lease_renew(lease)
    assert work_claim(model=Chunk, pk=chunk.pk, worker="second") is None


def test_a_failure_is_tried_again_after_a_pause_that_doubles(chunk: Chunk) -> None:
    for attempt in (1, 2, 3):
        before = timezone.now()
        assert lease_fail(claim(chunk), RuntimeError(f"error {attempt}")) == WorkState.QUEUED
        chunk.refresh_from_db()
        pause = (chunk.available_at - before).total_seconds()
        assert 2 ** (attempt - 1) <= pause <= 3 * 2 ** (attempt - 1) + 1
        assert (chunk.attempts, chunk.error, chunk.lease_expires_at) == (attempt, f"error {attempt}", None)
        Chunk.objects.update(available_at=old(1))


def test_the_last_failure_buries_the_work(chunk: Chunk, settings: Settings) -> None:
    settings.ADGEN_MAX_ATTEMPTS = 2
    assert lease_fail(claim(chunk), RuntimeError("first")) == WorkState.QUEUED
    Chunk.objects.update(available_at=old(1))
    assert lease_fail(claim(chunk), RuntimeError("second")) == WorkState.DEAD
    chunk.refresh_from_db()
    assert (chunk.state, chunk.error) == ("dead", "second")
    assert chunk.finished_at is not None


def test_a_permanent_failure_buries_the_work_at_once(chunk: Chunk) -> None:
    assert lease_fail(claim(chunk), CannotTrain("too few lines")) == WorkState.DEAD
    assert state_of(chunk) == WorkState.DEAD


def test_deaths_of_the_worker_use_up_the_attempts(chunk: Chunk, settings: Settings) -> None:
    settings.ADGEN_MAX_ATTEMPTS = 3
    for _ in range(3):
        claim(chunk)
        expire(chunk)
    assert work_claim(model=Chunk, pk=chunk.pk, worker="fourth") is None


def test_waiting_for_a_model_uses_up_no_attempt(chunk: Chunk, settings: Settings) -> None:
    settings.ADGEN_MAX_ATTEMPTS = 2
    for fence in range(1, 6):
        lease = claim(chunk)
        assert lease_fail(lease, ModelUnavailable("no weights")) == WorkState.QUEUED
        chunk.refresh_from_db()
        assert (chunk.attempts, chunk.fence, chunk.error) == (0, fence, "no weights")
        assert chunk.available_at > timezone.now()
        Chunk.objects.update(available_at=old(1))


def test_an_error_without_words_is_named_by_its_type(chunk: Chunk) -> None:
    lease_fail(claim(chunk), WorkerFailure())
    chunk.refresh_from_db()
    assert chunk.error == "WorkerFailure"


def test_a_persons_retry_gives_dead_work_all_its_attempts(chunk: Chunk) -> None:
    Chunk.objects.update(state=WorkState.DEAD, attempts=4, error="boom", finished_at=timezone.now())
    work_retry(work=chunk)
    chunk.refresh_from_db()
    assert (chunk.state, chunk.attempts, chunk.error, chunk.finished_at) == ("queued", 0, "", None)
    claim(chunk)


@pytest.mark.parametrize("state", [s for s in WorkState if s != WorkState.DEAD])
def test_only_dead_work_can_be_retried(state: WorkState) -> None:
    chunk = ChunkFactory.create(state=state, attempts=1, error="kept")
    before = Chunk.objects.values().get()
    with pytest.raises(StateConflict, match="dead"):
        work_retry(work=chunk)
    assert Chunk.objects.values().get() == before
