"""Blind comparisons of two adapters: which line a person prefers, without knowing who wrote which."""

from __future__ import annotations

from datetime import timedelta
from random import SystemRandom

from django.conf import settings
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.utils import timezone

from adgen.errors import Invalid, NotFound, StateConflict
from adgen.models import Adapter, AuditAction, Brand, Brief, Role
from adgen.selectors.access import require_role
from adgen.services.audit import audit_record
from adgen.services.batches import batch_request
from review.models import Choice, Comparison, Trial
from review.selectors.comparisons import next_pair

_dice = SystemRandom()


def trial_open(
    *, manager: User, challenger: Adapter, rival: Adapter | None, brief: Brief | None = None
) -> Trial:
    """Begin to compare two adapters of a brand; `rival` None is the base model alone.

    Lines of the same brief and slot that both have written are compared. With `brief`, each writes the
    brief's lines now; they go to the review queue like any others. Raises NotFound, NotAllowed, Invalid, and
    StateConflict while another trial of the brand is open.
    """
    brand = challenger.brand
    require_role(manager, brand, Role.MANAGER)
    for field, row in (("rival", rival), ("brief", brief)):
        if row is not None and row.brand_id != brand.pk:
            raise NotFound(f"No {field} {row.pk}.", fields={field: [f"No {field} {row.pk}."]})
    if rival == challenger:
        raise Invalid("An adapter cannot be compared with itself.", fields={"rival": ["name another one"]})
    with transaction.atomic():
        try:
            with transaction.atomic():
                trial = Trial.objects.create(
                    brand=brand, challenger=challenger, rival=rival, opened_by=manager
                )
        except IntegrityError:
            raise StateConflict(f"Another trial of {brand} is open; close it first.") from None
        if brief is not None:
            for writer in (challenger, rival):
                batch_request(brief=brief, requested_by=manager, writer=writer)
        _audit_trial(trial, manager, AuditAction.TRIAL_OPENED)
    return trial


def trial_close(*, manager: User, trial: Trial) -> None:
    """Show no more pairs; what was chosen stays. Raises NotFound, NotAllowed, StateConflict."""
    require_role(manager, trial.brand, Role.MANAGER)
    with transaction.atomic():
        if not Trial.objects.filter(pk=trial.pk, is_open=True).update(is_open=False):
            raise StateConflict("This trial is closed already.")
        Comparison.objects.filter(trial=trial, choice="").delete()
        _audit_trial(trial, manager, AuditAction.TRIAL_CLOSED)


def comparison_next(*, reviewer: User, brand: Brand) -> Comparison | None:
    """The pair that `reviewer` judges next: the one in hand, else one that another let lie, else a new one.

    None where the brand has no open trial or its lines are used up. Raises NotFound, NotAllowed.
    """
    require_role(reviewer, brand, Role.REVIEWER)
    trial = Trial.objects.filter(brand=brand, is_open=True).first()
    if trial is None:
        return None
    open_ = Comparison.objects.filter(trial=trial, choice="").select_related(
        "challenger_line__batch__brief__campaign", "rival_line", "brand"
    )
    if mine := open_.filter(reviewer=reviewer).first():
        return mine
    now = timezone.now()
    lying = open_.filter(shown_at__lt=now - timedelta(seconds=settings.ADGEN_CLAIM_SECONDS))
    for left in lying.order_by("id"):
        if lying.filter(pk=left.pk).update(reviewer=reviewer, shown_at=now):
            return open_.get(pk=left.pk)
    return _draw(trial, reviewer)


def comparison_choose(*, reviewer: User, comparison: Comparison, choice: Choice) -> Comparison:
    """Store what `reviewer` prefers of the two in their hand. It changes nothing about the lines.

    Raises NotFound, NotAllowed, StateConflict where the pair is not theirs any more or is chosen already.
    """
    require_role(reviewer, comparison.brand, Role.REVIEWER)
    with transaction.atomic():
        own = Comparison.objects.filter(pk=comparison.pk, reviewer=reviewer, choice="", trial__is_open=True)
        if not own.update(choice=choice, chosen_at=timezone.now()):
            raise StateConflict("These two are not yours to compare any more; nothing was saved.")
        audit_record(
            brand=comparison.brand,
            actor=reviewer,
            action=AuditAction.COMPARISON,
            subject=comparison,
            details={"trial": comparison.trial_id, "choice": choice},
        )
    comparison.refresh_from_db()
    return comparison


def preferences_taken(*, brand: Brand, by: User) -> None:
    """Put on record that the brand's preference pairs are being taken away."""
    with transaction.atomic():
        audit_record(brand=brand, actor=by, action=AuditAction.PAIRS_EXPORTED, subject=brand)


def _draw(trial: Trial, reviewer: User) -> Comparison | None:
    """Put the next two lines before the reviewer. Whoever is slower at the same two draws again."""
    while pair := next_pair(trial, reviewer):
        challenger_line, rival_line = pair
        try:
            with transaction.atomic():
                return Comparison.objects.create(
                    trial=trial,
                    brand=trial.brand,
                    challenger_line=challenger_line,
                    rival_line=rival_line,
                    challenger_left=_dice.random() < 0.5,
                    reviewer=reviewer,
                    shown_at=timezone.now(),
                )
        except IntegrityError:
            if mine := Comparison.objects.filter(trial=trial, reviewer=reviewer, choice="").first():
                return mine
    return None


def _audit_trial(trial: Trial, manager: User, action: AuditAction) -> None:
    audit_record(
        brand=trial.brand,
        actor=manager,
        action=action,
        subject=trial,
        details={
            "challenger": trial.challenger.digest,
            "rival": trial.rival.digest if trial.rival else "the base model alone",
        },
    )
