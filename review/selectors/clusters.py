"""The near-duplicates that are shown with a line in hand."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

from django.utils import timezone

from adgen.models import Cluster, Screening, Variant, VariantState
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


def kin_of(claim: Claim) -> tuple[Kin, ...]:
    """Near-duplicates of a line in hand that wait: those held with it, and those in other hands.

    Two queries where there are any, one where there are none.
    """
    cluster = Cluster.objects.filter(lines__variant=claim.variant_id).values("pk")
    lines = Variant.objects.filter(cluster_line__cluster__in=cluster, state=VariantState.PENDING)
    lines = lines.select_related("claim", "batch__brief__campaign").order_by("pk")[: _SHOWN + 1]
    by_pk = {line.pk: line for line in lines}
    if claim.variant_id not in by_pk or len(by_pk) == 1:
        return ()
    screenings = latest_screenings(by_pk)
    head = by_pk.pop(claim.variant_id)
    kin = []
    for pk, line in by_pk.items():
        hand: Claim | None = getattr(line, "claim", None)
        if hand is None or hand.expires_at <= timezone.now():
            continue  # skipped lately by the person, or more than are held at once
        kin.append(
            Kin(
                variant=line,
                screening=screenings[pk],
                parts=parts_of(line.text, head.text),
                differs=_difference(screenings[pk], screenings[head.pk]),
                held=hand.beside_id == head.pk and hand.reviewer_id == claim.reviewer_id,
            )
        )
    return tuple(kin)


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
