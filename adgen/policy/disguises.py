"""What a text says once the tricks that hide words from a filter are undone, and where they were used.

English only: the letters are Latin, and which marks stand for which letters is how English is disguised.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from adgen.policy.characters import Span
from adgen.policy.leet import unleet
from adgen.policy.normalise import Edit, Normalised, normalise

Kind = Literal["symbols", "spacing"]

_SPACED = re.compile(
    r"(?<![^\W_])(?P<run>C(?P<gap>\s?[.\-*·•~|/]\s?|_|\s)C(?:(?P=gap)C)+)(?![^\W_])".replace(
        "C", r"(?:[^\W_]|[$@!])"
    )
)
_DOTTED = re.compile(r"(?<![\w.@/])(?:[a-z]+(?:\.[a-z]+)+|[A-Z]+(?:\.[A-Z]+)+)(?![\w.@/])")
_ENDINGS = frozenset(
    "com net org io co uk de fr es it nl se no dk fi ch at be pl cz ie au nz ca us in jp cn br mx eu me tv info "
    "biz app dev shop store online site ai js py ly gg pdf gov edu club xyz blog news travel".split()
)
_ABBREVIATIONS = frozenset("am pm eg ie aka ps rsvp byo byob usa uk eu nyc dc etc vs approx phd".split())
# Shorter words than this, letter by letter, are as likely an abbreviation or a list.
_SHORT = 3
_STRETCHED = re.compile(r"([^\W\d_])\1{2,}", re.IGNORECASE)
_ROMAN = re.compile(r"[IVXLCDM]+")
_SIZE = re.compile(r"x+[sl]", re.IGNORECASE)
_LETTER_NAME = re.compile(
    r"LATIN LETTER SMALL CAPITAL ([A-Z])"
    r"|(?:REGIONAL INDICATOR SYMBOL|NEGATIVE (?:CIRCLED|SQUARED) LATIN CAPITAL|SQUARED LATIN CAPITAL) LETTER ([A-Z])"
)
_SKIN_TONES = {"\U0001f3fb": " light skin ", "\U0001f3fc": " light skin ", "\U0001f3fd": " medium skin "}
_SKIN_TONES |= {"\U0001f3fe": " dark skin ", "\U0001f3ff": " dark skin "}


@dataclass(frozen=True)
class Disguise:
    """A word that reads `reads`, at `start:end` of the original text, and how it was hidden."""

    kind: Kind
    start: int
    end: int
    reads: str


@dataclass(frozen=True)
class Decoding:
    """The distinct readings of a text, the plain one first, and the disguises undone in the others."""

    readings: tuple[Normalised, ...]
    disguises: tuple[Disguise, ...]


def readings(text: str) -> tuple[Normalised, ...]:
    """The distinct readings of `text`: as it stands, and with disguises undone. One for clean text.

    Emoji are spelt by name in the readings after the first. Where a disguise can be undone in two ways
    ("haaate", "gooood"), both are given: there are at most three readings. Takes linear time.
    """
    return decode(normalise(text)).readings


def decode(plain: Normalised) -> Decoding:
    """The readings of a text that was normalised, and its disguises."""
    spelt = plain if plain.text.isascii() else plain.edited(_spelt(plain.text))
    one, disguises = _undisguised(spelt, apart=False, letters=1)
    two = one if one is spelt else _undisguised(spelt, apart=True, letters=2)[0]
    found = [plain]
    for reading in (one, two):
        if all(reading.text != other.text for other in found):
            found.append(reading)
    return Decoding(tuple(found), tuple(disguises))


def _undisguised(spelt: Normalised, *, apart: bool, letters: int) -> tuple[Normalised, list[Disguise]]:
    """`apart` leaves a first "a" or "i" outside a spaced word; stretched letters become so many `letters`."""
    disguises = []
    gaps: list[Edit] = []
    for start, end, gap in _spaced(spelt.text, apart=apart):
        word = spelt.text[start : end : 1 + gap]
        if len(word) > _SHORT:
            disguises.append(Disguise("spacing", *spelt.span(start, end), word))
        gaps += [(at, at + gap, "") for at in range(start + 1, end, 1 + gap)]
    gaps += _dots(spelt.text)
    joined = spelt.edited(sorted(gaps)) if gaps else spelt
    signs = unleet(joined.text)
    disguises += [Disguise("symbols", *joined.span(start, end), word) for start, end, word in signs]
    readable = joined.edited(signs) if signs else joined
    stretched = list(_unstretched(readable.text, letters))
    return readable.edited(stretched) if stretched else readable, disguises


def _spaced(text: str, *, apart: bool) -> Iterator[tuple[int, int, int]]:
    """Words written letter by letter, "h a t e" or "h.a.t.e", and the length of their gaps.

    Abbreviations and lists are not among them.
    """
    for match in _SPACED.finditer(text):
        start, end = match.span("run")
        gap = match["gap"]
        letters = text[start : end : 1 + len(gap)]
        if sum(map(str.isalpha, letters)) * 2 <= len(letters) or (
            gap.strip() in {"/", "|"} and letters.isupper()
        ):
            continue
        is_short = len(letters) <= _SHORT + (text[end : end + 1] == ".")
        if gap == "." and (letters.lower() in _ABBREVIATIONS or (is_short and letters.isupper())):
            continue
        if apart and letters[0] in "aAiI" and gap.isspace() and len(letters) > _SHORT:
            start += 1 + len(gap)
        yield start, end, len(gap)


def _dots(text: str) -> Iterator[Edit]:
    """Dots inside words that are no address and no abbreviation: "stu.pid"."""
    for match in _DOTTED.finditer(text):
        parts = match[0].lower().split(".")
        letters = "".join(parts)
        is_plain = parts[-1] in _ENDINGS or letters in _ABBREVIATIONS or len(letters) <= _SHORT
        if not is_plain and len(parts) < len(letters):
            for dot in re.finditer(r"\.", match[0]):
                yield match.start() + dot.start(), match.start() + dot.end(), ""


def _unstretched(text: str, letters: int) -> Iterator[Edit]:
    """Letters said three times and more, shortened; not Roman numerals, clothes sizes, "www" and the like."""
    for match in _STRETCHED.finditer(text):
        start, end = match.span()
        if not match[1].isascii():
            continue
        while start and text[start - 1].isalnum() and match.start() - start < 20:
            start -= 1
        while end < len(text) and text[end].isalnum() and end - match.end() < 20:
            end += 1
        word = text[start:end]
        if len(set(word.lower())) > 1 and not _ROMAN.fullmatch(word) and not _SIZE.fullmatch(word):
            yield *match.span(), match[1] * letters


def _spelt(text: str) -> Iterator[Edit]:
    """Emoji by name, styled letters as letters, and letters without the strokes laid over them."""
    for i, char in enumerate(text):
        if not char.isascii():
            spelling = _spelling(char)
            if spelling is not None:
                yield i, i + 1, spelling


@lru_cache(maxsize=4096)
def _spelling(char: str) -> str | None:
    """What a reader says for `char`; None for letters and signs that stand for themselves."""
    if char in _SKIN_TONES:
        return _SKIN_TONES[char]
    category = unicodedata.category(char)
    if category in {"Mn", "Me"} and unicodedata.name(char, "").startswith("COMBINING"):
        return ""  # what NFKC could not compose: strokes and stacked marks
    letter = _LETTER_NAME.fullmatch(unicodedata.name(char, ""))
    if letter:
        return (letter[1] or letter[2]).lower() if letter[1] else letter[2]
    if category == "So" and ord(char) >= 0x2600:
        # In the names of old symbols "black" and "white" say filled and outlined.
        name = re.sub(r"\b(black|white|heavy|squared|negative) ", "", unicodedata.name(char, "").lower())
        return f" {name} " if name else None
    return None
