"""Answering a POST once, however often the client sends it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from adgen.errors import DomainError, StateConflict
from adgen.models import IdempotencyKey

KEPT = timedelta(hours=24)
# Work that has not answered by now lost its process: its transaction is gone, so it may start again.
ABANDONED = timedelta(seconds=60)

Answer = tuple[int, object]


class KeyReused(DomainError):
    """The same Idempotency-Key came with another request."""

    status = 422
    code = "idempotency_key_reused"


class UnderWay(StateConflict):
    """The first request with this Idempotency-Key has no answer yet; the same request may come again."""

    code = "under_way"


def answer_once(*, caller: str, key: str, fingerprint: str, work: Callable[[], Answer]) -> Answer:
    """The (status, body) that `work` gives: done once, remembered for 24 hours for this caller and key.

    The answer is stored in the transaction of the work. A refusal is not remembered, so that the mended
    request may use the key. Raises KeyReused for another `fingerprint`, UnderWay while the first request is.
    """
    row = _take(caller=caller, key=key, fingerprint=fingerprint)
    if row.status is not None:
        return row.status, row.body
    mine = IdempotencyKey.objects.filter(pk=row.pk, taken_at=row.taken_at, status=None)
    try:
        with transaction.atomic():
            status, body = work()
            if not mine.update(status=status, body=body):
                raise UnderWay("Another request with this Idempotency-Key took over.")
    except BaseException:
        mine.delete()
        raise
    return status, body


def _take(*, caller: str, key: str, fingerprint: str) -> IdempotencyKey:
    now: datetime = timezone.now()
    IdempotencyKey.objects.filter(taken_at__lt=now - KEPT).delete()
    row, is_new = IdempotencyKey.objects.get_or_create(
        caller=caller, key=key, defaults={"fingerprint": fingerprint, "taken_at": now}
    )
    if is_new:
        return row
    if row.fingerprint != fingerprint:
        raise KeyReused("This Idempotency-Key was used for another request; use a new one.")
    if row.status is None:
        stale = IdempotencyKey.objects.filter(pk=row.pk, status=None, taken_at=row.taken_at)
        if row.taken_at > now - ABANDONED or not stale.update(taken_at=now):
            raise UnderWay("The first request with this Idempotency-Key is under way; wait for it.")
        row.taken_at = now
    return row
