"""Approved lines that a later screening marks: kept or retracted, by a person."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from adgen.errors import StateConflict
from adgen.models import AuditAction, Recheck, RecheckState, Role
from adgen.selectors.access import require_role
from adgen.services.audit import audit_record
from adgen.services.notes import note_given
from review.models import Decision
from review.services.decisions import line_retract

_DEALT_WITH = "Somebody else has dealt with this line by now."


def recheck_keep(*, recheck: Recheck, reviewer: User, note: str) -> None:
    """Leave the line in the feed; `note` says why. The same reasons do not list it again.

    Raises NotFound, NotAllowed, Invalid, and StateConflict where somebody else was faster.
    """
    require_role(reviewer, recheck.brand, Role.REVIEWER)
    note = note_given(note)
    with transaction.atomic():
        kept = Recheck.objects.filter(pk=recheck.pk, state=RecheckState.OPEN).update(
            state=RecheckState.KEPT, note=note, dealt_by=reviewer, dealt_at=timezone.now()
        )
        if not kept:
            raise StateConflict(_DEALT_WITH)
        audit_record(
            brand=recheck.brand,
            actor=reviewer,
            action=AuditAction.LINE_KEPT,
            subject=recheck.variant,
            details={"text": recheck.variant.text, "screening": recheck.screening_id, "note": note},
        )


def recheck_retract(*, recheck: Recheck, reviewer: User, note: str) -> Decision:
    """Take the line out of the feed, which closes the item. Raises as `recheck_keep` does."""
    with transaction.atomic():
        decision = line_retract(reviewer=reviewer, variant=recheck.variant, note=note_given(note))
        # One who kept the line at the same moment was faster: then nothing of this happens.
        if not Recheck.objects.filter(pk=recheck.pk, state=RecheckState.RETRACTED).exists():
            raise StateConflict(_DEALT_WITH)
    return decision
