"""Whether lines follow the style of a brand's exemplars, by traits that a program can check."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Literal

Case = Literal["lower", "upper", "title", "sentence"]

# A trait is the brand's where all exemplars but one have it.
_EXCEPTIONS = 1
# Lines may be this much shorter or longer than the exemplars.
_BAND = 0.25
# Words that title case leaves low.
_SMALL = 3
_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")


def traits(exemplars: Sequence[str], names: Sequence[str]) -> dict[str, str]:
    """The traits that the exemplars share: `case`, `ending` and `length`, each only where they have one."""
    found: dict[str, str] = {}
    for trait, read in (("case", _cases), ("ending", _endings)):
        options = {option for line in exemplars for option in read(line, names)}
        counts = {option: sum(option in read(line, names) for line in exemplars) for option in options}
        best = max(counts, key=lambda option: (counts[option], option), default=None)
        if best and counts[best] >= len(exemplars) - _EXCEPTIONS:
            found[trait] = best
    if exemplars:
        lengths = [len(line) for line in exemplars]
        found["length"] = f"{round(min(lengths) * (1 - _BAND))}-{round(max(lengths) * (1 + _BAND))}"
    return found


def follows(line: str, wanted: Mapping[str, str], names: Sequence[str]) -> dict[str, bool]:
    """For each wanted trait whether `line` has it."""
    answers = {}
    for trait, value in wanted.items():
        if trait == "length":
            least, most = map(int, value.split("-"))
            answers[trait] = least <= len(line) <= most
        else:
            answers[trait] = value in (_cases if trait == "case" else _endings)(line, names)
    return answers


def _cases(line: str, names: Sequence[str]) -> set[Case]:
    """Every case that a line may be in; names are written as they are whatever the case around them."""
    for name in names:
        line = re.sub(re.escape(name), " ", line, flags=re.IGNORECASE)
    words = _WORD.findall(line)
    long = [word for word in words if len(word) > _SMALL]
    if not words:
        return {"lower", "upper", "title", "sentence"}
    cases: set[Case] = set()
    if all(word.islower() for word in words):
        cases.add("lower")
    if all(word.isupper() for word in words):
        cases.add("upper")
        return cases
    if long and all(word[0].isupper() for word in long):
        cases.add("title")
    if "lower" not in cases and sum(word[0].islower() for word in words[1:]) * 2 >= len(words) - 1:
        cases.add("sentence")
    return cases


def _endings(line: str, names: Sequence[str]) -> set[str]:
    last = line.rstrip()[-1:]
    return {last if last in {".", "!", "?"} else "none"}
