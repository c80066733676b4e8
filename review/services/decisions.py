"""Decisions on lines, and taking them back."""

from __future__ import annotations

import uuid
from contextlib import suppress
from dataclasses import dataclass

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction

from adgen.errors import StateConflict
from adgen.models import AuditAction, FourEyes, Role, Variant, VariantState
from adgen.selectors.access import require_role
from adgen.selectors.variants import queue_state
from adgen.services.variants import variant_move
from review.models import Action, Claim, Decision, DecisionKind, Publication, PublicationKind, Reason
from review.selectors.history import UNDO_STEPS, undoable
from review.services.claims import MOST_BESIDE, claim_hold, claim_spend
from review.services.gold import gold_answer, gold_take_back
from review.services.judgements import (
    STATE_AFTER,
    Judgement,
    decision_audit,
    judgement_apply,
    judgement_check,
)
from review.services.locks import lines_lock
from review.services.publications import publication_add
from review.services.second_look import (
    look_ended_by,
    look_reopen,
    look_take,
    opinion_withdraw,
    states_before,
)
from review.services.unseen import unseen_refuse

MAX_DURATION_MS = 24 * 60 * 60 * 1000
# A line with its near-duplicates is taken back whole; more takes several goes: no transaction is long.
MOST_UNDONE = MOST_BESIDE + 1
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
    lead: Decision | None = None,
) -> Decision:
    """Record what `reviewer` decided about the line in hand, all of it or nothing.

    approve publishes it; edit replaces it by `text`, which is screened before it counts; reject needs a
    `reason`, and `other` a `note`; skip leaves it in the queue. Where two people judge the line, what the
    first says moves nothing; nor does the answer to a gold item. `lead` is the first decision of the same
    step. Raises NotFound, NotAllowed, Invalid, and StateConflict where `token` is not that of the caller's
    live claim, the line left the queue, or the screen has found more on a line to be approved since then.
    """
    require_role(reviewer, variant.brand, Role.REVIEWER)
    given = Judgement(action, reason, note, text, duration_ms, lead)
    judgement_check(given)
    with transaction.atomic():
        if variant.brand.four_eyes != FourEyes.NO:
            # A first opinion leaves the line in the queue, at its campaign's place.
            lines_lock([variant.pk])
        claim = claim_spend(reviewer=reviewer, variant=variant, token=token)
        decision = gold_answer(reviewer=reviewer, variant=variant, given=given)
        if decision is None and action != Action.SKIP:
            decision = look_take(reviewer=reviewer, variant=variant, given=given, is_judged=claim.is_judged)
        decision = decision or judgement_apply(
            reviewer=reviewer, variant=variant, given=given, before=states_before(action)
        )
        if action == Action.APPROVE:
            unseen_refuse(variant=variant, seen=claim.seen)
        return decision


@dataclass(frozen=True)
class Undone:
    """A step that was taken back, or a part of it: the `undos`, that of the step's first decision last.

    `kept` says by line what cannot be taken back any more; `left` counts what is still to be taken back.
    """

    undos: list[Decision]
    kept: dict[int, str]
    left: int


def step_undo(*, reviewer: User) -> Undone:
    """Take back the latest step of `reviewer` that still stands, MOST_UNDONE of its lines at a time.

    Its first line is in their hand again, unless the screen blocks it by now or it is before a manager.
    An approved line, or the published edit of a line, leaves the feed by a `retracted` entry. Raises
    StateConflict where nothing is left to take back (only the last 20 steps can be), and where none of the
    lines can be: somebody else has decided on the edited line, holds the skipped one, or was the second to
    judge it.
    """
    standing = undoable(reviewer)
    if not standing:
        raise StateConflict(f"Nothing to take back: an undo reaches your last {UNDO_STEPS} decisions.")
    undos: list[Decision] = []
    kept: dict[int, str] = {}
    # What can be taken back of a long step may come after much that cannot.
    while standing and not undos:
        part, standing = standing[:MOST_UNDONE], standing[MOST_UNDONE:]
        with transaction.atomic():
            lines_lock(
                [pk for decision in part for pk in (decision.variant_id, decision.edited_variant_id) if pk]
            )
            for decision in part:
                try:
                    undos.append(_undo(decision))
                except StateConflict as conflict:
                    kept[decision.variant_id] = conflict.detail
                    refusal = conflict
    if not undos:
        raise refusal
    return Undone(undos, kept, left=len(standing))


def _undo(decision: Decision) -> Decision:
    with transaction.atomic():
        undo = _undo_create(decision)
        entry = None
        if decision.kind == DecisionKind.EFFECTIVE:
            entry = _effect_undo(decision, undo)
        else:
            _word_undo(decision)
        decision_audit(undo, AuditAction.UNDO, entry)
    return undo


def _effect_undo(decision: Decision, undo: Decision) -> Publication | None:
    """Put the line back where it came from; returns the entry by which one left the feed."""
    look = look_ended_by(decision)
    state = VariantState.DISPUTED if look and look.is_settled else queue_state(decision.variant)
    # Claims before lines, as a decision takes them: or the two could wait for each other.
    if state == VariantState.PENDING:
        _take_in_hand(decision)
    if look:
        look_reopen(look)
    published: Variant | None = None
    if decision.action == Action.APPROVE:
        published = decision.variant
    elif decision.edited_variant is not None:
        published = _edit_withdraw(decision.edited_variant)
    variant_move(variant=decision.variant, expected=[STATE_AFTER[Action(decision.action)]], state=state)
    if published is None:
        return None
    return publication_add(decision=undo, variant=published, kind=PublicationKind.RETRACTED)


def _word_undo(decision: Decision) -> None:
    """Take back what has moved no line. Who has the line in hand by now keeps it."""
    with suppress(StateConflict):
        _take_in_hand(decision)
    if decision.kind == DecisionKind.GOLD:
        gold_take_back(decision)
    elif opinion_withdraw(decision) != VariantState.PENDING:
        Claim.objects.filter(variant=decision.variant, reviewer=decision.reviewer).delete()


def _take_in_hand(decision: Decision) -> None:
    """Put the line back into its reviewer's hand; one that followed another in a step is held with that."""
    claim = claim_hold(reviewer=decision.reviewer, variant=decision.variant)
    if decision.lead_id is not None:
        claim.delete()


def line_retract(*, reviewer: User, variant: Variant, note: str = "") -> Decision:
    """Take a line out of the feed, whoever approved it: a rejection, which its author can undo.

    Raises NotFound, NotAllowed, Invalid, and StateConflict where the line is not in the feed.
    """
    require_role(reviewer, variant.brand, Role.REVIEWER)
    judgement_check(Judgement(Action.REJECT, Reason.POLICY, note))
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
        decision_audit(decision, AuditAction.RETRACTION, entry)
    return decision


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
