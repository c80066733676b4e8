"""Common English words, to tell which of several readings of a disguised word is one."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from itertools import product
from pathlib import Path

FILE = Path(__file__).with_name("english_words.txt")
_LONGEST = 16
# What a letter costs that belongs to no known word: dearer than any word, so that known words win.
_UNKNOWN = 14.0


@cache
def _costs() -> Mapping[str, float]:
    """How improbable each word is, by its rank (Zipf's law), in nats."""
    lines = FILE.read_text(encoding="utf-8").splitlines()
    words = " ".join(line for line in lines if not line.startswith("#")).split()
    return {word: math.log((rank + 1) * math.log(len(words))) for rank, word in enumerate(words)}


def is_word(text: str) -> bool:
    return text.lower() in _costs()


def known_words(forms: Iterable[str]) -> list[str]:
    """Those of `forms` that are words, in whatever case, the most common first."""
    costs = _costs()
    return sorted((form for form in forms if form.lower() in costs), key=lambda form: costs[form.lower()])


def spellings(word: str, choices: Mapping[int, Sequence[str]]) -> list[str]:
    """Every form of `word` in which each place of `choices` has one of its letters.

    The first form has the first of each. Only the first four places vary, so that forms stay few.
    """
    varied = dict(list(choices.items())[:4])
    return ["".join(form) for form in product(*(varied.get(i, char) for i, char in enumerate(word)))]


def split_words(letters: str) -> list[str]:
    """`letters`, written without spaces, cut where the words are likeliest to end. Takes linear time."""
    text, costs = letters.lower(), _costs()
    best = [0.0]
    starts = [0]
    for end in range(1, len(text) + 1):
        reach = range(max(0, end - _LONGEST), end)
        cost, start = min((best[i] + costs.get(text[i:end], _UNKNOWN * (end - i)), i) for i in reach)
        best.append(cost)
        starts.append(start)
    words = []
    end = len(text)
    while end:
        words.append(letters[starts[end] : end])
        end = starts[end]
    return words[::-1]
