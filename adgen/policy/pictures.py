"""Emoji in the words that a reader would say for them, from Unicode's own short names (package `emoji`)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from emoji import EMOJI_DATA

_JOINER = "\u200d"
# Older signs, such as arrows and ©, are punctuation of honest text.
_FIRST = "\u2600"
_SHADES = {"medium-light": "light", "medium-dark": "dark", "skin tone": "skin"}
# Since 2016 most makers draw it as a toy; people still mean the weapon.
_MEANT = {"🔫": "pistol"}
# In the names of signs "black" and "white" say filled and outlined.
_INK = re.compile(r"\b(?:black|white|heavy|squared|negative) ")


def emoji_words(text: str) -> Iterator[tuple[int, int, str]]:
    """Start, end and words of each emoji in `text`, from which joiners may have been taken. Linear time.

    Two regional letters are a flag where they stand alone; more of them may spell a word.
    """
    at = 0
    while at < len(text):
        end = _end_of_emoji(text, at) if text[at] >= _FIRST else at
        if end > at:
            yield at, end, f" {_names()[text[at:end].replace(_JOINER, '')]} "
        at = max(end, at + 1)


def _end_of_emoji(text: str, at: int) -> int:
    """Where the longest emoji that starts at `at` ends; `at` if none does."""
    if _is_regional(text, at) and (_is_regional(text, at - 1) or _is_regional(text, at + 2)):
        return at
    ends = range(min(len(text), at + _longest()), at, -1)
    return next((end for end in ends if text[at:end].replace(_JOINER, "") in _names()), at)


def _is_regional(text: str, at: int) -> bool:
    return 0 <= at < len(text) and "\U0001f1e6" <= text[at] <= "\U0001f1ff"


@cache
def _names() -> dict[str, str]:
    names = {signs.replace(_JOINER, ""): _said(entry["en"]) for signs, entry in EMOJI_DATA.items()}
    return names | _MEANT


@cache
def _longest() -> int:
    return max(map(len, EMOJI_DATA))


def _said(name: str) -> str:
    words = re.sub(r"[:_]+", " ", name.lower()).strip()
    for shade, plain in _SHADES.items():
        words = words.replace(shade, plain)
    return _INK.sub("", words)
