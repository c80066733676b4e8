"""Words that do not exist: a small model that learned a brand's lines may spell one ("dipe right")."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache

from workers.starter.copywriter import calls, skeletons
from workers.starter.copywriter.wordlists import CORPUS

# What follows an apostrophe is the rest of a contraction.
_WORD = re.compile(r"(?<![\w'’])[^\W\d_]{2,}")
_PLACE = re.compile(r"\{[^{}]*\}|<[^<>]*>")


def strange(said: str, told: Iterable[str]) -> int:
    """How many words of `said` no dictionary, no skeleton and not `told`, a brief in pieces, has.

    Few lines hold such a word, so `told` is put together only for them.
    """
    unknown = [word for word in _words(said.lower()) if not (word in _written() or _listed(word))]
    given = _words("".join(told).lower()) if unknown else ()
    return sum(word not in given for word in unknown)


def _words(text: str) -> list[str]:
    return _WORD.findall(text)


@cache
def _written() -> frozenset[str]:
    """Every word of the corpus: literal words of skeletons, calls, and all lists."""
    lists = ("common", "industries", "words")
    texts = (
        calls.pattern().pattern,
        *(_PLACE.sub(" ", skeleton.text) for skeleton in skeletons.load()),
        *((CORPUS / f"{name}.yaml").read_text(encoding="utf-8") for name in lists),
    )
    return frozenset(word for text in texts for word in _words(text.lower()))


@cache
def _listed(word: str) -> bool:
    """Whether the dictionary of word forms has `word`."""
    from lemminflect import getAllLemmas

    return bool(getAllLemmas(word))
