"""Gold items: whose turn has come, and how closely people look."""

from __future__ import annotations

from datetime import timedelta
from random import SystemRandom

from django.conf import settings
from django.contrib.auth.models import User
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from adgen.models import Brand, Variant, VariantState
from adgen.models.brands import MAX_GOLD_PERCENT
from review.models import (
    Answer,
    Claim,
    Decision,
    DecisionKind,
    GoldItem,
    GoldShowing,
    LookState,
    SecondLook,
)
from review.selectors.filters import QueueFilter

# Not a row of numbers that somebody could foresee.
_dice = SystemRandom()


def gold_due(claim: Claim, only: QueueFilter) -> GoldItem | None:
    """The gold item that comes instead of a line just taken; most times none.

    Drawn for each line, by the share that its brand wants; an item that fits what the person has chosen to
    see, that they have not met lately and never decided themselves, and that nobody has in hand.
    """
    # Drawn first: so the most lines cost no query.
    drawn = _dice.uniform(0, 100)
    if drawn >= MAX_GOLD_PERCENT:
        return None
    brand = Brand.objects.filter(variants=claim.variant_id).only("gold_percent").get()
    if drawn >= brand.gold_percent:
        return None
    return _unseen(brand, claim.reviewer, only).order_by("?").select_related("variant").first()


def _unseen(brand: Brand, reviewer: User, only: QueueFilter) -> QuerySet[GoldItem]:
    now = timezone.now()
    met = GoldShowing.objects.filter(
        item=OuterRef("pk"),
        reviewer=reviewer,
        shown_at__gt=now - timedelta(days=settings.ADGEN_GOLD_REST_DAYS),
    )
    decided = Decision.objects.filter(variant=OuterRef("variant"), reviewer=reviewer).exclude(
        kind=DecisionKind.GOLD
    )
    held = Claim.objects.filter(variant=OuterRef("variant"), expires_at__gt=now)
    return (
        usable(brand)
        .exclude(marked_by=reviewer)
        .filter(variant__in=only.narrow(Variant.objects.filter(brand=brand)))
        .filter(~Exists(met), ~Exists(decided), ~Exists(held))
    )


def usable(brand: Brand) -> QuerySet[GoldItem]:
    """The brand's gold items whose lines are still decided as they were when they were marked."""
    stands = Q(answer=Answer.APPROVE, variant__state=VariantState.APPROVED) | Q(
        answer=Answer.REJECT, variant__state=VariantState.REJECTED
    )
    return GoldItem.objects.filter(stands, brand=brand, active=True)


def gold_in_hand(reviewer: User, only: QueueFilter) -> QuerySet[Variant]:
    """The lines of gold items that were shown to the person and not answered yet."""
    shown = GoldShowing.objects.filter(reviewer=reviewer, decision=None)
    lines = Variant.objects.filter(gold__showings__in=shown, brand__in=only.brands(reviewer))
    return only.narrow(lines.exclude(state=VariantState.PENDING))


def candidates(brand: Brand, limit: int = 20) -> list[Variant]:
    """Decided lines that could become gold items: what two people agreed on first, then the newest."""
    agreed = SecondLook.objects.filter(variant=OuterRef("pk"), state=LookState.AGREED)
    decided = Variant.objects.filter(
        brand=brand, state__in=[VariantState.APPROVED, VariantState.REJECTED], edited_from=None
    )
    known = GoldItem.objects.filter(variant=OuterRef("pk"), active=True)
    lines = decided.filter(~Exists(known)).annotate(by_two=Exists(agreed))
    return list(lines.order_by("-by_two", "-id")[:limit])
