"""Reading the audit log, and finding out whether somebody has tampered with it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.db.models import Max, QuerySet, Subquery
from django.utils import timezone

from adgen.models import AuditChain, AuditEvent, Brand

_BATCH = 1000


@dataclass(frozen=True)
class Head:
    """Where a chain ends: the last event's number and hash."""

    sequence: int
    hash: str


@dataclass(frozen=True)
class Fault:
    """What is wrong at one event of a chain."""

    sequence: int
    what: str


def chain_of(brand: Brand | None) -> QuerySet[AuditEvent]:
    """The events of a brand, or of the installation where that is None."""
    return AuditEvent.objects.filter(brand=brand)


def events_matching(
    brand: Brand | None,
    *,
    action: str = "",
    actor: str = "",
    subject_type: str = "",
    subject_id: str = "",
    since: date | None = None,
    until: date | None = None,
) -> QuerySet[AuditEvent]:
    """The events of a chain that fit all that is given; `actor` is a name, the dates are whole days.

    Days become numbers of events, which every index ends with. They grow with time, but for the moment by
    which the clocks of two machines differ.
    """
    events = chain_of(brand)
    given = {
        "action": action,
        "actor_name": actor,
        "subject_type": subject_type,
        "subject_id": subject_id,
    }
    found = events.filter(**{field: value for field, value in given.items() if value})
    if since:
        first = events.filter(at__gte=_midnight(since)).order_by("at", "sequence")
        found = found.filter(sequence__gte=Subquery(first.values("sequence")[:1]))
    if until:
        last = events.filter(at__lt=_midnight(until) + timedelta(days=1)).order_by("-at", "-sequence")
        found = found.filter(sequence__lte=Subquery(last.values("sequence")[:1]))
    return found


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))


def chain_head(brand: Brand | None) -> Head:
    """The head of a chain as it is stored beside the events; empty where nothing has happened yet."""
    chain = AuditChain.objects.filter(key=brand.pk if brand else 0).first()
    return Head(chain.sequence, chain.hash) if chain else Head(0, "")


def events_in_order(events: QuerySet[AuditEvent]) -> Iterator[AuditEvent]:
    """Those of one chain by number: in batches, so that neither memory nor a query grows with the log."""
    last = 0
    while batch := list(events.filter(sequence__gt=last).order_by("sequence")[:_BATCH]):
        yield from batch
        last = batch[-1].sequence


def chain_faults(
    brand: Brand | None, *, anchor: Head | None = None, walked: Callable[[int], object]
) -> Iterator[Fault]:
    """Walk a chain from its first event and yield what is wrong with it, in order.

    `anchor` is a head that the chain had earlier, kept elsewhere: without one, an end that was cut off
    together with the head is not missed. `walked` is called with 1 after each event. Events that are
    added meanwhile are left to the next walk.
    """
    head, newest = _ends(brand)
    last = Head(0, "")
    for event in events_in_order(chain_of(brand).filter(sequence__lte=head.sequence)):
        yield from _event_faults(event, last)
        last = Head(event.sequence, event.hash)
        if anchor and anchor.sequence == last.sequence and anchor != last:
            yield Fault(anchor.sequence, "is not the event that the anchor was set on: the hashes differ")
        walked(1)
    if last.sequence < head.sequence:
        yield Fault(head.sequence, f"the events after number {last.sequence} are cut off")
    elif last != head:
        yield Fault(head.sequence, "the head of the chain has another hash than its last event")
    if newest > head.sequence:
        yield Fault(head.sequence, f"the head of the chain was set back: there are events up to {newest}")
    if anchor and anchor.sequence > last.sequence:
        yield Fault(anchor.sequence, f"the anchor was set here; the chain ends at {last.sequence} now")


def _ends(brand: Brand | None) -> tuple[Head, int]:
    """The head and the number of the last event, as of the same moment."""
    newest = chain_of(brand).order_by().values("brand").annotate(newest=Max("sequence")).values("newest")
    row = (
        AuditChain.objects.filter(key=brand.pk if brand else 0)
        .annotate(newest=Subquery(newest))
        .values_list("sequence", "hash", "newest")
        .first()
    )
    if row is None:
        return Head(0, ""), chain_of(brand).aggregate(newest=Max("sequence", default=0))["newest"]
    return Head(*row[:2]), row[2] or 0


def _event_faults(event: AuditEvent, last: Head) -> Iterator[Fault]:
    if event.sequence != last.sequence + 1:
        yield Fault(event.sequence, f"events are missing between number {last.sequence} and this one")
    elif event.prev_hash != last.hash:
        yield Fault(event.sequence, f"does not follow number {last.sequence}: that has another hash")
    if event.digest() != event.hash:
        yield Fault(event.sequence, "was changed: its content does not give its hash")
