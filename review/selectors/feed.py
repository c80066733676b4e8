"""The feed of approved copy, page by page."""

from __future__ import annotations

from dataclasses import dataclass

from adgen.models import Brand
from review.models import Publication


@dataclass(frozen=True)
class FeedPage:
    """Entries in the order of `seq`; `last_seq` is where the next page starts."""

    entries: tuple[Publication, ...]
    last_seq: int
    has_more: bool


def feed_page(*, brand: Brand, after: int, limit: int) -> FeedPage:
    """At most `limit` entries whose number is above `after`."""
    rows = Publication.objects.filter(brand=brand, seq__gt=after).select_related(
        "variant__batch__brief__campaign", "variant__adapter", "decision"
    )
    entries = tuple(rows.order_by("seq")[: limit + 1])
    shown = entries[:limit]
    return FeedPage(entries=shown, last_seq=shown[-1].seq if shown else after, has_more=len(entries) > limit)
