"""The feed of a brand: numbered without gaps, in the order in which transactions commit."""

from __future__ import annotations

from django.db import connection
from django.utils import timezone

from adgen.models import AuditAction, Chunk, Recheck, RecheckState, Variant, VariantState
from adgen.services.audit import audit_record
from adgen.services.batches import chunk_variants, settling
from adgen.services.variants import variant_move
from adgen.services.work import Lease, lease_finish
from adgen.statements import insert
from review.models import Decision, Publication, PublicationKind

_COUNT_UP = (
    "UPDATE adgen_brand SET publication_seq = publication_seq + 1 WHERE id = %s RETURNING publication_seq"
)


def publication_add(*, decision: Decision, variant: Variant, kind: PublicationKind) -> Publication:
    """Append an entry to the feed of the variant's brand. Call it last in the decision's transaction.

    The counter's row stays locked until that commits, so no number is seen before a smaller one, and a
    rolled back decision leaves no gap. A line that leaves the feed need not be looked at again.
    """
    if kind == PublicationKind.RETRACTED:
        Recheck.objects.filter(variant=variant, state=RecheckState.OPEN).update(
            state=RecheckState.RETRACTED,
            note=decision.note,
            dealt_by=decision.reviewer,
            dealt_at=timezone.now(),
        )
    with connection.cursor() as cursor:
        cursor.execute(_COUNT_UP, [variant.brand_id])
        (seq,) = cursor.fetchone()
    entry = Publication(brand_id=variant.brand_id, seq=seq, kind=kind, variant=variant, decision=decision)
    insert(entry)
    return entry


def edit_publish(lease: Lease, chunk: Chunk) -> None:
    """Publish the edited line of a publish chunk, if it still is cleared, and finish the chunk.

    One transaction: however often the chunk is run, the line appears once. A line that was taken back
    in the meantime is left alone.
    """
    with settling(chunk.batch_id):
        lease_finish(lease)
        cleared = chunk_variants(chunk).filter(state=VariantState.CLEARED).select_for_update(no_key=True)
        for variant in cleared:
            decision = Decision.objects.get(edited_variant=variant)
            variant_move(variant=variant, expected=[VariantState.CLEARED], state=VariantState.APPROVED)
            entry = publication_add(decision=decision, variant=variant, kind=PublicationKind.APPROVED)
            audit_record(
                brand=decision.brand,
                actor=None,
                action=AuditAction.PUBLICATION,
                subject=variant,
                details={"decision": decision.pk, "text": variant.text, "feed_entry": entry.seq},
            )
