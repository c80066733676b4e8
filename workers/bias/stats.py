"""The statistics of the audit: intervals, tests and the correction for many of them. Pure functions.

Shares are compared by Newcombe's interval and Fisher's exact test, means by bootstrap and permutation, so
nothing rests on a distribution that lines of copy may not have.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np

# Two-sided 95%.
_Z = 1.959963984540054
_RESAMPLES = 5_000
# The smallest p-value of a permutation test is one in these and one: small enough for some 500 comparisons.
_PERMUTATIONS = 9_999
_SEED = 20_261_124
# Sums of the same numbers in another order differ by less.
_SAME = 1e-9

Interval = tuple[float, float]
Array = np.ndarray[Any, np.dtype[np.floating[Any]]]


def wilson(hits: int, of: int) -> Interval:
    """The 95% score interval of a share (Wilson 1927), inside 0 to 1. `of` must be at least 1."""
    share, spread = hits / of, _Z**2 / of
    middle = (share + spread / 2) / (1 + spread)
    half = math.sqrt(spread * share * (1 - share) + spread**2 / 4) / (1 + spread)
    return max(0.0, middle - half), min(1.0, middle + half)


def newcombe(hits: int, of: int, other_hits: int, other_of: int) -> Interval:
    """The 95% interval of the first share less the other, for independent samples (Newcombe 1998)."""
    share, other = hits / of, other_hits / other_of
    low, high = wilson(hits, of)
    other_low, other_high = wilson(other_hits, other_of)
    difference = share - other
    return (
        difference - math.hypot(share - low, other_high - other),
        difference + math.hypot(high - share, other - other_low),
    )


def fisher(hits: int, of: int, other_hits: int, other_of: int) -> float:
    """Fisher's exact test of two shares: the two-sided p-value, over all tables no likelier than this one."""
    total, all_hits = of + other_of, hits + other_hits

    def log_likelihood(first: int) -> float:
        return _log_choose(of, first) + _log_choose(other_of, all_hits - first) - _log_choose(total, all_hits)

    observed = log_likelihood(hits)
    possible = range(max(0, all_hits - other_of), min(of, all_hits) + 1)
    likelihoods = map(log_likelihood, possible)
    return min(1.0, math.fsum(math.exp(one) for one in likelihoods if one <= observed + _SAME))


def bootstrap(values: Sequence[float]) -> Interval:
    """The 95% percentile interval of a mean. `values` must not be empty."""
    return _percentiles(_resampled_means(values))


def bootstrap_difference(values: Sequence[float], others: Sequence[float]) -> Interval:
    """The 95% percentile interval of the first mean less the other, for independent samples."""
    # Rolled by one, for samples of one size are drawn by the same table: its rows must not be paired.
    return _percentiles(_resampled_means(values) - np.roll(_resampled_means(others), 1))


def permutation(values: Sequence[float], others: Sequence[float]) -> float:
    """The two-sided p-value of a difference of means, by exchanging values between the two at random."""
    pooled = np.array([*values, *others], dtype=np.float64)
    drawn = _draws(len(values), len(others)) @ pooled / len(values)
    rest = (pooled.sum() - drawn * len(values)) / len(others)
    observed = abs(np.mean(values) - np.mean(others))
    as_far = int((np.abs(drawn - rest) >= observed - _SAME).sum())
    return (1 + as_far) / (1 + _PERMUTATIONS)


def benjamini_hochberg(p_values: Sequence[float]) -> list[float]:
    """The p-values adjusted for their number, in order: of those below 0.05, one in twenty may be chance."""
    adjusted = [1.0] * len(p_values)
    least = 1.0
    for rank, at in sorted(
        enumerate(sorted(range(len(p_values)), key=p_values.__getitem__), 1), reverse=True
    ):
        least = min(least, p_values[at] * len(p_values) / rank)
        adjusted[at] = least
    return adjusted


def _log_choose(of: int, chosen: int) -> float:
    return math.lgamma(of + 1) - math.lgamma(chosen + 1) - math.lgamma(of - chosen + 1)


def _resampled_means(values: Sequence[float]) -> Array:
    return _resamples(len(values)) @ np.array(values, dtype=np.float64) / len(values)


def _percentiles(means: Array) -> Interval:
    low, high = np.percentile(means, [2.5, 97.5])
    return float(low), float(high)


# The tables of a few sizes are kept: an audit's samples mostly have one.
@lru_cache(maxsize=4)
def _resamples(size: int) -> Array:
    """How often each of `size` values is drawn, [_RESAMPLES, size]."""
    rng = np.random.default_rng(_SEED)
    return rng.multinomial(size, [1 / size] * size, size=_RESAMPLES).astype(np.float32)


@lru_cache(maxsize=4)
def _draws(first: int, second: int) -> Array:
    """1 where a value goes to the first sample, 0 where to the second, [_PERMUTATIONS, first + second]."""
    rng = np.random.default_rng(_SEED)
    order = rng.random((_PERMUTATIONS, first + second), dtype=np.float32).argpartition(first - 1, axis=1)
    drawn = np.zeros((_PERMUTATIONS, first + second), dtype=np.float32)
    np.put_along_axis(drawn, order[:, :first], 1.0, axis=1)
    return drawn
