"""What a rescreen still has to do."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import QuerySet

from adgen.models import Brand, Rescreen, Variant, VariantState

# Lines between two looks at the queue for other work.
SLICE = 256
# What is in the queue or before a manager, in the feed, or on its way from an edit into the feed.
RESCREENED = (VariantState.PENDING, VariantState.DISPUTED, VariantState.CLEARED, VariantState.APPROVED)


@dataclass(frozen=True)
class Slice:
    """Lines to screen, in order; with them all lines up to number `upto` are over."""

    lines: tuple[Variant, ...]
    upto: int


def rescreenable(brand: Brand) -> QuerySet[Variant]:
    """The brand's lines that a change of the screen concerns."""
    return Variant.objects.filter(brand=brand, state__in=RESCREENED)


def next_slice(rescreen: Rescreen) -> Slice:
    """The lines behind the cursor, with briefs and facts: three queries, whatever the length of the rest."""
    ahead = Variant.objects.filter(brand=rescreen.brand_id, id__gt=rescreen.cursor, id__lte=rescreen.last)
    # The numbers first, whatever their lines' state: so an index gives them in order, and each is met once.
    numbers = list(ahead.order_by("id").values_list("id", flat=True)[:SLICE])
    upto = numbers[-1] if len(numbers) == SLICE else rescreen.last
    lines = rescreenable(rescreen.brand).filter(id__gt=rescreen.cursor, id__lte=upto)
    with_brief = lines.select_related("batch__brief__campaign", "batch__brief__brand").order_by("id")
    return Slice(tuple(with_brief.prefetch_related("batch__brief__brand__facts")), upto)
