"""Leases: how a worker takes a piece of work, keeps it, and hands it back.

A worker that lost its lease (killed, paused, cancelled, overtaken) writes nothing more: every write of
its work starts with `lease_renew` in the same transaction, and that fails when the fence has moved on.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import models, transaction
from django.db.models import F, Q
from django.utils import timezone

from adgen.errors import StateConflict, WorkerFailure, WorkStopped
from adgen.models import LeasedWork, WorkState

_BACKOFF_SECONDS = 2.0
_WAIT_SECONDS = 10.0


@dataclass(frozen=True)
class Lease:
    """The right to write the results of one row, until it expires or the fence moves on."""

    model: type[LeasedWork]
    pk: int
    fence: int

    def rows(self) -> models.QuerySet[LeasedWork]:
        """The row, if this lease still holds it."""
        return self.model._default_manager.filter(pk=self.pk, fence=self.fence, state=WorkState.RUNNING)


def claimable() -> Q:
    """Work that nobody holds: queued and due, or running under a lease that ran out."""
    now = timezone.now()
    free = Q(state=WorkState.QUEUED, available_at__lte=now) | Q(
        state=WorkState.RUNNING, lease_expires_at__lt=now
    )
    return free & Q(attempts__lt=settings.ADGEN_MAX_ATTEMPTS)


def work_claim(*, model: type[LeasedWork], pk: int, worker: str) -> Lease | None:
    """Take row `pk` if nobody holds it. Counts the attempt before the work starts, so that work which
    kills its worker cannot be tried for ever."""
    with transaction.atomic():
        taken = model._default_manager.filter(claimable(), pk=pk).update(
            state=WorkState.RUNNING,
            attempts=F("attempts") + 1,
            fence=F("fence") + 1,
            worker=worker,
            lease_expires_at=_lease_end(),
            error="",
        )
        if not taken:
            return None
        return Lease(model, pk, model._default_manager.values_list("fence", flat=True).get(pk=pk))


def lease_renew(lease: Lease, **changes: object) -> None:
    """Extend the lease and write `changes` to its row; raises WorkStopped where the lease is gone.

    Call it first in each transaction that writes results: on Postgres it locks the row, so a later
    claim waits for the commit.
    """
    if not lease.rows().update(lease_expires_at=_lease_end(), **changes):
        raise WorkStopped(f"{lease.model.__name__} {lease.pk}: the lease is gone")


def lease_finish(lease: Lease, **changes: object) -> None:
    """Mark the work done."""
    now = timezone.now()
    if not lease.rows().update(state=WorkState.DONE, finished_at=now, error="", **changes):
        raise WorkStopped(f"{lease.model.__name__} {lease.pk}: the lease is gone")


def lease_release(lease: Lease) -> None:
    """Hand back work that is not over and with which nothing is wrong, so that other work has its turn."""
    released = lease.rows().update(
        state=WorkState.QUEUED,
        attempts=0,
        lease_expires_at=None,
        available_at=timezone.now(),
        published_at=first_published_at(),
    )
    if not released:
        raise WorkStopped(f"{lease.model.__name__} {lease.pk}: the lease is gone")


def lease_fail(lease: Lease, failure: Exception) -> WorkState | None:
    """Hand the work back after `failure`; returns its new state, or None where the lease was gone.

    It is tried again after a pause that doubles, at once `dead` when permanent or out of attempts.
    A failure that only waits for something (missing weights) does not use up an attempt.
    """
    now = timezone.now()
    error = f"{failure}"[:1000] or type(failure).__name__
    attempts = lease.rows().values_list("attempts", flat=True).first()
    if attempts is None:
        return None
    if isinstance(failure, WorkerFailure) and failure.waits:
        state = WorkState.QUEUED
        changes: dict[str, object] = {
            "attempts": attempts - 1,
            "available_at": now + timedelta(seconds=_WAIT_SECONDS),
        }
    elif attempts >= settings.ADGEN_MAX_ATTEMPTS or getattr(failure, "permanent", False):
        state = WorkState.DEAD
        changes = {"finished_at": now}
    else:
        pause = _BACKOFF_SECONDS * 2 ** (attempts - 1) * random.uniform(0.5, 1.5)
        state = WorkState.QUEUED
        changes = {"available_at": now + timedelta(seconds=pause)}
    written = lease.rows().update(
        state=state, error=error, lease_expires_at=None, published_at=None, **changes
    )
    return state if written else None


def work_retry(*, work: LeasedWork) -> None:
    """Give dead work a new life, with all its attempts; raises StateConflict where it is not dead."""
    revived = (
        type(work)
        ._default_manager.filter(pk=work.pk, state=WorkState.DEAD)
        .update(
            state=WorkState.QUEUED,
            attempts=0,
            error="",
            finished_at=None,
            available_at=timezone.now(),
            published_at=None,
        )
    )
    if not revived:
        raise StateConflict("Only work that is dead can be retried.")


def first_published_at() -> datetime | None:
    """What new work says about its first wake-up: sent on commit or, embedded, left to the next sweep."""
    return None if settings.ADGEN_EMBEDDED else timezone.now()


def _lease_end() -> datetime:
    return timezone.now() + timedelta(seconds=settings.ADGEN_LEASE_SECONDS)
