"""The reviewers' word on the screen: findings that are wrong, and what was missed."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction

from adgen.errors import Invalid, NotAllowed, StateConflict
from adgen.models import Role, Variant
from adgen.selectors.access import require_role
from adgen.services.notes import note_within_limit
from review.models import MarkKind, Missed, ScreenMark


def mark_create(*, reviewer: User, variant: Variant, kind: MarkKind, rule: str, note: str = "") -> ScreenMark:
    """Mark the line's latest screening. It changes nothing about the line itself.

    `rule` is that of one of its findings, or one of `Missed`, of which `other` needs a note. Raises
    NotFound, NotAllowed, Invalid, and StateConflict where the reviewer has made the mark already or the
    line is not screened yet.
    """
    require_role(reviewer, variant.brand, Role.REVIEWER)
    screening = variant.screenings.order_by("-id").first()
    if screening is None:
        raise StateConflict("This line is not screened yet; there is nothing to mark.")
    found = [finding["rule"] for finding in screening.findings]
    _check(kind=kind, rule=rule, note=note, found=list(dict.fromkeys(found)))
    try:
        with transaction.atomic():
            return ScreenMark.objects.create(
                variant=variant,
                brand=variant.brand,
                screening=screening,
                reviewer=reviewer,
                kind=kind,
                rule=rule,
                note=note.strip(),
            )
    except IntegrityError:
        raise StateConflict("You have made this mark already.") from None


def mark_delete(*, reviewer: User, mark: ScreenMark) -> None:
    """Take one's own mark back; raises NotFound, NotAllowed."""
    require_role(reviewer, mark.brand, Role.REVIEWER)
    if mark.reviewer_id != reviewer.pk:
        raise NotAllowed("This is another reviewer's mark; only they can take it back.")
    mark.delete()


def _check(*, kind: MarkKind, rule: str, note: str, found: list[str]) -> None:
    known = found if kind == MarkKind.WRONG else Missed.values
    if rule not in known:
        listed = ", ".join(known)
        mend = f"one of {listed}" if known else "the screen found nothing in this line"
        raise Invalid(f"{rule!r} cannot be marked as {kind.label}: {mend}.", fields={"rule": [mend]})
    if kind == MarkKind.MISSED and rule == Missed.OTHER and not note.strip():
        raise Invalid("What was missed, “other”, needs a note.", fields={"note": ["say what"]})
    note_within_limit(note)
