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
# Raise it whenever the code here or in `identity` may judge a text differently than before.
_CODE_VERSION = "1"
# How far a score may move with the group alone, and how far it must for another verdict to be more than a
# hair's breadth to either side of a threshold; both chosen by measurement (docs/bias.md).
MOST_MOVE = 0.6
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
    """Part of every screen version: changes with the names of groups, the code and what counts as too far."""
    return hashlib.sha256(
        f"{_CODE_VERSION} {MOST_MOVE} {LEAST_MOVE}".encode() + DATA.read_bytes()
    ).hexdigest()[:12]


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
    """`bias.counterfactual` at the name of the group, where the model judges other groups otherwise.

    One group that it judges more mildly is enough. To be judged more harshly takes half of them: a single one
    tells of the screen, not of this text.
    """
    readings = [_Reading.of(one, swap, scores, thresholds) for swap, scores in one.swapped]
    milder = [reading for reading in readings if reading.differs and reading.move < 0]
    harsher = [reading for reading in readings if reading.differs and reading.move > 0]
    if milder:
        told = min(milder, key=lambda reading: (reading.step, reading.move))
    elif harsher and 2 * len(harsher) >= len(readings):
        told = max(harsher, key=lambda reading: (reading.step, reading.move))
    else:
        return None
    return Finding(RULE, "flag", told.swap.start, told.swap.end, told.message)


@dataclass(frozen=True)
class _Reading:
    """What the model makes of a swap beside the text as given: the verdict, and the label that moves most.

    `step` is how many verdicts the swap's is harsher, `move` how much its score is higher.
    """

    swap: Swap
    label: str
    given: float
    score: float
    verdict: Verdict
    step: int

    @classmethod
    def of(cls, one: Compared, swap: Swap, scores: Scores, thresholds: Thresholds) -> _Reading:
        label = max(thresholds, key=lambda label: abs(scores[label] - one.scores[label]))
        other = verdict(scores, thresholds)
        step = _RANK[other] - _RANK[verdict(one.scores, thresholds)]
        is_clear = abs(scores[label] - one.scores[label]) > LEAST_MOVE
        return cls(swap, label, one.scores[label], scores[label], other, step if is_clear else 0)

    @property
    def move(self) -> float:
        return self.score - self.given

    @property
    def differs(self) -> bool:
        return self.step != 0 or abs(self.move) > MOST_MOVE

    @property
    def message(self) -> str:
        if self.step:
            would = f"the screen would {_WOULD[self.verdict]}"
            doubt = "the mark" if self.step < 0 else "the milder verdict"
        else:
            name = self.label.replace("_", " ")
            would = f"its {name} score would be {self.score:.2f}, not {self.given:.2f}"
            doubt = "the score"
        instead = f"With “{self.swap.put}” in place of “{self.swap.found}” {would}"
        return f"{instead}: {doubt} may be about the group, not the words."


def verdict(scores: Scores, thresholds: Thresholds) -> Verdict:
    """What the model's scores alone make of a text."""
    if any(scores[label] >= threshold.block for label, threshold in thresholds.items()):
        return "block"
    if any(scores[label] >= threshold.flag for label, threshold in thresholds.items()):
        return "flag"
    return "pass"
