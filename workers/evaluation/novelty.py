"""Whether a line is copied: a training skeleton of the starter filled in, or a past ad."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from itertools import chain

from lemminflect import getLemma

from adgen.policy.duplicates import text_key
from adgen.spec import BriefSpec
from workers.starter.copywriter import fields, skeletons, wordlists
from workers.starter.copywriter.fields import Value
from workers.starter.copywriter.pointers import Piece, Pointer, take_apart
from workers.starter.copywriter.skeletons import Agreeing, Part, choices, parse

_TOKEN = re.compile(r"\w+(?:['’]\w+)*|[.!?…]+")
_END = "|"
_ARTICLES = {"a", "an", "the"}
# Slots, and roles of messages, that the same strings may fill.
_KINDS = {
    **dict.fromkeys(("products", "one product"), "product"),
    **{"mass noun": "noun", "verbing": "verb", "does": "verb", "people": "audience"},
    **dict.fromkeys(("an offer", "saving"), "offer"),
}
_ONE_AND_MANY = {"are": "is", "have": "has", "them": "it", "their": "its", "these": "this", "those": "that"}


def filled_skeletons(line: str, brief: BriefSpec) -> int:
    """How many training skeletons of the starter, filled from the brief, make up `line`; 0: it is new."""
    values = fields.read(brief).values
    sentences = _shape(take_apart(line, values), values).split(f" {_END} ")
    # fewest[n]: skeletons that make up all sentences from the n-th on.
    fewest: list[float] = [math.inf] * len(sentences) + [0]
    for start in reversed(range(len(sentences))):
        ways = [
            1 + fewest[stop]
            for stop in range(start + 1, len(sentences) + 1)
            if f" {_END} ".join(sentences[start:stop]) in _known()
        ]
        fewest[start] = min(ways, default=math.inf)
    return 0 if fewest[0] == math.inf else int(fewest[0])


def past_ads(line: str, brief: BriefSpec) -> int:
    """1 where `line` is an exemplar of the brief's brand, but for case and end punctuation; 0: it is new."""
    return int(text_key(line) in {text_key(exemplar.text) for exemplar in brief.brand.exemplars})


@cache
def _known() -> frozenset[str]:
    """The shapes of all skeletons that the starter was trained on, every choice in them made."""
    learnt = (skeleton for skeleton in skeletons.load() if not skeleton.held_out)
    return frozenset(_shape(parse(text), {}) for skeleton in learnt for text in _ways(skeleton.text))


def _ways(text: str) -> Iterator[str]:
    ways = choices(text)
    return chain.from_iterable(map(_ways, ways)) if ways else iter((text,))


def _shape(parts: Sequence[Piece | Part], values: Mapping[str, Value]) -> str:
    """The words of a line in plain form, with the kind of string that stands in each of its places."""
    tokens: list[str] = []
    for part in parts:
        if isinstance(part, str | Agreeing):
            tokens += _plain(part if isinstance(part, str) else part.word)
        elif isinstance(part, Pointer):
            kind = values[part.name].role if part.name in fields.MESSAGES else part.name
            tokens.append(f"<{_KINDS.get(kind or '', kind)}>")
        elif part.name not in _ARTICLES:
            tokens.append(f"<{_KINDS.get(part.name, part.name)}>")
    return _calls().sub("<call>", " ".join(tokens)).strip(f" {_END}")


def _plain(text: str) -> Iterator[str]:
    for token in _TOKEN.findall(text.lower()):
        if token[0] in ".!?…":
            yield _END
        elif token not in _ARTICLES:
            yield _base(token)


@cache
def _base(word: str) -> str:
    """A word without number: skeletons say "bring" where a line about one product says "brings"."""
    lemmas = getLemma(word, upos="VERB") if word.endswith("s") else ()
    return _ONE_AND_MANY.get(word) or (lemmas[0] if lemmas else word)


@cache
def _calls() -> re.Pattern[str]:
    """Calls to action stand in a skeleton as one place."""
    phrases = {
        " ".join(_plain(call)) for calls in wordlists.load("common")["calls"].values() for call in calls
    }
    listed = "|".join(map(re.escape, sorted(phrases, key=len, reverse=True)))
    return re.compile(rf"(?<!\S)(?:{listed})(?!\S)")
