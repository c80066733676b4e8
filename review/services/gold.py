"""Gold items: lines with a known answer that reviewers meet among others."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.utils import timezone

from adgen.errors import StateConflict
from adgen.models import AuditAction, Role, Variant, VariantState
from adgen.selectors.access import require_role
from adgen.services.audit import audit_record
from review.models import Action, Answer, Decision, DecisionKind, GoldItem, GoldShowing
from review.services.judgements import Judgement, decision_audit, judgement_keep

ANSWER_OF = {VariantState.APPROVED: Answer.APPROVE, VariantState.REJECTED: Answer.REJECT}


def gold_mark(*, manager: User, variant: Variant) -> GoldItem:
    """Make a decided line a gold item, whose answer is what was decided. Raises NotFound, NotAllowed,
    and StateConflict where the line is neither approved nor rejected or is a gold item already.
    """
    require_role(manager, variant.brand, Role.MANAGER)
    with transaction.atomic():
        state = (
            Variant.objects.select_for_update(no_key=True).values_list("state", flat=True).get(pk=variant.pk)
        )
        answer = ANSWER_OF.get(VariantState(state))
        if answer is None:
            raise StateConflict("Only a line that is approved or rejected has a known answer.")
        item, is_new = GoldItem.objects.get_or_create(
            variant=variant,
            defaults={"brand": variant.brand, "answer": answer, "marked_by": manager},
        )
        # One that was taken out comes in again, with today's answer.
        again = GoldItem.objects.filter(pk=item.pk, active=False)
        if not is_new and not again.update(active=True, answer=answer, marked_by=manager):
            raise StateConflict("This line is a gold item already.")
        _audit(item, manager, AuditAction.GOLD_MARKED)
    item.refresh_from_db()
    return item


def gold_remove(*, manager: User, item: GoldItem) -> None:
    """Show the item to nobody any more; what people made of it stays. Raises NotFound, NotAllowed,
    StateConflict.
    """
    require_role(manager, item.brand, Role.MANAGER)
    with transaction.atomic():
        if not GoldItem.objects.filter(pk=item.pk, active=True).update(active=False):
            raise StateConflict("This line is no gold item any more.")
        _audit(item, manager, AuditAction.GOLD_REMOVED)


def gold_shown(*, item: GoldItem, reviewer: User) -> None:
    """Note that `reviewer` has the item in hand."""
    open_ = GoldShowing.objects.filter(item=item, reviewer=reviewer, decision=None)
    if not open_.update(shown_at=timezone.now()):
        GoldShowing.objects.create(
            item=item, brand_id=item.brand_id, reviewer=reviewer, shown_at=timezone.now()
        )


def gold_answer(*, reviewer: User, variant: Variant, given: Judgement) -> Decision | None:
    """What `reviewer` says of the gold item in hand: it is counted, and changes nothing. None for any other
    line. Call it in the transaction that spends the claim.

    An edit says, as a rejection does, that the line may not go out as it is; a skip says nothing.
    """
    if variant.state not in ANSWER_OF:
        return None
    showing = GoldShowing.objects.filter(item__variant=variant, reviewer=reviewer, decision=None)
    if (shown := showing.select_related("item").first()) is None:
        return None
    item = shown.item
    decision = judgement_keep(reviewer=reviewer, variant=variant, given=given, kind=DecisionKind.GOLD)
    if given.action != Action.SKIP:
        right = (given.action == Action.APPROVE) == (item.answer == Answer.APPROVE)
        showing.filter(pk=shown.pk).update(decision=decision, right=right)
    decision_audit(decision, AuditAction.DECISION, told={"gold_item": item.pk})
    return decision


def gold_take_back(decision: Decision) -> None:
    """Undo an answer: the item waits for another one."""
    try:
        with transaction.atomic():
            GoldShowing.objects.filter(decision=decision).update(decision=None, right=None)
    except IntegrityError:
        raise StateConflict("You have this line in hand again already.") from None


def _audit(item: GoldItem, manager: User, action: AuditAction) -> None:
    audit_record(
        brand=item.brand,
        actor=manager,
        action=action,
        subject=item.variant,
        details={"text": item.variant.text, "answer": item.answer},
    )
