"""Writing the audit log."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from django.contrib.auth.models import User
from django.db import connection
from django.db.models import Model
from django.utils import timezone

from adgen.models import ApiKey, AuditAction, AuditChain, AuditEvent, Brand

# Who acts; None is the system itself: a worker, a command.
Actor = User | ApiKey | None
# JSON without floats, which databases do not give back digit by digit.
Detail = str | int | None | Sequence["Detail"] | Mapping[str, "Detail"]


def audit_record(
    *,
    brand: Brand | None,
    actor: Actor,
    action: AuditAction,
    subject: Model,
    details: Mapping[str, Detail] | None = None,
) -> AuditEvent:
    """Append an event to the chain of `brand`, or of the installation where that is None.

    Call it last in the transaction of the act that it tells of: so there is no act without its event,
    and the chain's lock, which orders its events, is held for the shortest time. `subject` names a
    saved row; `details` are what the act leaves in no other place, fit to be read by a person.
    """
    assert connection.in_atomic_block, "an event belongs into the transaction of its act"
    chain, _ = AuditChain.objects.select_for_update(no_key=True).get_or_create(key=brand.pk if brand else 0)
    now = timezone.now()
    event = AuditEvent(
        brand=brand,
        sequence=chain.sequence + 1,
        at=max(now, chain.at or now),
        action=action,
        details=dict(details or {}),
        prev_hash=chain.hash,
    )
    event.actor, event.actor_name = _actor(actor)
    event.subject_type, event.subject_id = _subject(subject)
    event.hash = event.digest()
    event.save(force_insert=True)
    AuditChain.objects.filter(pk=chain.pk).update(sequence=event.sequence, hash=event.hash, at=event.at)
    return event


def _actor(actor: Actor) -> tuple[str, str]:
    if actor is None:
        return "system", "system"
    if isinstance(actor, ApiKey):
        return f"key:{actor.prefix}", actor.name
    return f"user:{actor.pk}", actor.get_username()


def _subject(row: Model) -> tuple[str, str]:
    # A key's primary key holds its hash; people know a key by its prefix.
    name = row.prefix if isinstance(row, ApiKey) else row.pk
    return str(row._meta.model_name), str(name)
