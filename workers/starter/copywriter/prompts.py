"""How fields and a wanted line are told to the model: the ids before a line."""

from __future__ import annotations

from collections.abc import Iterable

from workers.starter.copywriter.fields import POINTERS, Fields, Value
from workers.starter.copywriter.vocabulary import BRIEF, LENGTH_STEP, LENGTH_STEPS, LIMITS, Vocabulary

_SPELLED = frozenset(POINTERS) - {"brand", "place", "call"}
_WORDS_AT_MOST = 14


def prefix(fields: Fields, vocabulary: Vocabulary, order: Iterable[str] = POINTERS) -> list[int]:
    """The brief: its trade, then for each pointer its grammar, the length of its string and the string.

    Names, places and calls are not spelled: what they say must not sway the line.
    """
    ids = [vocabulary.ids[BRIEF]]
    if fields.industry:
        ids.append(vocabulary.ids[f"<industry:{fields.industry}>"])
    if fields.goods is not None:
        ids.append(vocabulary.ids["<sells:goods>" if fields.goods else "<sells:services>"])
    for name in order:
        if name in fields.values:
            ids += _value(name, fields.values[name], vocabulary)
    return ids


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


def suffix(vocabulary: Vocabulary, *, tone: str, kind: str, style: str, limit: int) -> list[int]:
    """What one line shall be; a limit between two known ones counts as the lower."""
    known = max((step for step in LIMITS if step <= limit), default=LIMITS[0])
    told = (f"<tone:{tone}>", f"<kind:{kind}>", f"<style:{style}>", f"<limit:{known}>")
    return [vocabulary.ids[token] for token in told]
