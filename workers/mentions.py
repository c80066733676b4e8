"""Whether a line says what a brief says: fields by the lemmas of their words, names letter by letter."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from functools import lru_cache

from lemminflect import getLemma
from rapidfuzz import fuzz

# A field is mentioned by a line with this share of its content words.
_ENOUGH = 0.6
# Words this like a name (0 to 100) stand for it, rightly spelt or not.
_MEANT = 80.0
_SHORTEST_FUZZY = 4
_WORD = re.compile(r"[\w&]+(?:['’-]\w+)*")
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+")
_SMALL = frozenset(
    (
        *("a", "an", "the", "and", "or", "of", "for", "on", "in", "at", "to", "with", "from", "per", "by"),
        *("any", "it", "its", "you", "your", "we", "our", "my", "that", "is", "are", "be"),
    )
)


def mentions(line: str, field: str) -> bool:
    """Whether `line` has most content words of `field`, in whatever form and order."""
    wanted = [word for word in _words(field) if word not in _SMALL] or _words(field)
    said = {form for word in _words(line) for form in forms(word)}
    found = sum(not said.isdisjoint(forms(word)) for word in wanted)
    return bool(wanted) and found >= math.ceil(_ENOUGH * len(wanted))


def spellings(line: str, name: str, others: Iterable[str] = ()) -> list[str]:
    """The words of `line` that stand for `name`, rightly spelt or not; words of `others` stand for those."""
    folded = name.casefold()
    given = [other.casefold() for other in others if other and other != name]
    for other in given:
        if folded not in other and other not in folded:
            line = re.sub(rf"(?<!\w){re.escape(other)}(?!\w)", ". ", line, flags=re.IGNORECASE)
    found = [phrase for sentence in _SENTENCE_END.split(line) for phrase in _spelt_in(sentence, name)]
    return [phrase for phrase in found if not any(phrase.casefold() in other for other in given)]


def _spelt_in(sentence: str, name: str) -> list[str]:
    """The likest windows of about as many words as the name has, none overlapping another, in order."""
    words = _WORD.findall(sentence)
    length = len(_WORD.findall(name))
    windows = [
        (start, start + size)
        for size in range(max(1, length - 1), length + 2)
        for start in range(len(words) - size + 1)
    ]
    likeness = {window: _likeness(" ".join(words[slice(*window)]), name) for window in windows}
    meant: list[tuple[int, int]] = []
    for start, stop in sorted(windows, key=lambda window: -likeness[window]):
        is_apart = all(stop <= other[0] or other[1] <= start for other in meant)
        if is_apart and likeness[start, stop] >= _MEANT:
            meant.append((start, stop))
    return [" ".join(words[start:stop]) for start, stop in sorted(meant)]


def is_exact(phrase: str, name: str, *, in_any_case: bool) -> bool:
    """Whether `phrase` spells `name`, or its genitive; in any case, its words may also be inflected."""
    phrase, bare, name = (" ".join(_WORD.findall(text)) for text in (phrase, _bare(phrase), name))
    if not in_any_case or name in (phrase, bare):
        return name in (phrase, bare)
    pairs = list(zip(_words(phrase), _words(name), strict=False))
    same_length = len(_words(phrase)) == len(_words(name))
    return same_length and all(not forms(one).isdisjoint(forms(other)) for one, other in pairs)


@lru_cache(maxsize=20_000)
def forms(word: str) -> frozenset[str]:
    """A word and what it may be a form of: "roasted" and "roast"."""
    lemmas = (lemma for upos in ("VERB", "NOUN", "ADJ") for lemma in getLemma(word, upos=upos))
    return frozenset((word, *lemmas))


def _likeness(phrase: str, name: str) -> float:
    phrase, name = _bare(phrase).casefold(), name.casefold()
    if len(name) < _SHORTEST_FUZZY:
        return 100.0 if phrase == name else 0.0
    return float(fuzz.ratio(phrase, name))


def _bare(phrase: str) -> str:
    return phrase.removesuffix("'s").removesuffix("’s")


def _words(text: str) -> list[str]:
    return [_bare(word).lower() for word in _WORD.findall(text)]
