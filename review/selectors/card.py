"""All that a reviewer sees beside one line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from django.db.models import Q, Window
from django.db.models.functions import RowNumber
from django.utils import timezone

from adgen.channels import SlotFormat, slot_format
from adgen.models import Brand, Brief, Fact, Screening, Variant, VariantState
from review.models import Claim, Comment
from review.selectors.blind import as_waiting, words_for
from review.selectors.clusters import Kin, family_of
from review.selectors.comments import commented, comments_of
from review.selectors.order import why_next
from review.selectors.previews import Preview, preview_of, slots_beside

_SIBLINGS = 8
_FACTS = 24
# What was taken back or replaced helps no comparison, and what the screen blocked is shown to nobody here.
_HIDDEN = (VariantState.WITHDRAWN, VariantState.EDITED, VariantState.BLOCKED)


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
    preview: Preview
    siblings: tuple[Variant, ...]
    facts: tuple[Fact, ...]
    why: tuple[str, ...]
    comments: tuple[Comment, ...]
    kin: tuple[Kin, ...]

    @property
    def claims(self) -> list[Fact]:
        """What a line may state, by today."""
        return [fact for fact in self.facts if fact.is_claim and not _is_over(fact)]

    @property
    def lapsed(self) -> list[Fact]:
        """What a line could state until it expired."""
        return [fact for fact in self.facts if fact.is_claim and _is_over(fact)]

    @property
    def background(self) -> list[Fact]:
        """What is known, but no line's to claim."""
        return [fact for fact in self.facts if not fact.is_claim]

    @property
    def must_say(self) -> list[str]:
        """Words of the brief and of the brand that a line has, where they fit, each once."""
        return list(dict.fromkeys([*self.brief.must_include, *self.brand.required_words]))

    @property
    def category(self) -> str:
        """The special ad categories of campaign and brand, in words; empty where there is none."""
        owners = [owner for owner in (self.brief.campaign, self.brand) if owner.special_category]
        return ", ".join(dict.fromkeys(str(owner.get_special_category_display()) for owner in owners))

    @property
    def never(self) -> list[str]:
        """Words of the brief and of the brand that no line may contain, each once."""
        return list(dict.fromkeys([*self.brief.must_avoid, *self.brand.banned_words]))


def card_of(claim: Claim) -> Card:
    """The card of a claim: five queries, six where people commented, at any length of the queue."""
    lines = Variant.objects.select_related(
        "brand", "batch__brief__campaign", "batch__brief__brand", "adapter", "edited_from"
    ).annotate(commented=commented())
    variant = as_waiting(lines.get(pk=claim.variant_id))
    screening, kin = family_of(claim)
    slot = slot_format(variant.slot)
    others = _others(variant)
    comments = words_for(claim.reviewer, comments_of(variant), author="author") if variant.commented else ()  # type: ignore[attr-defined]
    return Card(
        claim=claim,
        variant=variant,
        slot=slot,
        brand=variant.brand,
        brief=variant.batch.brief,
        screening=screening,
        pieces=pieces_of(variant.text, screening.findings if screening else ()),
        preview=preview_of(variant, slot, variant.batch.brief, others),
        siblings=tuple(other for other in others if other.slot == variant.slot),
        facts=_facts(variant.brand),
        why=tuple(why_next(variant)),
        comments=tuple(comments),
        kin=kin,
    )


def _others(variant: Variant) -> list[Variant]:
    """The best lines of its batch for each slot of its channel, itself left out."""
    best = Window(RowNumber(), partition_by="slot", order_by="index")
    lines = Variant.objects.filter(batch=variant.batch_id, slot__in=slots_beside(variant.slot)).exclude(
        Q(pk=variant.pk) | Q(state__in=_HIDDEN)
    )
    lines = lines.alias(place=best).filter(place__lte=_SIBLINGS).order_by("slot", "index")
    return list(lines.only("slot", "text", "state"))


def _facts(brand: Brand) -> tuple[Fact, ...]:
    """What the brand may claim first, then what it could claim once, then what else is known of it."""
    over = Q(expires_on__isnull=False, expires_on__lt=timezone.localdate())
    facts = brand.facts.alias(over=over).order_by("-is_claim", "over", "subject", "relation", "id")
    return tuple(facts[:_FACTS])


def _is_over(fact: Fact) -> bool:
    return fact.expires_on is not None and fact.expires_on < timezone.localdate()


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
