"""Variants with what the screen says about them."""

from __future__ import annotations

from typing import TypeVar, cast

from django.db import connection
from django.db.models import Model, OuterRef, Q, QuerySet, Subquery

from adgen.models import Brand, Campaign, Release, Role, Screening, Variant, VariantState
from adgen.selectors.access import AnyUser, brands_of
from adgen.statements import columns, read

Row = TypeVar("Row", bound=Model)

_LINE = f"""
SELECT {columns(line=Variant, brand=Brand)}
FROM adgen_variant line JOIN adgen_brand brand ON brand.id = line.brand_id WHERE line.id = %s
"""  # noqa: S608
_SCREENINGS = f"SELECT {columns(seen=Screening)} FROM adgen_screening seen WHERE variant_id = %s ORDER BY id"  # noqa: S608
_LATEST = "SELECT max(id) FROM adgen_screening WHERE variant_id = %s"


def line_with_brand(pk: int) -> Variant:
    """A line and its brand; raises Variant.DoesNotExist. `pk` fits into a column of numbers."""
    for line, brand in read(_LINE, [pk], Variant, Brand):
        line.brand = brand
        return cast(Variant, line)
    raise Variant.DoesNotExist(pk)


def screenings_of(variant: Variant) -> list[Screening]:
    """What the screen has said of a line, the latest last."""
    return [screening for (screening,) in read(_SCREENINGS, [variant.pk], Screening)]


def latest_screening(variant: Variant) -> int | None:
    """The number of the line's latest screening."""
    with connection.cursor() as cursor:
        cursor.execute(_LATEST, [variant.pk])
        (latest,) = cursor.fetchone()
    return cast("int | None", latest)


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
