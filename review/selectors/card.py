"""All that a reviewer sees beside one line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from django.db.models import Q
from django.utils import timezone

from adgen.channels import SlotFormat, slot_format
from adgen.models import Brand, Brief, Fact, Screening, Variant, VariantState
from review.models import Claim
from review.selectors.order import why_next

_SIBLINGS = 8
_CLAIMS = 12
# What was taken back or replaced helps no comparison, and what the screen blocked is shown to nobody here.
_NO_SIBLINGS = (VariantState.WITHDRAWN, VariantState.EDITED, VariantState.BLOCKED)


@dataclass(frozen=True)
class Piece:
    """A stretch of the text, with the numbers (from 1) of the findings that mark it."""

    text: str
    numbers: tuple[int, ...]
    severity: str


@dataclass(frozen=True)
class Card:
    """One claimed line with its context."""

    claim: Claim
    variant: Variant
    slot: SlotFormat
    brand: Brand
    brief: Brief
    screening: Screening | None
    pieces: tuple[Piece, ...]
    siblings: tuple[Variant, ...]
    claims: tuple[Fact, ...]
    why: tuple[str, ...]

    @property
    def never(self) -> list[str]:
        """Words of the brief and of the brand that no line may contain, each once."""
        return list(dict.fromkeys([*self.brief.must_avoid, *self.brand.banned_words]))


def card_of(claim: Claim) -> Card:
    """The card of a claim: five queries, whatever the length of the queue."""
    variant = Variant.objects.select_related(
        "brand", "batch__brief__campaign", "batch__brief__brand", "adapter", "edited_from"
    ).get(pk=claim.variant_id)
    screening = variant.screenings.order_by("-id").first()
    siblings = Variant.objects.filter(batch=variant.batch_id, slot=variant.slot).exclude(
        Q(pk=variant.pk) | Q(state__in=_NO_SIBLINGS)
    )
    today = timezone.localdate()
    claims = Fact.objects.filter(brand=variant.brand_id, is_claim=True).filter(
        Q(expires_on=None) | Q(expires_on__gte=today)
    )
    return Card(
        claim=claim,
        variant=variant,
        slot=slot_format(variant.slot),
        brand=variant.brand,
        brief=variant.batch.brief,
        screening=screening,
        pieces=pieces_of(variant.text, screening.findings if screening else ()),
        siblings=tuple(siblings.order_by("index")[:_SIBLINGS]),
        claims=tuple(claims[:_CLAIMS]),
        why=tuple(why_next(variant)),
    )


def pieces_of(text: str, findings: Sequence[Mapping[str, Any]]) -> tuple[Piece, ...]:
    """Cut `text` wherever a finding starts or ends; the pieces join up to the text again."""
    spans = [
        (max(0, finding["start"]), min(len(text), finding["end"]), number, finding["severity"])
        for number, finding in enumerate(findings, start=1)
    ]
    cuts = sorted({0, len(text), *(cut for start, end, *_ in spans if start < end for cut in (start, end))})
    pieces = []
    for left, right in pairwise(cuts):
        over = [span for span in spans if span[0] <= left and right <= span[1]]
        severity = "block" if any(span[3] == "block" for span in over) else "flag" if over else ""
        pieces.append(Piece(text[left:right], tuple(span[2] for span in over), severity))
    return tuple(pieces)
