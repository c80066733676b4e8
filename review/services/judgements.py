"""What a person says about a line, and what follows when it takes effect."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.contrib.auth.models import User
from rapidfuzz.distance import Levenshtein

from adgen.errors import Invalid
from adgen.models import AuditAction, Variant, VariantState
from adgen.services.audit import Detail, audit_record
from adgen.services.notes import note_within_limit
from adgen.services.variants import variant_edit, variant_move, wording_checked
from adgen.statements import insert
from review.models import Action, Decision, DecisionKind, Publication, PublicationKind, Reason
from review.services.publications import publication_add

STATE_AFTER = {
    Action.APPROVE: VariantState.APPROVED,
    Action.EDIT: VariantState.EDITED,
    Action.REJECT: VariantState.REJECTED,
    Action.SKIP: VariantState.PENDING,
}


@dataclass(frozen=True)
class Judgement:
    """`text` is the new wording of an edit, `duration_ms` the time from claim to decision, `lead` the first
    decision of the step."""

    action: Action
    reason: str = ""
    note: str = ""
    text: str = ""
    duration_ms: int | None = None
    lead: Decision | None = None


def judgement_check(given: Judgement) -> None:
    """Raise Invalid where the parts of a judgement do not go together."""
    if given.action == Action.UNDO:
        raise Invalid("An undo names no line.", fields={"action": ["use undo instead"]})
    if given.action == Action.REJECT and given.reason not in Reason.values:
        known = ", ".join(Reason.values)
        raise Invalid("A rejection needs a reason.", fields={"reason": [f"one of {known}"]})
    if given.action != Action.REJECT and given.reason:
        raise Invalid("Only a rejection has a reason.", fields={"reason": ["leave it out"]})
    if given.action != Action.EDIT and given.text:
        raise Invalid("Only an edit has a text.", fields={"text": ["leave it out"]})
    if given.reason == Reason.OTHER and not given.note.strip():
        raise Invalid("The reason “other” needs a note.", fields={"note": ["say why"]})
    note_within_limit(given.note)


def judgement_apply(
    *,
    reviewer: User,
    variant: Variant,
    given: Judgement,
    before: Sequence[VariantState],
    audit_as: AuditAction = AuditAction.DECISION,
    told: dict[str, Detail] | None = None,
) -> Decision:
    """Decide about a line in one of the states `before`, within the caller's transaction.

    approve publishes it, edit replaces it, reject and skip do what they say. `told` goes into the audit log
    as well. Raises StateConflict where the line is in another state, Invalid for an unusable wording.
    """
    variant_move(variant=variant, expected=before, state=STATE_AFTER[given.action])
    edited = variant_edit(variant=variant, text=given.text) if given.action == Action.EDIT else None
    decision = Decision(
        variant=variant,
        brand=variant.brand,
        reviewer=reviewer,
        action=given.action,
        reason=given.reason,
        note=given.note,
        edited_variant=edited,
        duration_ms=given.duration_ms,
        lead=given.lead,
        edit_distance=Levenshtein.normalized_distance(variant.text, edited.text) if edited else None,
    )
    insert(decision)
    entry = None
    if given.action == Action.APPROVE:
        entry = publication_add(decision=decision, variant=variant, kind=PublicationKind.APPROVED)
    decision_audit(decision, audit_as, entry, told)
    return decision


def judgement_keep(*, reviewer: User, variant: Variant, given: Judgement, kind: DecisionKind) -> Decision:
    """Store a judgement that changes nothing about its line by itself; raises Invalid as an edit does."""
    return Decision.objects.create(
        variant=variant,
        brand=variant.brand,
        reviewer=reviewer,
        action=given.action,
        kind=kind,
        reason=given.reason,
        note=given.note,
        wording=wording_checked(variant, given.text) if given.action == Action.EDIT else "",
        duration_ms=given.duration_ms,
        lead=given.lead,
    )


def decision_audit(
    decision: Decision,
    action: AuditAction,
    entry: Publication | None = None,
    told: dict[str, Detail] | None = None,
) -> None:
    """Put a decision and the feed's entry that came of it into the audit log.

    What an opinion said that was taken back is not told: managers, who read the log, judge lines as well.
    """
    undone = decision.undoes
    is_opinion = undone is not None and undone.kind == DecisionKind.OPINION
    audit_record(
        brand=decision.brand,
        actor=decision.reviewer,
        action=action,
        subject=decision.variant,
        details={
            "decision": decision.pk,
            **({"text": decision.variant.text} if is_opinion else decision_told(undone or decision)),
            **({"feed_entry": entry.seq} if entry else {}),
            **({"together_with": decision.lead_id} if decision.lead_id else {}),
            **(told or {}),
        },
    )


def decision_told(decision: Decision) -> dict[str, Detail]:
    """A decision as the audit log tells of it; what is empty is left out."""
    edited_text = decision.edited_variant.text if decision.edited_variant else decision.wording
    details: dict[str, Detail] = {
        "action": decision.action,
        "text": decision.variant.text,
        "reason": decision.reason,
        "note": decision.note,
        "edited_text": edited_text,
    }
    return {name: detail for name, detail in details.items() if detail not in ("", None)}
