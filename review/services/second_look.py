"""Four eyes: lines that two people judge, and a manager where they do not say the same.

The first opinion moves nothing, so that the line waits at its place in the queue as it did before; the queue
keeps it from whoever gave it.
"""

from __future__ import annotations

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.db.models import Q

from adgen.errors import Invalid, StateConflict
from adgen.models import AuditAction, FourEyes, Role, Variant, VariantState
from adgen.selectors.access import require_role
from adgen.selectors.variants import queue_state
from adgen.services.audit import Detail, audit_record
from adgen.services.variants import variant_move
from review.models import Action, Decision, DecisionKind, LookState, SecondLook
from review.services.judgements import (
    Judgement,
    decision_audit,
    decision_told,
    judgement_apply,
    judgement_check,
    judgement_keep,
)
from review.services.locks import lines_lock

# What the screen blocks while somebody has it in hand can still be reworded or rejected, but not approved.
REFUSABLE = (VariantState.PENDING, VariantState.BLOCKED)


def states_before(action: Action) -> tuple[VariantState, ...]:
    """The states in which a line in hand can be decided so."""
    return REFUSABLE if action in (Action.EDIT, Action.REJECT) else (VariantState.PENDING,)


def look_take(*, reviewer: User, variant: Variant, given: Judgement, is_judged: bool) -> Decision | None:
    """What becomes of a judgement where two people judge the line; None where one is enough.

    `is_judged` says that the line had an opinion when its claim was spent, in this transaction. Raises
    StateConflict where the other person took their opinion back at the same moment: then this one can be
    given again, as the first.
    """
    open_ = SecondLook.objects.filter(variant=variant, state=LookState.OPEN).select_related("first")
    if is_judged and (look := open_.select_for_update(of=["self"], no_key=True).first()):
        return _second(look, reviewer, variant, given)
    return _first(reviewer, variant, given) if _needs_two(variant, given) else None


def _needs_two(variant: Variant, given: Judgement) -> bool:
    """Whether the brand wants two people for this line. To reject what the screen blocks, one will do."""
    if variant.brand.four_eyes == FourEyes.NO:
        return False
    wanted = Q() if variant.brand.four_eyes == FourEyes.ALL else Q(flagged=True)
    state = Variant.objects.filter(wanted, pk=variant.pk).values_list("state", flat=True).first()
    if state == VariantState.BLOCKED and given.action == Action.EDIT:
        raise StateConflict(
            "The screen has stopped this line since you took it, and two people judge such lines here: "
            "reject it, or leave it."
        )
    return state is not None and state != VariantState.BLOCKED


def _first(reviewer: User, variant: Variant, given: Judgement) -> Decision:
    variant_move(variant=variant, expected=[VariantState.PENDING], state=VariantState.PENDING)
    decision = judgement_keep(reviewer=reviewer, variant=variant, given=given, kind=DecisionKind.OPINION)
    try:
        with transaction.atomic():
            SecondLook.objects.create(
                variant=variant, brand=variant.brand, first=decision, first_reviewer=reviewer
            )
    except IntegrityError:
        raise StateConflict("Somebody else has judged this line at the same moment.") from None
    # How they judged it, the log says once both have: managers, who read it, judge lines as well.
    audit_record(
        brand=variant.brand,
        actor=reviewer,
        action=AuditAction.DECISION,
        subject=variant,
        details={"decision": decision.pk, "text": variant.text, "opinion": "the first of two"},
    )
    return decision


def _second(look: SecondLook, reviewer: User, variant: Variant, given: Judgement) -> Decision:
    if look.first_reviewer_id == reviewer.pk:
        raise StateConflict("You have judged this line already; it waits for somebody else.")
    first = look.first
    told: dict[str, Detail] = {"first_opinion": _told(first)}
    if _say_the_same(first, given):
        state = LookState.AGREED
        decision = judgement_apply(
            reviewer=reviewer,
            variant=variant,
            given=given,
            before=states_before(given.action),
            told=told,
        )
    else:
        state = LookState.DISPUTED
        variant_move(variant=variant, expected=states_before(given.action), state=VariantState.DISPUTED)
        decision = judgement_keep(reviewer=reviewer, variant=variant, given=given, kind=DecisionKind.OPINION)
        decision_audit(decision, AuditAction.DECISION, told=told)
    _move(
        look,
        LookState.OPEN,
        state=state,
        second=decision,
        second_reviewer=reviewer,
        ending=decision if state == LookState.AGREED else None,
    )
    return decision


def _say_the_same(first: Decision, second: Judgement) -> bool:
    """Why two people reject a line may differ; what they make of it may not."""
    if first.action != second.action:
        return False
    return first.action != Action.EDIT or first.wording == " ".join(second.text.split())


def dispute_settle(*, manager: User, look: SecondLook, given: Judgement) -> Decision:
    """A manager's decision about a line that two people judged differently; it takes effect.

    Raises NotFound, NotAllowed, Invalid, and StateConflict where another manager was faster or the screen
    blocks a line that is to be approved.
    """
    require_role(manager, look.brand, Role.MANAGER)
    judgement_check(given)
    if given.action == Action.SKIP:
        raise Invalid(
            "Decide, or leave the line in the list.", fields={"action": ["approve, edit or reject"]}
        )
    with transaction.atomic():
        lines_lock([look.variant_id])
        disputed = SecondLook.objects.filter(pk=look.pk, state=LookState.DISPUTED)
        if disputed.select_for_update(no_key=True).first() is None:
            raise StateConflict("Somebody else has settled this by now.")
        if given.action == Action.APPROVE and queue_state(look.variant) == VariantState.BLOCKED:
            raise StateConflict("The screen blocks this line by now: reject it, or reword it.")
        decision = judgement_apply(
            reviewer=manager,
            variant=look.variant,
            given=given,
            before=[VariantState.DISPUTED],
            audit_as=AuditAction.DISPUTE_SETTLED,
            told={"opinions": [_told(opinion) for opinion in (look.first, look.second) if opinion]},
        )
        _move(look, LookState.DISPUTED, state=LookState.SETTLED, ending=decision)
    return decision


def opinion_withdraw(opinion: Decision) -> VariantState:
    """Undo one of two opinions; returns where the line is now. Call it in the undo's transaction.

    The first can be taken back until the second is given, the second until a manager has decided.
    """
    if SecondLook.objects.filter(first=opinion, state=LookState.OPEN).delete()[0]:
        return VariantState(Variant.objects.values_list("state", flat=True).get(pk=opinion.variant_id))
    look = SecondLook.objects.filter(second=opinion, state=LookState.DISPUTED).first()
    if look is None:
        raise StateConflict(_why_it_stays(opinion))
    _move(look, LookState.DISPUTED, state=LookState.OPEN, second=None, second_reviewer=None)
    state = queue_state(opinion.variant)
    variant_move(variant=opinion.variant, expected=[VariantState.DISPUTED], state=state)
    return state


def look_ended_by(decision: Decision) -> SecondLook | None:
    """What two people said before a decision took effect."""
    return SecondLook.objects.filter(ending=decision).first()


def look_reopen(look: SecondLook) -> None:
    """Undo the end of a look: it waits for a manager again, or else for the second person."""
    if look.is_settled:
        _move(look, LookState.SETTLED, state=LookState.DISPUTED, ending=None)
    else:
        _move(look, LookState.AGREED, state=LookState.OPEN, second=None, second_reviewer=None, ending=None)


def _move(look: SecondLook, expected: LookState, **changes: object) -> None:
    if not SecondLook.objects.filter(pk=look.pk, state=expected).update(**changes):
        raise StateConflict("Somebody else has judged this line at the same moment; nothing was saved.")


def _why_it_stays(opinion: Decision) -> str:
    line = f"“{opinion.variant}” can no longer be taken back: "
    if SecondLook.objects.filter(first=opinion, state=LookState.DISPUTED).exists():
        return line + "a second person has judged it since, and it is before a manager."
    if SecondLook.objects.filter(first=opinion, state=LookState.AGREED).exists():
        return line + "a second person has judged it since, and said the same."
    return line + "a manager has decided on it since."


def _told(opinion: Decision) -> dict[str, Detail]:
    return {"by": opinion.reviewer.get_username(), **decision_told(opinion)}
