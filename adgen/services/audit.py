"""Writing the audit log."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from django.contrib.auth.models import User
from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper
from django.db.models import Model
from django.utils import timezone

from adgen.models import ApiKey, AuditAction, AuditChain, AuditEvent, Brand
from adgen.statements import insert

# Who acts; None is the system itself: a worker, a command.
Actor = User | ApiKey | None
# JSON without floats, which databases do not give back digit by digit.
Detail = str | int | None | Sequence["Detail"] | Mapping[str, "Detail"]

_HEAD = "SELECT sequence, hash FROM adgen_auditchain WHERE key = %s "
_MOVE = "UPDATE adgen_auditchain SET sequence = %s, hash = %s WHERE key = %s"


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
    key = brand.pk if brand else 0
    actor_id, actor_name = _actor(actor)
    subject_type, subject_id = _subject(subject)
    with connection.cursor() as cursor:
        sequence, prev_hash = _head(cursor, key)
        event = AuditEvent(
            brand=brand,
            sequence=sequence + 1,
            at=timezone.now(),
            actor=actor_id,
            actor_name=actor_name,
            action=action,
            subject_type=subject_type,
            subject_id=subject_id,
            details=dict(details or {}),
            prev_hash=prev_hash,
        )
        event.hash = event.digest()
        insert(event)
        cursor.execute(_MOVE, [event.sequence, event.hash, key])
    return event


def _head(cursor: CursorWrapper, key: int) -> tuple[int, str]:
    """Number and hash of a chain's last event; nobody else can add to the chain until the commit."""
    lockable = connection.features.has_select_for_update
    sql = _HEAD + (connection.ops.for_update_sql(no_key=True) if lockable else "")
    cursor.execute(sql, [key])
    if (head := cursor.fetchone()) is None:
        AuditChain.objects.bulk_create([AuditChain(key=key)], ignore_conflicts=True)
        cursor.execute(sql, [key])
        head = cursor.fetchone()
    sequence, last_hash = head
    return sequence, last_hash


def audit_export(*, brand: Brand | None, by: User, filters: Mapping[str, str]) -> None:
    """Put on record that a chain, or what `filters` leave of it, is being exported."""
    with transaction.atomic():
        audit_record(
            brand=brand,
            actor=by,
            action=AuditAction.AUDIT_EXPORTED,
            subject=AuditChain(key=brand.pk if brand else 0),
            details=filters,
        )


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
