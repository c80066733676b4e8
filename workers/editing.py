"""What a candidate must be to become a draft: inside the limit, names exact, on the brief, and new."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from difflib import SequenceMatcher

from adgen.channels import SlotFormat
from adgen.policy import check_rules
from adgen.spec import BriefSpec

# Two lines that share this much of their words are one line to a reader.
NEAR_DUPLICATE = 0.8
# A capitalised phrase this close to the brand's name, but not it, is the name misspelt.
MISSPELT = 0.8
_SHORTEST_NAME = 4
_WORD = re.compile(r"\w+(?:['’]\w+)*")


_REASONS = {
    "slot.length": "were over the limit",
    "brand.banned_word": "held words to avoid",
    "brief.must_avoid": "held words to avoid",
    "brief.must_include": "lacked words that must be in",
    "text.empty": "held no words",
}


class Unusable(Exception):
    """The candidate cannot become a draft. Its text finishes the sentence "12 of them ..."."""


class Editor:
    """Judges the candidates of one slot, one after the other, and remembers those that it let through."""

    def __init__(self, brief: BriefSpec, slot: SlotFormat, taken: Collection[str]) -> None:
        self.brief, self.slot = brief, slot
        # A product is a name only where it is written like one.
        names = [brief.brand.name, *([brief.product] if brief.product != brief.product.lower() else [])]
        self._names = [
            (name, re.compile(rf"(?<!\w){re.escape(name)}(?!\w)", re.IGNORECASE)) for name in names
        ]
        self._brand = brief.brand.name
        self._brief_text = "\n".join(
            (
                brief.product,
                brief.audience,
                brief.offer,
                *brief.messages,
                *brief.keywords,
                *brief.must_include,
            )
        ).casefold()
        self._taken = [_words(line) for line in taken]
        self._taken_exactly = set(self._taken)

    def edited(self, text: str, *, demanding: bool) -> str:
        """The line as it may be drafted. Only the case of names is mended; all else raises Unusable.

        What the screen's rules block or mark is dropped here already; only words that must be in are let
        go where `demanding` is False, since a person may still want such a line.
        """
        for name, pattern in self._names:
            text = pattern.sub(name.replace("\\", r"\\"), text)
        for finding in check_rules(text, brief=self.brief, slot=self.slot):
            if demanding or finding.rule != "brief.must_include":
                raise Unusable(_REASONS.get(finding.rule, "held characters that cannot be seen or read"))
        if self._misspells_brand(text):
            raise Unusable("misspelt the brand's name")
        words = _words(text)
        if not words:
            raise Unusable("held no words")
        if words in self._taken_exactly or any(_near(words, other) for other in self._taken):
            raise Unusable("repeated another line")
        self._taken.append(words)
        self._taken_exactly.add(words)
        return text

    def _misspells_brand(self, text: str) -> bool:
        name = self._brand.casefold()
        if len(name) < _SHORTEST_NAME:
            return False
        words = [word.removesuffix("'s").removesuffix("’s") for word in _WORD.findall(text)]
        length = len(_WORD.findall(self._brand))
        for start in range(len(words) - length + 1):
            phrase = " ".join(words[start : start + length])
            near = phrase.casefold()
            if (
                phrase[:1].isupper()
                and near not in (name, " ".join(_WORD.findall(name)))
                and near not in self._brief_text
                and SequenceMatcher(None, near, name).ratio() >= MISSPELT
            ):
                return True
        return False


def _words(text: str) -> frozenset[str]:
    """The words of a line, whatever their order, case and punctuation."""
    return frozenset(_WORD.findall(unicodedata.normalize("NFKC", text).casefold()))


def _near(one: frozenset[str], other: frozenset[str]) -> bool:
    return len(one & other) >= NEAR_DUPLICATE * len(one | other)
