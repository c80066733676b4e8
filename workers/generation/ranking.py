"""Which candidates become drafts, best first: due to all of the brief, unlike each other, of all angles."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence

import torch

from workers.generation.pool import Candidate, Pool
from workers.mentions import mentions

# What a line gains by its quality (0 to 1), and by each string of the brief that no line before it has said,
# it may lose by its likeness to these lines (cosine) and by the share of them that have its angle.
COVERAGE = 0.3
SAMENESS = 0.7
CROWDING = 0.3
# This share of the candidates, the least likely under the brief token by token, is ranked behind all others:
# among them are most of the lines that are no good English.
UNLIKELY = 0.15
_LAST = 10_000


def quality(candidate: Candidate, unbriefed: float) -> float:
    """How much likelier the brief makes each token of a line, in nats; `unbriefed` is its logprob without.

    Where the brand has an adapter, what it has learned to prefer is in the first term: it is merged into
    the model that wrote the line.
    """
    # Rounded, so that the rounding errors of another minibatch change no rank.
    return round(candidate.likelihood - unbriefed / len(candidate.sample.ids), 2)


def ranked(pool: Pool, qualities: Sequence[float], wanted: int, strings: Sequence[str] = ()) -> list[int]:
    """The rows of `pool` that up to `wanted` drafts are made of, best first. `strings` should all be said.

    Lines without doubts come first, the unlikely among them last; then doubted ones, by how many doubts there
    are, then incomplete ones.
    """
    if not pool.candidates:
        return []
    choice = _Choice(pool, qualities, strings)
    while choice.left and len(choice.chosen) < wanted:
        choice.take(max(choice.left, key=choice.worth))
    return choice.chosen


class _Choice:
    """Maximal marginal relevance: each row is worth what it adds to those chosen before it."""

    def __init__(self, pool: Pool, qualities: Sequence[float], strings: Sequence[str]) -> None:
        self.chosen: list[int] = []
        self.left = set(range(len(pool.candidates)))
        self._candidates = pool.candidates
        self._tiers = _tiers(pool.candidates)
        order = sorted(qualities)
        self._relevance = [bisect_left(order, one) / len(order) for one in qualities]
        self._alike = pool.vectors @ pool.vectors.T
        self._nearest = pool.known_likeness()
        self._angles: Counter[str] = Counter()
        self._says = [
            {string for string in strings if mentions(candidate.text, string)}
            for candidate in pool.candidates
        ]
        self._unsaid = set(strings)

    def worth(self, row: int) -> tuple[int, float, int]:
        """What makes a row the next: its tier, its gain, then its number."""
        crowd = self._angles[self._candidates[row].angle] / max(1, len(self.chosen))
        news = len(self._says[row] & self._unsaid)
        gain = self._relevance[row] + COVERAGE * news
        gain -= SAMENESS * float(self._nearest[row]) + CROWDING * crowd
        return -self._tiers[row], round(gain, 3), -row

    def take(self, row: int) -> None:
        self.left.remove(row)
        self.chosen.append(row)
        self._angles[self._candidates[row].angle] += 1
        self._unsaid -= self._says[row]
        self._nearest = torch.maximum(self._nearest, self._alike[row])


def _tiers(candidates: Sequence[Candidate]) -> list[int]:
    """0 for good candidates, 1 for unlikely ones, then by their doubts, and last those that lack words."""
    likelihoods = [round(candidate.likelihood, 2) for candidate in candidates]
    unlikely_below = sorted(likelihoods)[int(UNLIKELY * len(likelihoods))]
    return [
        _tier(candidate, unlikely=likelihood < unlikely_below)
        for candidate, likelihood in zip(candidates, likelihoods, strict=True)
    ]


def _tier(candidate: Candidate, *, unlikely: bool) -> int:
    if not candidate.is_complete:
        return _LAST
    return 1 + candidate.doubts if candidate.doubts else int(unlikely)
