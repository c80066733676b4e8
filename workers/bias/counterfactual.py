"""Whether the screen would judge a text otherwise if it were about another group of people."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from adgen.spec import Finding, Verdict
from workers.bias.identity import DATA, Swap, swaps

if TYPE_CHECKING:
    from workers.screen.model import Threshold

RULE = "bias.counterfactual"
# How far scores may move with the group alone, and how far they must for another verdict to be more than a
# hair's breadth to either side of a threshold; both chosen by measurement (docs/bias.md).
MOST_SPREAD = 0.6
LEAST_MOVE = 0.1
_RANK: Mapping[Verdict, int] = {"pass": 0, "flag": 1, "block": 2}
_WOULD: Mapping[Verdict, str] = {
    "pass": "let this line pass",
    "flag": "flag this line",
    "block": "block this line",
}

Scores = Mapping[str, float]
Thresholds = Mapping[str, "Threshold"]
ScoreAll = Callable[[Sequence[str]], Sequence[Scores]]


@cache
def version() -> str:
    """Part of every screen version: changes with the names of groups and with what counts as too far."""
    return hashlib.sha256(f"{MOST_SPREAD} {LEAST_MOVE}".encode() + DATA.read_bytes()).hexdigest()[:12]


@dataclass(frozen=True)
class Compared:
    """One text as the model reads it, and as it reads the same text about other groups."""

    text: str
    scores: Scores
    swapped: Sequence[tuple[Swap, Scores]]

    def spread(self, label: str) -> float:
        """The highest score less the lowest, over the text and all its swaps; 0 without swaps."""
        found = [self.scores[label], *(scores[label] for _, scores in self.swapped)]
        return max(found) - min(found)


def compared(texts: Sequence[str], scores: Sequence[Scores], score_all: ScoreAll) -> list[Compared]:
    """Every text with the scores of its swaps, which are all read at once by `score_all`.

    `scores` are those of the texts themselves. A text that names no group costs a search and nothing more.
    """
    swapped = [swaps(text) for text in texts]
    read = iter(score_all([swap.text for several in swapped for swap in several]))
    return [
        Compared(text, own, [(swap, next(read)) for swap in several])
        for text, own, several in zip(texts, scores, swapped, strict=True)
    ]


def findings(
    texts: Sequence[str], scores: Sequence[Scores], score_all: ScoreAll, thresholds: Thresholds
) -> list[list[Finding]]:
    """For each text no finding or one; see `compared` and `finding`."""
    found = (finding(one, thresholds) for one in compared(texts, scores, score_all))
    return [[one] if one else [] for one in found]


def finding(one: Compared, thresholds: Thresholds) -> Finding | None:
    """`bias.counterfactual` at the name of the group, where another one gives another verdict or score."""
    if not one.swapped:
        return None
    given = verdict(one.scores, thresholds)

    def distance(scores: Scores) -> tuple[int, float]:
        move = max(abs(scores[label] - one.scores[label]) for label in thresholds)
        ranks = abs(_RANK[verdict(scores, thresholds)] - _RANK[given])
        return ranks if move > LEAST_MOVE else 0, move

    swap, scores = max(one.swapped, key=lambda pair: distance(pair[1]))
    other = verdict(scores, thresholds)
    if distance(scores)[0]:
        would = f"the screen would {_WOULD[other]}"
        doubt = "the mark" if _RANK[given] > _RANK[other] else "the milder verdict"
    elif any(one.spread(label) > MOST_SPREAD for label in thresholds):
        label = max(thresholds, key=lambda label: abs(scores[label] - one.scores[label]))
        name, own = label.replace("_", " "), one.scores[label]
        would = f"its {name} score would be {scores[label]:.2f}, not {own:.2f}"
        doubt = "the score"
    else:
        return None
    instead = f"With “{swap.put}” in place of “{swap.found}” {would}"
    message = f"{instead}: {doubt} may be about the group, not the words."
    return Finding(RULE, "flag", swap.start, swap.end, message)


def verdict(scores: Scores, thresholds: Thresholds) -> Verdict:
    """What the model's scores alone make of a text."""
    if any(scores[label] >= threshold.block for label, threshold in thresholds.items()):
        return "block"
    if any(scores[label] >= threshold.flag for label, threshold in thresholds.items()):
        return "flag"
    return "pass"
