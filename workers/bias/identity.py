"""The groups of people that a text names, and the same text about other groups of the same kind."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import chain, islice, zip_longest
from pathlib import Path
from typing import Any, NamedTuple

import yaml

DATA = Path(__file__).with_name("data") / "identity.yaml"
# Other groups that a text is read with: enough to meet very different ones, few enough to stay cheap.
MOST_SWAPS = 8
# No slot takes so long a line, and eight more readings of such a text would cost too much.
_LONGEST = 2_000

_ARTICLE = re.compile(r"\b(a)n? $", re.IGNORECASE)
_SPOKEN_VOWEL = re.compile(r"(?!uk|eu)[aeiou]|lgbt", re.IGNORECASE)
_SENTENCE_START = re.compile(r"(?:^|[.!?:]\s+)[\s\"'“‘¡¿]*$")
_NEXT_WORD = re.compile(r"[ -]([^\W\d_]+)")


class Mention(NamedTuple):
    """A place where a text names a group: its place among those of its kind, and the name as it is listed."""

    start: int
    end: int
    kind: str
    group: int
    form: str
    name: str


@dataclass(frozen=True)
class Swap:
    """A text read about another group: `found`, at `start` to `end` of the text as given, became `put`."""

    text: str
    kind: str
    found: str
    put: str
    start: int
    end: int


def swaps(text: str) -> list[Swap]:
    """The text about up to MOST_SWAPS other groups; all the groups that it names take turns.

    Two groups change places: "women and men" becomes "men and women". Nothing for a text that names no group,
    or is longer than any line of copy. Articles and case follow the new name; verbs do not.
    """
    found = mentions(text) if len(text) <= _LONGEST else []
    named = dict.fromkeys((mention.kind, mention.group) for mention in found)
    turns = [[(kind, group, other) for other in _others(found, kind, group)] for kind, group in named]
    chosen = filter(None, chain.from_iterable(zip_longest(*turns)))
    read = (_swapped(text, found, *one) for one in chosen)
    return list(islice({swap.text: swap for swap in read}.values(), MOST_SWAPS))


def mentions(text: str) -> list[Mention]:
    """Where `text` names groups of people, in order, without overlaps."""
    found = []
    for match in _pattern().finditer(text):
        key = _key(match[0])
        follows = _NEXT_WORD.match(text, match.end())
        following = follows[1].lower() if follows else ""
        if key in _data()["ambiguous"] and following not in _data()["people"]:
            continue
        is_description = bool(following) and following not in _data()["no_nouns"]
        meanings = _names()[key]
        kind, group, form, name = min(meanings, key=lambda meaning: _describes(meaning[2]) != is_description)
        found.append(Mention(*match.span(), kind, group, form, name))
    return found


def _describes(form: str) -> bool:
    """Whether names of this form stand before the word that they belong to."""
    return form == "adj" or form.endswith("_of")


def _others(found: list[Mention], kind: str, group: int) -> Iterator[int]:
    """The groups of `kind` that can change places with `group` in every form that the text uses."""
    groups = _groups()[kind]
    used: list[set[str]] = [set() for _ in groups]
    for mention in found:
        if mention.kind == kind:
            used[mention.group].add(mention.form)
    for other, names in enumerate(groups):
        if other != group and used[group] <= names.keys() and used[other] <= groups[group].keys():
            yield other


def _swapped(text: str, found: list[Mention], kind: str, group: int, other: int) -> Swap:
    exchanged = {group: other, other: group}
    swapped, at = "", 0
    puts: list[tuple[Mention, str]] = []
    for mention in found:
        if mention.kind == kind and mention.group in exchanged:
            put = _cased(text, mention, _groups()[kind][exchanged[mention.group]][mention.form][0])
            before = swapped + text[at : mention.start]
            swapped = _ARTICLE.sub(r"\1n " if _SPOKEN_VOWEL.match(put) else r"\1 ", before) + put
            at = mention.end
            puts.append((mention, put))
    first, put = next((mention, put) for mention, put in puts if mention.group == group)
    return Swap(swapped + text[at:], kind, text[first.start : first.end], put, first.start, first.end)


def _cased(text: str, mention: Mention, put: str) -> str:
    """`put` in the case of the words that it replaces."""
    written, listed = text[mention.start : mention.end], mention.name
    if written.isupper() and not listed.isupper():
        return put.upper()
    if written.islower() and not listed.islower():
        return put.lower()
    if written[0].isupper() and (listed[0].islower() or _SENTENCE_START.search(text, 0, mention.start)):
        return put[0].upper() + put[1:]
    return put


def _key(name: str) -> str:
    return name.lower().replace("-", " ").replace("’", "'")


@cache
def _data() -> dict[str, Any]:
    data = yaml.safe_load(DATA.read_text(encoding="utf-8"))
    return {**data, **{name: frozenset(data[name]) for name in ("people", "ambiguous", "no_nouns")}}


@cache
def _groups() -> dict[str, list[dict[str, list[str]]]]:
    """By kind, each group's names by form."""
    return {
        kind: [
            {form: [names] if isinstance(names, str) else names for form, names in group.items()}
            for group in groups
        ]
        for kind, groups in _data()["groups"].items()
    }


@cache
def _names() -> dict[str, list[tuple[str, int, str, str]]]:
    """What each name may mean: kind, group and form, and the name as it is listed."""
    meanings: dict[str, list[tuple[str, int, str, str]]] = {}
    for kind, groups in _groups().items():
        for at, forms in enumerate(groups):
            for form, names in forms.items():
                for name in names:
                    meanings.setdefault(_key(name), []).append((kind, at, form, name))
    return meanings


@cache
def _pattern() -> re.Pattern[str]:
    longest_first = sorted(_names(), key=len, reverse=True)
    names = "|".join(re.escape(name).replace(r"\ ", "[ -]").replace("'", "['’]") for name in longest_first)
    # In ASCII, for without regard to case Unicode takes more letters for an s or a k than `lower` knows.
    return re.compile(rf"(?<!\w)(?ai:{names})(?!\w)")
