"""One decision for a line in hand and for near-duplicates that are held with it."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from django.contrib.auth.models import User
from django.db import transaction

from adgen.errors import Invalid
from adgen.models import Variant
from review.models import Action, Claim, Decision
from review.services.claims import MOST_BESIDE
from review.services.decisions import decision_record
from review.services.locks import lines_lock
from review.services.rows import Outcome, RowResult, Seen, row_decide

_GONE = "It is not in your hand any more: it was decided, or somebody else has it."


@dataclass(frozen=True)
class Spread:
    """The decision on the line in hand, and what became of each of the others."""

    decision: Decision
    others: list[RowResult]


def cluster_decide(
    *,
    reviewer: User,
    variant: Variant,
    token: uuid.UUID,
    action: Action,
    also: Sequence[int],
    reason: str = "",
    note: str = "",
    text: str = "",
    duration_ms: int | None = None,
) -> Spread:
    """Decide about the line in hand, and the same about `also`: near-duplicates that the person has chosen.

    Each line has a decision of its own, and all are taken back in one step. One transaction, as there are at
    most MOST_BESIDE others; one of these that cannot be decided is left out and told. Raises as
    `decision_record` does; then nothing is decided.
    """
    if also and action == Action.EDIT:
        raise Invalid("An edit is of one line.", fields={"also": ["leave it out, or approve or reject"]})
    if len(also) > MOST_BESIDE:
        raise Invalid("Too many lines.", fields={"also": [f"at most {MOST_BESIDE}"]})
    with transaction.atomic():
        beside = Claim.objects.filter(reviewer=reviewer, beside=variant, token=token, variant__in=also)
        held = {
            claim.variant_id: Seen(claim.variant, claim.seen_id)
            for claim in beside.select_related("variant__brand")
        }
        if held:
            lines_lock([variant.pk, *held])
        decision = decision_record(
            reviewer=reviewer,
            variant=variant,
            token=token,
            action=action,
            reason=reason,
            note=note,
            text=text,
            duration_ms=duration_ms,
        )
        others = [
            row_decide(
                reviewer=reviewer,
                seen=held[pk],
                action=action,
                reason=reason,
                note=note,
                lead=decision,
            )
            if pk in held
            else RowResult(Variant(pk=pk), Outcome.HELD, _GONE)
            for pk in dict.fromkeys(also)
        ]
    return Spread(decision, others)
