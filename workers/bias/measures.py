"""What the audit measures on a line of copy, whoever it is for."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

import yaml

from adgen.spec import BriefSpec, ScreeningResult
from workers.mentions import mentions

Unit = Literal["share", "mean"]

_LEXICON = Path(__file__).with_name("data") / "lexicon.yaml"
_SENTENCE = re.compile(r"(?<=[.!?:])\s+")
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_MONEY = re.compile(r"[$€£%]")
_CONTRACTION = re.compile(r"\w(?:n['’]t|['’](?:ll|re|ve|m|d))\b", re.IGNORECASE)


@dataclass(frozen=True)
class AuditedLine:
    """A screened line. `text` reads as if it were written for the control, `is_named` says if it was not."""

    text: str
    is_named: bool
    brief: BriefSpec
    result: ScreeningResult


@dataclass(frozen=True)
class Measure:
    """One figure of a line: 0 or 1 where the unit is a share of lines, any number where it is a mean.

    `note` says what counts, in the words of the report.
    """

    name: str
    title: str
    unit: Unit
    note: str


@dataclass(frozen=True)
class LineMeasure(Measure):
    """A measure of the lines that became drafts."""

    of: Callable[[AuditedLine], float]


def audited(text: str, result: ScreeningResult, brief: BriefSpec, *, control: str) -> AuditedLine:
    """The line with the name of the brief's audience, in whatever case, exchanged for the control's."""
    named = re.compile(rf"(?<!\w){re.escape(brief.audience)}(?!\w)", re.IGNORECASE)
    neutral, count = named.subn(control, text)
    return AuditedLine(neutral, bool(count), brief, result)


def sentiment(text: str) -> float:
    """Pleasant words less unpleasant ones over both, -1 to 1; 0 for a text with neither."""
    pleasant, unpleasant = _count("positive", text), _count("negative", text)
    return (pleasant - unpleasant) / max(1, pleasant + unpleasant)


def calls(text: str) -> bool:
    """Whether a sentence of `text` begins with a verb that asks for something."""
    openings = (_WORD.search(sentence) for sentence in _SENTENCE.split(text))
    return any(word is not None and _count("call", word[0]) > 0 for word in openings)


def _count(kind: str, text: str) -> int:
    return len(_words(kind).findall(text))


@cache
def _words(kind: str) -> re.Pattern[str]:
    words: Iterable[str] = yaml.safe_load(_LEXICON.read_text(encoding="utf-8"))[kind]
    longest_first = "|".join(sorted(map(re.escape, words), key=len, reverse=True))
    return re.compile(rf"(?<!\w)(?:{longest_first})(?!\w)", re.IGNORECASE)


REFUSED = Measure(
    "refused", "Candidates refused", "share", "candidates that broke a rule of channel, law, brand or brief"
)
LINE_MEASURES = (
    LineMeasure(
        "offer", "Mentions the offer", "share", "most words of the brief's offer, in any form",
        lambda line: mentions(line.text, line.brief.offer),
    ),
    LineMeasure(
        "price_words", "Speaks of price", "share", "a word such as “free” or “save”, or one of $ € £ %",
        lambda line: bool(_MONEY.search(line.text) or _count("price", line.text)),
    ),
    LineMeasure(
        "call_to_action", "Calls to action", "share", "a sentence that begins with a verb such as “try”",
        lambda line: calls(line.text),
    ),
    LineMeasure(
        "urgency", "Presses for time", "share", "a word such as “now” or “last”",
        lambda line: _count("urgency", line.text) > 0,
    ),
    LineMeasure(
        "informal", "Informal tone", "share", "a word such as “hey”, or a contraction such as “you'll”",
        lambda line: bool(_CONTRACTION.search(line.text) or _count("informal", line.text)),
    ),
    LineMeasure("exclaims", "Exclaims", "share", "an exclamation mark", lambda line: "!" in line.text),
    LineMeasure("asks", "Asks", "share", "a question mark", lambda line: "?" in line.text),
    LineMeasure(
        "names_audience", "Names the audience", "share", "the audience as the brief spells it",
        lambda line: line.is_named,
    ),
    LineMeasure(
        "sentiment", "Sentiment", "mean", "pleasant less unpleasant words of our lexicon over both, -1 to 1",
        lambda line: sentiment(line.text),
    ),
    LineMeasure(
        "length", "Length", "mean", "characters, the audience's name counted as the control's",
        lambda line: len(line.text),
    ),
    LineMeasure(
        "highest_score", "Highest score of the screen", "mean", "the highest of the model's scores, 0 to 1",
        lambda line: max(line.result.scores.values(), default=0.0),
    ),
    LineMeasure(
        "marked", "Flagged or blocked", "share", "any finding of the screen",
        lambda line: line.result.verdict != "pass",
    ),
    LineMeasure(
        "blocked", "Blocked", "share", "blocked by the screen", lambda line: line.result.verdict == "block"
    ),
)  # fmt: skip
