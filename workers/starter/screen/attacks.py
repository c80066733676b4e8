"""Ways in which people hide a word from a filter. Written apart from the code that undoes them.

Each attack takes a text and a random stream and changes every word that it can.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable

Attack = Callable[[str, random.Random], str]

_WORD = re.compile(r"[A-Za-z]{3,}")
_INVISIBLE = ("\u200b", "\u200c", "\u200d", "\u2060", "\ufeff")
_TWINS = str.maketrans(
    "aceopxyisjhABCEHIKMOPTXY",
    "\u0430\u0441\u0435\u043e\u0440\u0445\u0443\u0456\u0455\u0458\u04bb"
    "\u0410\u0412\u0421\u0415\u041d\u0406\u041a\u041c\u041e\u0420\u0422\u0425\u03a5",
)
_SIGNS = {"a": "4@", "e": "3", "i": "1!", "o": "0", "s": "5$", "t": "7"}


def zero_width(text: str, rng: random.Random) -> str:
    """Something invisible between all letters."""
    return _each_word(text, lambda word: "".join(f"{char}{rng.choice(_INVISIBLE)}" for char in word))


def homoglyphs(text: str, rng: random.Random) -> str:
    """Cyrillic and Greek letters that look the same."""
    return text.translate(_TWINS)


def leet(text: str, rng: random.Random) -> str:
    """Digits and signs for letters: "1d107"."""
    return _each_word(text, lambda word: "".join(rng.choice(_SIGNS.get(char.lower(), char)) for char in word))


def spacing(text: str, rng: random.Random) -> str:
    """Letters apart, words further apart."""
    return "   ".join(" ".join(word) for word in text.split())


def spaced_words(text: str, rng: random.Random) -> str:
    """The words of five letters and more letter by letter, in a text that is otherwise as before."""
    return re.sub(r"[A-Za-z]{5,}", lambda match: " ".join(match[0]), text)


def full_width(text: str, rng: random.Random) -> str:
    return "".join(chr(ord(char) + 0xFEE0) if "!" <= char <= "~" else char for char in text)


def dots(text: str, rng: random.Random) -> str:
    """A dot between all letters of a word."""
    return _each_word(text, ".".join)


ATTACKS: dict[str, Attack] = {
    attack.__name__: attack
    for attack in (zero_width, homoglyphs, leet, spacing, spaced_words, full_width, dots)
}


def _each_word(text: str, change: Callable[[str], str]) -> str:
    return _WORD.sub(lambda match: change(match[0]), text)
