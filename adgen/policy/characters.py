"""Characters that a reader does not see, or takes for others: what hides text from a screen."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

Span = tuple[int, int]

_LINE_CONTROLS = "\t\n\r"
# Drawn as nothing, though Unicode calls them letters, marks or symbols.
_BLANK = "\u034f\u115f\u1160\u2800\u3164\uffa0"
_JOINERS = "\u200c\u200d"

_LOOKALIKES = {
    look: latin
    for latin, looks in {
        "a": "аαɑ", "c": "сϲ", "d": "ԁ", "e": "еҽ", "g": "ɡ", "h": "һ", "i": "іιɩı", "j": "јϳ", "k": "κ",
        "l": "ӏ", "n": "ո", "o": "оοօ", "p": "рρ", "q": "ԛ", "s": "ѕ", "u": "υս", "v": "νѵ", "w": "ԝ",
        "x": "хχ", "y": "уүγ", "A": "АΑ", "B": "ВΒ", "C": "СϹ", "E": "ЕΕ", "G": "Ԍ", "H": "НΗ",
        "I": "ІΙӀ", "J": "Ј", "K": "КΚ", "M": "МΜ", "N": "Ν", "O": "ОΟՕ", "P": "РΡ", "Q": "Ԛ", "S": "Ѕ",
        "T": "ТΤ", "W": "Ԝ", "X": "ХΧ", "Y": "УΥҮ", "Z": "Ζ",
    }.items()
    for look in looks
}  # fmt: skip


def latin_lookalike(word: str) -> str:
    """`word` in Latin letters if every letter is Latin or looks it, else `word` as it is.

    A word with even one letter that no Latin letter resembles is honest text in its own script.
    """
    folded = "".join(_LOOKALIKES.get(char, char) for char in word)
    return folded if all(_is_latin(char) for char in folded if char.isalpha()) else word


def is_invisible(char: str) -> bool:
    """True for what shows as nothing: controls, format characters and blank letters. Line breaks do show."""
    return char not in _LINE_CONTROLS and (char in _BLANK or unicodedata.category(char) in {"Cc", "Cf"})


def hidden_spans(text: str) -> list[Span]:
    """Runs of characters that a reader cannot see, less the joiners that emoji and some scripts need."""
    return _runs(i for i, char in enumerate(text) if is_invisible(char) and not _joins(text, i))


def undecodable_spans(text: str) -> list[Span]:
    """Runs of replacement characters and lone surrogates: bytes that were not text."""
    return _runs(i for i, char in enumerate(text) if char == "\ufffd" or "\ud800" <= char <= "\udfff")


def character_names(text: str) -> str:
    """The distinct characters of `text` by code point and name, at most three."""
    distinct = list(dict.fromkeys(text))
    names = [f"U+{ord(char):04X} {unicodedata.name(char, 'CONTROL CHARACTER')}" for char in distinct[:3]]
    return ", ".join(names) + (" and others" if len(distinct) > 3 else "")


def _is_latin(char: str) -> bool:
    return char.isascii() or unicodedata.name(char, "").startswith("LATIN ")


def _joins(text: str, i: int) -> bool:
    """True for a joiner between two emoji, or between two letters of a script that writes with joiners."""
    if text[i] not in _JOINERS or not 0 < i < len(text) - 1:
        return False
    before, after = text[i - 1], text[i + 1]
    if all("\u0600" <= char <= "\u0dff" for char in (before, after)):  # Arabic to Sinhala
        return True
    is_emoji = unicodedata.category(after) == "So" and (
        unicodedata.category(before) in {"So", "Sk"} or before == "\ufe0f"
    )
    return text[i] == "\u200d" and is_emoji


def _runs(indices: Iterable[int]) -> list[Span]:
    runs: list[Span] = []
    for i in indices:
        if runs and runs[-1][1] == i:
            runs[-1] = (runs[-1][0], i + 1)
        else:
            runs.append((i, i + 1))
    return runs
