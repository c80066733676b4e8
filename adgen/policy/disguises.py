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

from adgen.policy.leet import unleet
from adgen.policy.normalise import Edit, Normalised, normalise
from adgen.policy.pictures import emoji_words
from adgen.policy.vocabulary import known_words, spellings, split_words

Kind = Literal["symbols", "spacing"]

_SPACED = re.compile(
    r"(?<![^\W_])(?P<run>C(?P<gap>\s?[.\-*·•~|/]\s?|_|\s)C(?:(?P=gap)C)+)(?![^\W_])".replace(
        "C", r"(?:[^\W_]|[$@!])"
    )
)
_NUMBERS_APART = re.compile(r"\d+|\D+")
_DOTTED = re.compile(r"(?<![\w.@/])(?:[a-z]+(?:\.[a-z]+)+|[A-Z]+(?:\.[A-Z]+)+)(?![\w.@/])")
_ENDINGS = {
    "com", "net", "org", "io", "co", "uk", "de", "fr", "es", "it", "nl", "se", "no", "dk", "fi", "ch", "at",
    "be", "pl", "cz", "ie", "au", "nz", "ca", "us", "in", "jp", "cn", "br", "mx", "eu", "me", "tv", "info",
    "biz", "app", "dev", "shop", "store", "online", "site", "ai", "js", "py", "ly", "gg", "pdf", "gov",
    "edu", "club", "xyz", "blog", "news", "travel",
}  # fmt: skip
_ABBREVIATIONS = {
    "am", "pm", "eg", "ie", "aka", "ps", "rsvp", "byo", "byob", "usa", "uk", "eu", "nyc", "dc", "etc", "vs",
    "approx", "phd",
}  # fmt: skip
# Shorter words than this, letter by letter, are as likely an abbreviation or a list.
_SHORT = 3
_STRETCHED = re.compile(r"([a-z])\1{2,}", re.IGNORECASE)
_ROMAN = re.compile(r"[IVXLCDM]+")
_SIZE = re.compile(r"x+[sl]", re.IGNORECASE)
_LETTER_NAME = re.compile(
    r"LATIN LETTER SMALL CAPITAL ([A-Z])"
    r"|(?:REGIONAL INDICATOR SYMBOL|NEGATIVE (?:CIRCLED|SQUARED) LATIN CAPITAL) LETTER ([A-Z])"
)


@dataclass(frozen=True)
class Disguise:
    """A word that reads `reads`, at `start:end` of the original text, and how it was hidden."""

    kind: Kind
    start: int
    end: int
    reads: str


@dataclass(frozen=True)
class Decoding:
    """The distinct readings of a text, the plain one first, and the disguises undone in the others.

    `in_words` is the plain one with its emoji in words.
    """

    in_words: Normalised
    readings: tuple[Normalised, ...]
    disguises: tuple[Disguise, ...]


def readings(text: str) -> tuple[Normalised, ...]:
    """The distinct readings of `text` for a model: plain with emoji in words, and with disguises undone.

    One for clean text. Where a disguise can be undone in two ways ("gooood", "1 h4t3 1t"), both are
    given: there are at most three readings. Takes linear time.
    """
    decoding = decode(normalise(text))
    return _distinct(decoding.in_words, *decoding.readings[1:])


def as_given(text: str) -> Normalised:
    """`text` with nothing undone, only its emoji in words."""
    return _in_words(Normalised(text, tuple(zip(range(len(text)), range(1, len(text) + 1), strict=True))))


def decode(plain: Normalised) -> Decoding:
    """The readings of a text that was normalised, and its disguises."""
    in_words = _in_words(plain)
    spelt = in_words if in_words.text.isascii() else in_words.edited(_letters(in_words.text))
    first, disguises = _undisguised(spelt, guess=1)
    second = first if first is spelt else _undisguised(spelt, guess=2)[0]
    return Decoding(in_words, _distinct(plain, first, second), tuple(disguises))


def _distinct(*found: Normalised) -> tuple[Normalised, ...]:
    by_text: dict[str, Normalised] = {}
    for reading in found:
        by_text.setdefault(reading.text, reading)
    return tuple(by_text.values())


def _in_words(text: Normalised) -> Normalised:
    return text if text.text.isascii() else text.edited(emoji_words(text.text))


def _undisguised(spelt: Normalised, *, guess: int) -> tuple[Normalised, list[Disguise]]:
    """The first guess takes known words and leaves numbers alone; the second is for unknown words."""
    gaps, words = _letter_by_letter(spelt.text, guess)
    disguises = [Disguise("spacing", *spelt.span(start, end), word) for start, end, word in words]
    gaps += _dots(spelt.text)
    joined = spelt.edited(sorted(set(gaps))) if gaps else spelt
    signs = unleet(joined.text, eager=guess == 2)
    disguises += [Disguise("symbols", *joined.span(start, end), word) for start, end, word in signs]
    readable = joined.edited(signs) if signs else joined
    stretched = list(_unstretched(readable.text, guess))
    return readable.edited(stretched) if stretched else readable, disguises


def _letter_by_letter(text: str, guess: int) -> tuple[list[Edit], list[Edit]]:
    """The gaps to close in words written letter by letter, and those words, closed up."""
    mark, letters = text[1:2], text[::2]
    whole = len(text) > 2 * _SHORT and not mark.isalnum() and set(text[1::2]) == {mark}
    if whole and (not mark.isspace() or len(letters.split()) > 1):
        return [(at, at + 1, "") for at in range(1, len(text), 2)], [(0, len(text), letters)]
    gaps: list[Edit] = []
    words: list[Edit] = []
    for start, end, gap in _spaced(text):
        letters = text[start : end : 1 + gap]
        parts = [letters]
        if text[start + 1].isspace() and len(letters) > _SHORT:
            # The gap is what parts words as well, so only the words tell where they end.
            alone = 1 if letters[0] in "aAiI" else 0
            parts = _split(letters) if guess == 1 else [letters[:alone], letters[alone:]]
        at = start
        for part in filter(None, parts):
            gaps += [(at + i * (1 + gap) + 1, at + (i + 1) * (1 + gap), "") for i in range(len(part) - 1)]
            at += len(part) * (1 + gap)
        if len(letters) > _SHORT:
            words.append((start, end, " ".join(filter(None, parts))))
    return gaps, words


def _split(letters: str) -> list[str]:
    """Words and numbers, written without spaces, apart."""
    return [
        word
        for part in _NUMBERS_APART.findall(letters)
        for word in ([part] if part.isdigit() else split_words(part))
    ]


def _spaced(text: str) -> Iterator[tuple[int, int, int]]:
    """Where letters stand one by one, "h a t e" or "h.a.t.e", and the length of their gaps.

    Abbreviations and lists are not among them.
    """
    for match in _SPACED.finditer(text):
        start, end = match.span("run")
        gap = match["gap"]
        letters = text[start : end : 1 + len(gap)]
        if sum(map(str.isalpha, letters)) * 2 < len(letters) or (
            gap.strip() in {"/", "|"} and letters.isupper()
        ):
            continue
        is_short = len(letters) <= _SHORT + (text[end : end + 1] == ".")
        if gap == "." and (letters.lower() in _ABBREVIATIONS or (is_short and letters.isupper())):
            continue
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


def _unstretched(text: str, guess: int) -> Iterator[Edit]:
    """Words with letters said three times and more, shortened.

    Roman numerals, clothes sizes, "www" and the like are let be.
    """
    done = 0
    for match in _STRETCHED.finditer(text):
        if match.start() >= done:
            start, done = _word_around(text, *match.span(), done)
            word = text[start:done]
            if len(set(word.lower())) > 1 and not _ROMAN.fullmatch(word) and not _SIZE.fullmatch(word):
                yield start, done, _shortened(word, guess)


def _word_around(text: str, start: int, end: int, done: int) -> tuple[int, int]:
    """The span of the word that `start:end` is part of, after `done` and up to twenty letters each way."""
    first, last = max(done, start - 20), min(len(text), end + 20)
    while start > first and text[start - 1].isalnum():
        start -= 1
    while end < last and text[end].isalnum():
        end += 1
    return start, end


def _shortened(word: str, guess: int) -> str:
    """What a stretched word is, by the first or the second guess: a known word, or else each letter once."""
    short, done = "", 0
    once_or_twice = {}
    for run in _STRETCHED.finditer(word):
        short += word[done : run.start()]
        once_or_twice[len(short)] = run[1], run[1] * 2
        short += run[1]
        done = run.end()
    forms = spellings(short + word[done:], once_or_twice)
    guesses = list(dict.fromkeys([*known_words(forms), forms[0], forms[-1]]))
    return guesses[min(guess, len(guesses)) - 1]


def _letters(text: str) -> Iterator[Edit]:
    """Styled letters as letters, and letters without the strokes laid over them."""
    for i, char in enumerate(text):
        if not char.isascii():
            spelling = _spelling(char)
            if spelling is not None:
                yield i, i + 1, spelling


@lru_cache(maxsize=4096)
def _spelling(char: str) -> str | None:
    """What a reader says for `char`; None for letters and signs that stand for themselves."""
    name = unicodedata.name(char, "")
    category = unicodedata.category(char)
    if category in {"Mn", "Me"} and name.startswith("COMBINING"):
        return ""  # what NFKC could not compose: strokes and stacked marks
    letter = _LETTER_NAME.fullmatch(name)
    if letter:
        return letter[1].lower() if letter[1] else letter[2]
    return f" {name.lower()} " if category == "So" and char >= "\u2600" and name else None
