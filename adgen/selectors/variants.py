"""Variants with what the screen says about them."""

from __future__ import annotations

from typing import TypeVar

from django.db.models import Model, OuterRef, Q, QuerySet, Subquery

from adgen.models import Campaign, Release, Role, Screening, Variant, VariantState
from adgen.selectors.access import AnyUser, brands_of

Row = TypeVar("Row", bound=Model)


def of_latest_screening(field: str) -> Subquery:
    """A field of a variant's latest screening, None before the first: an annotation of variants."""
    return Subquery(Screening.objects.filter(variant=OuterRef("pk")).order_by("-id").values(field)[:1])


def without_blocked(rows: QuerySet[Row], user: AnyUser, *, variant: str = "") -> QuerySet[Row]:
    """Those of `rows` that are not about a blocked line, unless the person manages its brand.

    `variant` is the path from a row to its variant, with its dunder: `variant__`.
    """
    managed = brands_of(user, Role.MANAGER)
    return rows.filter(
        ~Q(**{f"{variant}state": VariantState.BLOCKED}) | Q(**{f"{variant}brand__in": managed})
    )


def variants_with_verdict() -> QuerySet[Variant]:
    """All variants, each with the `verdict` of its latest screening."""
    return Variant.objects.annotate(verdict=of_latest_screening("verdict"))


def queue_state(variant: Variant) -> VariantState:
    """Where a line belongs that nobody has decided on: in the queue, unless the screen blocks it by now."""
    latest = variant.screenings.order_by("-id").first()
    is_blocked = latest is not None and latest.verdict == "block"
    if is_blocked and not Release.objects.filter(variant=variant).exists():
        return VariantState.BLOCKED
    return VariantState.PENDING


def queue_turn(campaign: Campaign) -> int:
    """The turn that has come in the review queue, where a new batch of `campaign` joins it.

    Counted among the brand's lines with the same deadline.
    """
    waiting = Variant.objects.filter(
        brand=campaign.brand_id, state=VariantState.PENDING, flagged=False, due=campaign.due
    )
    return waiting.order_by("turn").values_list("turn", flat=True).first() or 0
