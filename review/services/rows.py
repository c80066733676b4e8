"""One of several lines that a person decides in one step: each by itself, and told by itself."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from django.contrib.auth.models import User
from django.db import transaction

from adgen.errors import StateConflict
from adgen.models import Screening, Variant, VariantState
from review.models import Action, Decision, DecisionKind
from review.services.claims import claim_hold
from review.services.decisions import decision_record
from review.services.locks import lines_lock


class Outcome(StrEnum):
    """What became of a line."""

    DONE = "done"
    SECOND = "second"  # noted; a second person has to say the same
    DISPUTED = "disputed"  # the second person said something else; a manager decides
    HELD = "held"  # somebody has it in hand
    CHANGED = "changed"  # it is no longer what the person saw
    BLOCKED = "blocked"


@dataclass(frozen=True)
class Seen:
    """A line as a person saw it: with that screening beside it, or None where that is not known."""

    variant: Variant
    screening: int | None = None


@dataclass(frozen=True)
class RowResult:
    """What became of one line; `words` are for the person. `decision` is None where nothing was saved."""

    variant: Variant
    outcome: Outcome
    words: str
    decision: Decision | None = None


def row_decide(
    *, reviewer: User, seen: Seen, action: Action, reason: str = "", note: str = "", lead: Decision | None
) -> RowResult:
    """Approve or reject one line, or leave it as it is and say why.

    Raises NotFound, NotAllowed and Invalid, which hold for all lines of the step.
    """
    variant = seen.variant
    if refusal := _unfit(seen):
        return refusal
    try:
        with transaction.atomic():
            lines_lock([variant.pk])
            claim = claim_hold(reviewer=reviewer, variant=variant)
            if seen.screening is not None and claim.seen_id != seen.screening:
                raise StateConflict("The screen has looked at it again since you saw it.")
            decision = decision_record(
                reviewer=reviewer,
                variant=variant,
                token=claim.token,
                action=action,
                reason=reason,
                note=note,
                lead=lead,
            )
    except StateConflict as conflict:
        return _unfit(seen) or RowResult(variant, Outcome.HELD, conflict.detail)
    return _told(decision)


def _unfit(seen: Seen) -> RowResult | None:
    """Why the line cannot be decided as it was seen."""
    now = Variant.objects.values_list("state", flat=True).get(pk=seen.variant.pk)
    if now == VariantState.BLOCKED:
        return RowResult(seen.variant, Outcome.BLOCKED, "The screen blocks it by now.")
    if now != VariantState.PENDING:
        return RowResult(seen.variant, Outcome.CHANGED, f"It is {VariantState(now).label} by now.")
    latest = Screening.objects.filter(variant=seen.variant).order_by("-id").values_list("pk", flat=True)
    if seen.screening is not None and latest.first() != seen.screening:
        words = "The screen has looked at it again since you saw it; see what it says now."
        return RowResult(seen.variant, Outcome.CHANGED, words)
    return None


def _told(decision: Decision) -> RowResult:
    variant = decision.variant
    if decision.kind == DecisionKind.EFFECTIVE:
        return RowResult(variant, Outcome.DONE, decision.get_action_display(), decision)
    now = Variant.objects.values_list("state", flat=True).get(pk=variant.pk)
    if now == VariantState.DISPUTED:
        words = "Noted. Another person judged it differently; a manager decides."
        return RowResult(variant, Outcome.DISPUTED, words, decision)
    words = "Noted. It needs four eyes: a second person has to say the same."
    return RowResult(variant, Outcome.SECOND, words, decision)
