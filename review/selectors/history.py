"""What a reviewer has decided lately, in brands that they still review for."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.db.models import Count, Exists, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce

from adgen.models import Role, VariantState
from adgen.selectors.access import visible
from review.models import Action, Decision, DecisionKind

UNDO_STEPS = 20


def recent_decisions(reviewer: User, limit: int) -> QuerySet[Decision]:
    """The last steps, newest first: each the decision that led it, with `undone`, its line, and how many
    `others` were made with it. An undo is no entry of its own."""
    led = Decision.objects.filter(lead=OuterRef("pk")).order_by()
    others = led.values("lead").annotate(count=Count("pk")).values("count")
    return (
        _with_lines(visible(Decision.objects.filter(reviewer=reviewer, lead=None), reviewer, Role.REVIEWER))
        .exclude(action=Action.UNDO)
        .annotate(others=Coalesce(Subquery(others), 0))
        .order_by("-id")[:limit]
    )


def undoable(reviewer: User) -> list[Decision]:
    """The decisions that an undo takes back, newest first: those of the latest of the last 20 steps of which
    any still stands.

    A skip stands only while its line is in the queue, an approval while it is in the feed; after that
    somebody else has decided. What has moved no line stands whatever became of the line.
    """
    for lead in recent_decisions(reviewer, UNDO_STEPS):
        made = [lead]
        if lead.others:  # type: ignore[attr-defined]
            made = [*_with_lines(Decision.objects.filter(lead=lead)).order_by("-id"), lead]
        if standing := [decision for decision in made if _stands(decision)]:
            return standing
    return []


def _with_lines(decisions: QuerySet[Decision]) -> QuerySet[Decision]:
    undone = Exists(Decision.objects.filter(undoes=OuterRef("pk")))
    later = Decision.objects.filter(
        variant=OuterRef("variant"), pk__gt=OuterRef("pk"), action=Action.APPROVE, kind=DecisionKind.EFFECTIVE
    )
    return decisions.select_related("variant", "edited_variant", "brand").annotate(
        undone=undone, overtaken=Exists(later)
    )


def _stands(decision: Decision) -> bool:
    stands_in = {Action.SKIP: VariantState.PENDING, Action.APPROVE: VariantState.APPROVED}
    state = decision.variant.state
    moved = decision.kind == DecisionKind.EFFECTIVE
    passed = moved and stands_in.get(Action(decision.action), state) != state
    # Retracted by somebody and approved anew, a line stands in the feed by the later approval.
    passed = passed or (moved and decision.action == Action.APPROVE and decision.overtaken)  # type: ignore[attr-defined]
    return not decision.undone and not passed  # type: ignore[attr-defined]
