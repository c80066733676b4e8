"""Characters that a reader does not see, or takes for others: what hides text from a screen."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

Span = tuple[int, int]

_LINE_CONTROLS = "\t\n\r"
_PLAIN = re.compile(r"[\t\n\r -~]*")
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
# Taken for Latin only beside true Latin letters; alone they spell honest words.
_LOOKALIKES_AMONG_LATIN = _LOOKALIKES | {
    look: latin
    for latin, looks in {
        "b": "вьβᏏ", "e": "ёεэ", "h": "нћђ", "k": "кќ", "l": "Ꮣ", "m": "м", "n": "пηийлᴨ", "o": "θσфө",
        "r": "гяᎱ", "s": "Ꭶ", "t": "тτ", "u": "ц", "w": "шщωᎳ", "A": "ΛДᎪ", "B": "Ᏼ", "C": "Ꮯ", "D": "Ꭰ",
        "E": "ΞЁᎬ", "G": "Ꮐ", "H": "Ꮋ", "I": "Ꮖ", "J": "Ꭻ", "K": "Ꮶ", "L": "Ꮮ", "M": "Ꮇ", "N": "ИЙ",
        "O": "ΘФ", "P": "Ꮲ", "R": "ЯᎡ", "S": "Ꮪ", "T": "Ꭲ", "V": "Ꮩ", "W": "ШЩ", "Z": "Ꮓ",
    }.items()
    for look in looks
}  # fmt: skip
_WORD = re.compile(r"[^\W\d_]+")
# Scripts whose letters pass for Latin ones. Others, such as Japanese, are mixed with Latin in honest words.
_CONFUSABLE_SCRIPTS = {"CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE", "COPTIC"}


def latin_lookalike(word: str) -> str:
    """`word` in Latin letters if every letter is Latin or looks it, else `word` as it is.

    A word with even one letter that no Latin letter resembles is honest text in its own script.
    """
    if word.isascii():
        return word
    table = _LOOKALIKES_AMONG_LATIN if any(map(_is_latin_letter, word)) else _LOOKALIKES
    folded = "".join(table.get(char, char) for char in word)
    return folded if all(_is_latin(char) for char in folded if char.isalpha()) else word


def mixed_script_spans(text: str) -> list[Span]:
    """Words that mix Latin letters with look-alikes, or are all look-alikes in a text that is else Latin."""
    if text.isascii():
        return []
    mixed: list[Span] = []
    posing: list[Span] = []
    latin_text, foreign_text = False, False
    for match in _WORD.finditer(text):
        scripts = {_script(char) for char in match[0]}
        foreign = scripts & _CONFUSABLE_SCRIPTS
        if "LATIN" in scripts:
            latin_text = True
            if foreign and latin_lookalike(match[0]) != match[0]:
                mixed.append(match.span())
        elif foreign:
            if latin_lookalike(match[0]) != match[0]:
                posing.append(match.span())
            else:
                foreign_text = True
    return sorted(mixed + posing) if latin_text and not foreign_text else mixed


def is_invisible(char: str) -> bool:
    """True for what shows as nothing: controls, format characters and blank letters. Line breaks do show."""
    return char not in _LINE_CONTROLS and (char in _BLANK or unicodedata.category(char) in {"Cc", "Cf"})


def hidden_spans(text: str) -> list[Span]:
    """Runs of characters that a reader cannot see, less the joiners that emoji and some scripts need."""
    if _PLAIN.fullmatch(text):
        return []
    return _runs(i for i, char in enumerate(text) if is_invisible(char) and not _joins(text, i))


def undecodable_spans(text: str) -> list[Span]:
    """Runs of replacement characters and lone surrogates: bytes that were not text."""
    if text.isascii():
        return []
    return _runs(i for i, char in enumerate(text) if char == "\ufffd" or "\ud800" <= char <= "\udfff")


def character_names(text: str) -> str:
    """The distinct characters of `text` by code point and name, at most three."""
    distinct = list(dict.fromkeys(text))
    names = [f"U+{ord(char):04X} {unicodedata.name(char, 'CONTROL CHARACTER')}" for char in distinct[:3]]
    return ", ".join(names) + (" and others" if len(distinct) > 3 else "")


def _is_latin(char: str) -> bool:
    return char.isascii() or _script(char) == "LATIN"


def _is_latin_letter(char: str) -> bool:
    return char.isalpha() and _is_latin(char)


@lru_cache(maxsize=4096)
def _script(char: str) -> str:
    """The script of a letter by the first word of its name, which for these scripts is the script's."""
    return unicodedata.name(char, "").split(" ", 1)[0]


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
