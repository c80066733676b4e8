"""Decisions on lines, and taking them back."""

from __future__ import annotations

import uuid

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from rapidfuzz.distance import Levenshtein

from adgen.errors import Invalid, StateConflict
from adgen.models import AuditAction, Role, Variant, VariantState
from adgen.selectors.access import require_role
from adgen.selectors.variants import queue_state
from adgen.services.audit import Detail, audit_record
from adgen.services.notes import note_within_limit
from adgen.services.variants import variant_edit, variant_move
from review.models import Action, Claim, Decision, Publication, PublicationKind, Reason
from review.selectors.history import UNDO_STEPS, undoable
from review.services.claims import claim_hold, claim_spend
from review.services.publications import publication_add

MAX_DURATION_MS = 24 * 60 * 60 * 1000
_STATE_AFTER = {
    Action.APPROVE: VariantState.APPROVED,
    Action.EDIT: VariantState.EDITED,
    Action.REJECT: VariantState.REJECTED,
    Action.SKIP: VariantState.PENDING,
}
# What the screen blocks while somebody has it in hand can still be reworded or rejected, but not approved.
_REFUSABLE = (VariantState.PENDING, VariantState.BLOCKED)
_STATES_BEFORE = {Action.EDIT: _REFUSABLE, Action.REJECT: _REFUSABLE}
# An edited line that its author may still take back, in whatever state it is.
_EDIT_OPEN = (
    VariantState.UNSCREENED,
    VariantState.CLEARED,
    VariantState.PENDING,
    VariantState.BLOCKED,
    VariantState.APPROVED,
)


def decision_record(
    *,
    reviewer: User,
    variant: Variant,
    token: uuid.UUID,
    action: Action,
    reason: str = "",
    note: str = "",
    text: str = "",
    duration_ms: int | None = None,
) -> Decision:
    """Record what `reviewer` decided about the line in hand, all of it or nothing.

    approve publishes it; edit replaces it by `text`, which is screened before it counts; reject needs a
    `reason`, and `other` a `note`; skip leaves it in the queue. Raises NotFound, NotAllowed, Invalid, and
    StateConflict where `token` is not that of the caller's live claim or the line left the queue.
    """
    require_role(reviewer, variant.brand, Role.REVIEWER)
    _check(action=action, reason=reason, note=note, text=text)
    with transaction.atomic():
        claim_spend(reviewer=reviewer, variant=variant, token=token)
        before = _STATES_BEFORE.get(action, (VariantState.PENDING,))
        variant_move(variant=variant, expected=before, state=_STATE_AFTER[action])
        edited = variant_edit(variant=variant, text=text) if action == Action.EDIT else None
        decision = Decision.objects.create(
            variant=variant,
            brand=variant.brand,
            reviewer=reviewer,
            action=action,
            reason=reason,
            note=note,
            edited_variant=edited,
            duration_ms=duration_ms,
            edit_distance=Levenshtein.normalized_distance(variant.text, edited.text) if edited else None,
        )
        entry = None
        if action == Action.APPROVE:
            entry = publication_add(decision=decision, variant=variant, kind=PublicationKind.APPROVED)
        _audit(decision, AuditAction.DECISION, entry)
    return decision


def decision_undo(*, reviewer: User) -> Decision:
    """Take back the latest decision of `reviewer` that still stands; the line is in their hand again, unless
    the screen blocks it by now.

    An approved line, or the published edit of a line, leaves the feed by a `retracted` entry. Raises
    StateConflict where nothing is left to take back (only the last 20 decisions can be), and where
    somebody else has decided on the edited line or holds the skipped one.
    """
    decision = undoable(reviewer)
    if decision is None:
        raise StateConflict(f"Nothing to take back: an undo reaches your last {UNDO_STEPS} decisions.")
    with transaction.atomic():
        undo = _undo_create(decision)
        state = queue_state(decision.variant)
        # Claims before lines, as a decision takes them: or the two could wait for each other.
        if state == VariantState.PENDING:
            claim_hold(reviewer=reviewer, variant=decision.variant)
        published: Variant | None = None
        if decision.action == Action.APPROVE:
            published = decision.variant
        elif decision.edited_variant is not None:
            published = _edit_withdraw(decision.edited_variant)
        variant_move(
            variant=decision.variant,
            expected=[_STATE_AFTER[Action(decision.action)]],
            state=state,
        )
        entry = None
        if published is not None:
            entry = publication_add(decision=undo, variant=published, kind=PublicationKind.RETRACTED)
        _audit(undo, AuditAction.UNDO, entry)
    return undo


def line_retract(*, reviewer: User, variant: Variant, note: str = "") -> Decision:
    """Take a line out of the feed, whoever approved it: a rejection, which its author can undo.

    Raises NotFound, NotAllowed, Invalid, and StateConflict where the line is not in the feed.
    """
    require_role(reviewer, variant.brand, Role.REVIEWER)
    _check(action=Action.REJECT, reason=Reason.POLICY, note=note, text="")
    with transaction.atomic():
        variant_move(variant=variant, expected=[VariantState.APPROVED], state=VariantState.REJECTED)
        decision = Decision.objects.create(
            variant=variant,
            brand=variant.brand,
            reviewer=reviewer,
            action=Action.REJECT,
            reason=Reason.POLICY,
            note=note,
        )
        entry = publication_add(decision=decision, variant=variant, kind=PublicationKind.RETRACTED)
        _audit(decision, AuditAction.RETRACTION, entry)
    return decision


def _audit(decision: Decision, action: AuditAction, entry: Publication | None) -> None:
    """Put a decision and the feed's entry that came of it into the audit log."""
    told = decision.undoes or decision
    details: dict[str, Detail] = {
        "decision": decision.pk,
        "action": told.action,
        "text": told.variant.text,
        "reason": told.reason,
        "note": told.note,
        "edited_text": told.edited_variant.text if told.edited_variant else "",
        "feed_entry": entry.seq if entry else None,
    }
    audit_record(
        brand=decision.brand,
        actor=decision.reviewer,
        action=action,
        subject=decision.variant,
        details={name: detail for name, detail in details.items() if detail not in ("", None)},
    )


def _check(*, action: Action, reason: str, note: str, text: str) -> None:
    if action == Action.UNDO:
        raise Invalid("An undo names no line.", fields={"action": ["use undo instead"]})
    if action == Action.REJECT and reason not in Reason.values:
        known = ", ".join(Reason.values)
        raise Invalid("A rejection needs a reason.", fields={"reason": [f"one of {known}"]})
    if action != Action.REJECT and reason:
        raise Invalid("Only a rejection has a reason.", fields={"reason": ["leave it out"]})
    if action != Action.EDIT and text:
        raise Invalid("Only an edit has a text.", fields={"text": ["leave it out"]})
    if reason == Reason.OTHER and not note.strip():
        raise Invalid("The reason “other” needs a note.", fields={"note": ["say why"]})
    note_within_limit(note)


def _undo_create(decision: Decision) -> Decision:
    try:
        with transaction.atomic():
            return Decision.objects.create(
                variant=decision.variant,
                brand=decision.brand,
                reviewer=decision.reviewer,
                action=Action.UNDO,
                undoes=decision,
            )
    except IntegrityError:
        raise StateConflict("This decision was taken back already.") from None


def _edit_withdraw(edited: Variant) -> Variant | None:
    """Withdraw an edited line; returns it where it was published.

    The row is locked before it is read, so that a publication under way is either seen here or finds the
    line gone.
    """
    Claim.objects.filter(variant=edited).delete()
    edited = Variant.objects.select_for_update(no_key=True).get(pk=edited.pk)
    judged = Decision.objects.filter(
        variant=edited, undone_by=None, action__in=[Action.APPROVE, Action.EDIT, Action.REJECT]
    )
    if judged.exists():
        raise StateConflict("Somebody else has decided on your edited line; it can no longer be taken back.")
    variant_move(variant=edited, expected=_EDIT_OPEN, state=VariantState.WITHDRAWN)
    return edited if edited.state == VariantState.APPROVED else None
