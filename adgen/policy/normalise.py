"""One plain reading of a text, for rules and models, with the way back to the text as given.

Compatibility forms are folded (NFKC), invisible characters dropped, and words made of look-alike
letters read as Latin. Writing tricks that need guessing (leetspeak, spaced letters) are undone in
`adgen.policy.disguises`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain

from adgen.policy.characters import Span, is_invisible, latin_lookalike

Edit = tuple[int, int, str]

_WORD = re.compile(r"\w+")
_PLAIN_ASCII = re.compile(r"[\t\n\r -~]*")
# Ordering combining marks takes quadratic time, so no more of them are taken together than any language
# uses (Unicode's stream-safe text form draws the same line).
_LONGEST_CLUSTER = 32
# A few signs stand for whole phrases (U+FDFA for eighteen characters); they are left as they are.
_LONGEST_FORM = 6


@dataclass(frozen=True)
class Normalised:
    """`origins[i]` is the span of the original text that character `i` of `text` stands for."""

    text: str
    origins: tuple[Span, ...]

    def span(self, start: int, end: int) -> Span:
        """The span of the original behind `text[start:end]`, which must not be empty."""
        return self.origins[start][0], self.origins[end - 1][1]

    def casefold(self) -> Normalised:
        """The same text for comparing without regard to case; one character may become several."""
        if self.text.isascii():
            return Normalised(self.text.lower(), self.origins)
        folded = [char.casefold() for char in self.text]
        origins = chain.from_iterable(
            [origin] * len(part) for origin, part in zip(self.origins, folded, strict=True)
        )
        return Normalised("".join(folded), tuple(origins))

    def edited(self, edits: Iterable[Edit]) -> Normalised:
        """The text with each edit's `start:end` replaced. Edits come in order and do not overlap.

        A replacement of equal length stands for its characters one by one, any other for the whole.
        """
        pieces: list[str] = []
        origins: list[Span] = []
        done = 0
        for start, end, new in edits:
            pieces += self.text[done:start], new
            origins += self.origins[done:start]
            same_length = len(new) == end - start
            origins += self.origins[start:end] if same_length else [self.span(start, end)] * len(new)
            done = end
        pieces.append(self.text[done:])
        origins += self.origins[done:]
        return Normalised("".join(pieces), tuple(origins))


def normalise(text: str) -> Normalised:
    """The plain reading of `text`. Never fails; lone surrogates become U+FFFD."""
    if _PLAIN_ASCII.fullmatch(text):
        return Normalised(text, tuple(zip(range(len(text)), range(1, len(text) + 1), strict=True)))
    chars: list[str] = []
    origins: list[Span] = []
    for start, cluster in _clusters(text):
        plain = unicodedata.normalize("NFKC", cluster)
        if len(plain) > _LONGEST_FORM * len(cluster):
            plain = cluster
        chars.extend(plain)
        origins.extend([(start, start + len(cluster))] * len(plain))
    kept = [i for i, char in enumerate(chars) if not is_invisible(char)]
    readable = "".join("\ufffd" if "\ud800" <= chars[i] <= "\udfff" else chars[i] for i in kept)
    folded = _WORD.sub(lambda match: latin_lookalike(match[0]), readable)
    return Normalised(folded, tuple(origins[i] for i in kept))


def _clusters(text: str) -> Iterator[tuple[int, str]]:
    """The pieces of `text` that NFKC changes independently of each other, with their offsets."""
    start = 0
    for i in range(1, len(text)):
        if not _interacts(text[start:i], text[i]):
            yield start, text[start:i]
            start = i
    if text:
        yield start, text[start:]


def _interacts(cluster: str, char: str) -> bool:
    """True if `char` may compose or reorder with the cluster before it."""
    if char.isascii() or len(cluster) >= _LONGEST_CLUSTER:
        return False
    if unicodedata.combining(char):
        return True
    apart = unicodedata.normalize("NFKC", cluster) + unicodedata.normalize("NFKC", char)
    return unicodedata.normalize("NFKC", cluster + char) != apart
