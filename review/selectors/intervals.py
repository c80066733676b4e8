"""How sure a share is."""

from __future__ import annotations

import math
from collections.abc import Mapping
from fractions import Fraction
from typing import NamedTuple

_Z = 1.96  # 95%


class Interval(NamedTuple):
    low: float
    high: float


class Kappa(NamedTuple):
    """Cohen's kappa with the ends of its 95% interval."""

    value: float
    low: float
    high: float


def wilson(hits: int, of: int) -> Interval:
    """The 95% Wilson interval of `hits` out of `of` (at least one), both ends from 0 to 1."""
    share = hits / of
    centre = (share + _Z**2 / (2 * of)) / (1 + _Z**2 / of)
    half = _Z / (1 + _Z**2 / of) * math.sqrt(share * (1 - share) / of + _Z**2 / (4 * of**2))
    return Interval(max(0.0, centre - half), min(1.0, centre + half))


def sign_test(wins: int, losses: int) -> float:
    """The two-sided p-value of the exact sign test: 1.0 where both are equal in number."""
    of = wins + losses
    tail: int = sum(math.comb(of, count) for count in range(min(wins, losses) + 1))
    return float(min(Fraction(1), Fraction(2 * tail, 2**of)))


def kappa(pairs: Mapping[tuple[str, str], int]) -> Kappa | None:
    """Cohen's kappa of two raters.

    `pairs` counts what the first and the second said. The interval is the large-sample one (Fleiss, Cohen
    and Everitt 1969), cut off at -1 and 1. None where nothing was rated, or where all ratings are the same:
    then agreement beyond chance is not defined.
    """
    of = sum(pairs.values())
    labels = sorted({label for pair in pairs for label in pair})
    if not of or len(labels) < 2:
        return None
    share = {pair: count / of for pair, count in pairs.items()}
    first = {label: sum(p for (a, _), p in share.items() if a == label) for label in labels}
    second = {label: sum(p for (_, b), p in share.items() if b == label) for label in labels}
    seen = sum(share.get((label, label), 0.0) for label in labels)
    chance = sum(first[label] * second[label] for label in labels)
    value = (seen - chance) / (1 - chance)
    same = sum(
        share.get((label, label), 0.0) * (1 - (first[label] + second[label]) * (1 - value)) ** 2
        for label in labels
    )
    other = sum(p * (second[a] + first[b]) ** 2 for (a, b), p in share.items() if a != b)
    spread = same + (1 - value) ** 2 * other - (value - chance * (1 - value)) ** 2
    half = _Z * math.sqrt(max(0.0, spread) / of) / (1 - chance)
    return Kappa(value, max(-1.0, value - half), min(1.0, value + half))
