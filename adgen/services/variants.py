"""Screenings, edits and releases of variants."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from django.contrib.auth.models import User
from django.db import connection, transaction
from django.db.models import Max

from adgen.channels import slot_format
from adgen.errors import Invalid, StateConflict
from adgen.models import AuditAction, Batch, ChunkKind, Release, Role, Screening, Variant, VariantState
from adgen.policy.duplicates import text_key
from adgen.selectors.access import require_role
from adgen.services.audit import audit_record
from adgen.services.batches import chunk_request
from adgen.services.deadlines import due_locked
from adgen.services.notes import note_given
from adgen.services.work import Lease, lease_renew
from adgen.spec import ScreeningResult

MAX_TEXT = 1000

_MOVE = "UPDATE adgen_variant SET state = %s, due = COALESCE(%s, due) WHERE id = %s AND state IN ({})"
_DUE = Variant._meta.get_field("due")


def screenings_write(*, lease: Lease, results: Sequence[tuple[Variant, ScreeningResult]]) -> None:
    """Store verdicts and let the variants move on, in one transaction with the lease's renewal.

    A generated line goes to the queue or is blocked. An edited line that passes needs no second look:
    the person who wrote it approved it, so it is cleared for publication. One that is flagged goes back
    to the queue with its reasons.
    """
    with transaction.atomic():
        lease_renew(lease)
        for variant, result in results:
            Screening.objects.get_or_create(
                variant=variant,
                version_id=result.version,
                rescreen=None,
                defaults={
                    "verdict": result.verdict,
                    "scores": dict(result.scores),
                    "findings": [asdict(finding) for finding in result.findings],
                },
            )
        due = {pk: due_locked(pk) for pk in sorted({variant.campaign_id for variant, _ in results})}
        for variant, result in results:
            state = _state_after(variant, result)
            moved = Variant.objects.filter(pk=variant.pk, state=VariantState.UNSCREENED).update(
                state=state, flagged=result.verdict != "pass", due=due[variant.campaign_id]
            )
            if moved and state == VariantState.CLEARED:
                chunk_request(
                    batch=variant.batch, kind=ChunkKind.PUBLISH, slot=variant.slot, index=variant.index
                )


def _state_after(variant: Variant, result: ScreeningResult) -> VariantState:
    if result.verdict == "block":
        return VariantState.BLOCKED
    if result.verdict == "pass" and variant.edited_from_id is not None:
        return VariantState.CLEARED
    return VariantState.PENDING


def wording_checked(variant: Variant, text: str) -> str:
    """A person's wording for the line, with single spaces; raises Invalid where it cannot replace it."""
    text = " ".join(text.split())
    slot = slot_format(variant.slot)
    width = slot.width(text)
    if not text:
        raise Invalid("The edited text is empty.", fields={"text": ["write a line, or reject this one"]})
    if text == variant.text:
        raise Invalid("The edited text is the same as before.", fields={"text": ["approve it instead"]})
    if slot.hard and width > slot.limit:
        raise Invalid(
            f"The edited text is {width} wide; {slot.label} takes at most {slot.limit}.",
            fields={"text": [f"shorten it by {width - slot.limit}"]},
        )
    if len(text) > MAX_TEXT:
        raise Invalid(
            f"The edited text has {len(text)} characters; at most {MAX_TEXT} are kept.",
            fields={"text": [f"shorten it by {len(text) - MAX_TEXT}"]},
        )
    return text


def variant_edit(*, variant: Variant, text: str) -> Variant:
    """A new variant with a person's wording, on its way to the screen. The caller moves the old one."""
    text = wording_checked(variant, text)
    slot = slot_format(variant.slot)
    with transaction.atomic():
        batch = Batch.objects.select_for_update(no_key=True).get(pk=variant.batch_id)
        last = Variant.objects.filter(batch=batch).aggregate(last=Max("index"))["last"]
        edited = Variant.objects.create(
            batch=batch,
            brand_id=variant.brand_id,
            campaign_id=variant.campaign_id,
            turn=variant.turn,
            slot=variant.slot,
            index=max(last + 1, batch.requested),
            text=text,
            text_key=text_key(text),
            width=slot.width(text),
            limit=slot.limit,
            angle=variant.angle,
            base_model=variant.base_model,
            base_sha256=variant.base_sha256,
            adapter_id=variant.adapter_id,
            edited_from=variant,
        )
        chunk_request(batch=batch, kind=ChunkKind.SCREEN, slot=edited.slot, index=edited.index)
    return edited


def variant_release(*, variant: Variant, manager: User, note: str) -> Release:
    """Show a blocked line to the reviewers all the same; whether it is approved is theirs to decide.

    Raises NotFound, NotAllowed, Invalid without a note, StateConflict where the line is not blocked.
    """
    require_role(manager, variant.brand, Role.MANAGER)
    note = note_given(note)
    with transaction.atomic():
        variant_move(variant=variant, expected=[VariantState.BLOCKED], state=VariantState.PENDING)
        screening = variant.screenings.latest("id")
        release = Release.objects.create(variant=variant, screening=screening, manager=manager, note=note)
        audit_record(
            brand=variant.brand,
            actor=manager,
            action=AuditAction.LINE_RELEASED,
            subject=variant,
            details={"text": variant.text, "screening": screening.pk, "note": note},
        )
    return release


def variant_move(*, variant: Variant, expected: Sequence[VariantState], state: VariantState) -> None:
    """Move a variant on from one of `expected`; raises StateConflict where it is in none of them."""
    # The deadline may have changed while the line was out of the queue.
    due = due_locked(variant.campaign_id) if state == VariantState.PENDING else None
    sql = _MOVE.format(", ".join(["%s"] * len(expected)))
    with connection.cursor() as cursor:
        cursor.execute(sql, [state, _DUE.get_db_prep_save(due, connection), variant.pk, *expected])
        moved = cursor.rowcount
    if not moved:
        now = Variant.objects.values_list("state", flat=True).get(pk=variant.pk)
        raise StateConflict(f"Variant {variant.pk} is {VariantState(now).label} by now.")
