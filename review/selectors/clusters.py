"""The near-duplicates that are shown with a line in hand."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

from django.utils import timezone

from adgen.models import ClusterLine, Screening, Variant, VariantState
from review.models import Claim

_SHOWN = 40


@dataclass(frozen=True)
class Part:
    """A stretch of a text, which the other text has or has not."""

    text: str
    is_other: bool


@dataclass(frozen=True)
class Kin:
    """A waiting line that is much like the one in hand.

    `parts` join up to its text; `differs` says what the screen says otherwise of it, if anything; one that is
    not `held` with the line in hand cannot share its decision.
    """

    variant: Variant
    screening: Screening
    parts: tuple[Part, ...]
    differs: str
    held: bool


def family_of(claim: Claim) -> tuple[Screening | None, tuple[Kin, ...]]:
    """The latest screening of a line in hand, and lines like it that wait: held with it, or by others.

    One query.
    """
    if not claim.has_kin:
        return latest_screenings([claim.variant_id]).get(claim.variant_id), ()
    own = ClusterLine.objects.filter(variant=claim.variant_id, variant__state=VariantState.PENDING)
    held = ClusterLine.objects.filter(
        cluster__in=own.values("cluster"),
        variant__state=VariantState.PENDING,
        variant__claim__expires_at__gt=timezone.now(),
    )
    lines = Variant.objects.filter(pk=claim.variant_id).order_by().values("pk").union(held.values("variant"))
    rows = Screening.objects.filter(variant__in=lines).order_by("id")
    latest = {
        row.variant_id: row
        for row in rows.select_related("variant__claim", "variant__batch__brief__campaign")
    }
    head = latest.pop(claim.variant_id, None)
    if head is None:
        return None, ()
    return head, tuple(_kin(latest[pk], head, claim) for pk in sorted(latest)[:_SHOWN])


def _kin(screening: Screening, head: Screening, claim: Claim) -> Kin:
    line = screening.variant
    return Kin(
        variant=line,
        screening=screening,
        parts=parts_of(line.text, head.variant.text),
        differs=_difference(screening, head),
        held=line.claim.beside_id == head.variant_id and line.claim.reviewer_id == claim.reviewer_id,
    )


def latest_screenings(lines: Iterable[int]) -> Mapping[int, Screening]:
    """The latest screening of each line that has one: one query."""
    rows = Screening.objects.filter(variant__in=list(lines)).order_by("id")
    return {row.variant_id: row for row in rows}


def parts_of(text: str, other: str) -> tuple[Part, ...]:
    """Cut `text` by its words into what `other` has as well and what it has not."""
    words, theirs = text.split(" "), other.split(" ")
    parts = []
    for act, start, end, *_ in SequenceMatcher(None, words, theirs, autojunk=False).get_opcodes():
        if start < end:
            space = "" if end == len(words) else " "
            parts.append(Part(" ".join(words[start:end]) + space, act != "equal"))
    return tuple(parts)


def _difference(screening: Screening, other: Screening) -> str:
    """What the screen says of one line and not of the other."""
    rules, others = _rules(screening), _rules(other)
    if more := sorted(rules - others):
        return f"the screen marks {', '.join(more)} here"
    if fewer := sorted(others - rules):
        return f"the screen does not mark {', '.join(fewer)} here"
    return "" if screening.verdict == other.verdict else f"the screen’s verdict is {screening.verdict}"


def _rules(screening: Screening) -> set[Any]:
    return {finding["rule"] for finding in screening.findings}
