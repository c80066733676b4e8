"""What a reviewer has decided lately, in brands that they still review for."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.db.models import Exists, OuterRef, QuerySet

from adgen.models import Role, VariantState
from adgen.selectors.access import visible
from review.models import Action, Decision, DecisionKind

UNDO_STEPS = 20


def recent_decisions(reviewer: User, limit: int) -> QuerySet[Decision]:
    """The last decisions, newest first, each with `undone` and its line; an undo is no entry of its own."""
    undone = Decision.objects.filter(undoes=OuterRef("pk"))
    return (
        visible(Decision.objects.filter(reviewer=reviewer), reviewer, Role.REVIEWER)
        .exclude(action=Action.UNDO)
        .select_related("variant", "edited_variant", "brand")
        .annotate(undone=Exists(undone))
        .order_by("-id")[:limit]
    )


def undoable(reviewer: User) -> Decision | None:
    """The decision that an undo takes back: the latest of the last 20 that still stands.

    A skip stands only while its line is in the queue, an approval while it is in the feed; after that
    somebody else has decided. What has moved no line stands whatever became of the line.
    """
    stands_in = {Action.SKIP: VariantState.PENDING, Action.APPROVE: VariantState.APPROVED}
    for decision in recent_decisions(reviewer, UNDO_STEPS):
        state = decision.variant.state
        moved = decision.kind == DecisionKind.EFFECTIVE
        passed = moved and stands_in.get(Action(decision.action), state) != state
        if not decision.undone and not passed:  # type: ignore[attr-defined]
            return decision
    return None
