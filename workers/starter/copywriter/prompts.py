"""How fields and a wanted line are told to the model: the ids before a line."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from workers.starter.copywriter.fields import POINTERS, Fields, Value
from workers.starter.copywriter.vocabulary import BRIEF, LENGTH_STEP, LENGTH_STEPS, LIKE, LIMITS, Vocabulary

EXEMPLARS_AT_MOST = 6
_SPELLED = frozenset(POINTERS) - {"brand", "place", "call"}
_WORDS_AT_MOST = 14
_EXEMPLAR_AT_MOST = 24


@dataclass(frozen=True)
class Wanted:
    """What one line shall be. What is "" is left to the model."""

    tone: str
    kind: str
    limit: int
    case: str = "sentence"
    appeal: str = ""
    end: str = ""
    person: str = ""


def prefix(
    fields: Fields,
    vocabulary: Vocabulary,
    order: Iterable[str] = POINTERS,
    exemplars: Sequence[Sequence[int]] = (),
) -> list[int]:
    """The brief: its trade, then for each pointer its grammar, the length of its string and the string.

    Names, places and calls are not spelled: what they say must not sway the line. The brand's own lines
    follow, taken apart into ids.
    """
    ids = [vocabulary.ids[BRIEF]]
    if fields.industry:
        ids.append(vocabulary.ids[f"<industry:{fields.industry}>"])
    if fields.goods is not None:
        ids.append(vocabulary.ids["<sells:goods>" if fields.goods else "<sells:services>"])
    for name in order:
        if name in fields.values:
            ids += _value(name, fields.values[name], vocabulary)
    for exemplar in exemplars[:EXEMPLARS_AT_MOST]:
        ids += [vocabulary.ids[LIKE], *exemplar[:_EXEMPLAR_AT_MOST]]
    return ids


def unbriefed(vocabulary: Vocabulary) -> list[int]:
    """The prefix of a line that may be about anything."""
    return [vocabulary.ids[BRIEF]]


def _value(name: str, value: Value, vocabulary: Vocabulary) -> list[int]:
    steps = min(-(-len(value.text) // LENGTH_STEP), LENGTH_STEPS)
    ids = [vocabulary.ids[f"<to:{name}>"], vocabulary.ids[f"<length:{steps}>"]]
    if value.role:
        ids.append(vocabulary.ids[f"<role:{value.role}>"])
    if value.number:
        ids.append(vocabulary.ids[f"<number:{value.number}>"])
    if name in _SPELLED:
        ids += vocabulary.words(f" {value.text.lower()}")[:_WORDS_AT_MOST]
    return ids


def suffix(vocabulary: Vocabulary, wanted: Wanted) -> list[int]:
    """The ids of `wanted`; a limit between two known ones counts as the lower."""
    told = [f"<tone:{wanted.tone}>", f"<kind:{wanted.kind}>", f"<style:{wanted.case}>"]
    traits = (("appeal", wanted.appeal), ("end", wanted.end), ("person", wanted.person))
    told += [f"<{name}:{value}>" for name, value in traits if value]
    return [vocabulary.ids[token] for token in (*told, f"<limit:{known_limit(wanted.limit)}>")]


def known_limit(limit: float) -> int:
    """The largest limit of training that is not over `limit`."""
    return max((step for step in LIMITS if step <= limit), default=LIMITS[0])
