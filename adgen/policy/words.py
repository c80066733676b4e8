"""Finding a word or phrase in a text: whole, in any case, in any writing of the same letters."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache

from adgen.policy.characters import Span
from adgen.policy.normalise import Normalised, normalise

# Scripts written without spaces, where a word's edge cannot be seen.
_UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\U00020000-\U0003ffff]"
)


def occurrences(term: str, text: Normalised) -> Iterator[Span]:
    """Spans, in the original text, of `term` in `text` (which must be case-folded). Nothing for a blank term.

    The term's own white space matches any; `art` is not found in `party`, nor in a longer word of
    any script that puts spaces between words. Inflected forms are other words.
    """
    pattern = _pattern(term)
    if pattern is None:
        return
    for match in pattern.finditer(text.text):
        if _is_edge(text.text, match.start()) and _is_edge(text.text, match.end()):
            yield text.span(*match.span())


def contains(term: str, text: Normalised) -> bool:
    """True if `term` occurs in the case-folded `text`."""
    return next(occurrences(term, text), None) is not None


@lru_cache(maxsize=4096)
def _pattern(term: str) -> re.Pattern[str] | None:
    """The term's words, however spaced; None for a blank term."""
    words = normalise(term).casefold().text.split()
    return re.compile(r"\s+".join(map(re.escape, words))) if words else None


def _is_edge(text: str, at: int) -> bool:
    """True if no word goes on across offset `at`."""
    if not 0 < at < len(text):
        return True
    before, after = text[at - 1], text[at]
    return not (_in_word(before) and _in_word(after))


def _in_word(char: str) -> bool:
    return (char.isalnum() or unicodedata.category(char).startswith("M")) and not _UNSPACED.match(char)
