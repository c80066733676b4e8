"""What a candidate must be to become a draft: inside the limit, names exact, and true to the brief."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import partial

from rapidfuzz import fuzz

from adgen.channels import SlotFormat
from adgen.policy import check_rules
from adgen.spec import BriefSpec

# A capitalised phrase this close to a name, but not it, is the name misspelt: 0 to 100.
MISSPELT = 80.0
_SHORTEST_NAME = 4
_WORD = re.compile(r"\w+(?:['’]\w+)*")
_DEMANDS = {"brief.must_include", "brand.required_word"}
_REASONS = {
    "slot.length": "were over the limit",
    "brand.banned_word": "held words to avoid",
    "brief.must_avoid": "held words to avoid",
    "text.empty": "held no words",
    "text.hidden": "held characters that cannot be seen",
    "text.undecodable": "held characters that cannot be read",
    "brand.competitor": "named a competitor",
    "brand.expired_fact": "rested on an expired fact",
}


class Unusable(Exception):
    """The candidate cannot become a draft. Its text finishes the sentence "12 of them ..."."""


@dataclass(frozen=True)
class Edited:
    """A line as it may be drafted, and whether it has all the words that the brief demands."""

    text: str
    is_complete: bool


class Editor:
    """Judges the candidates of one slot, each by itself."""

    def __init__(self, brief: BriefSpec, slot: SlotFormat) -> None:
        self.brief, self.slot = brief, slot
        # A product is a name only where it is written like one.
        names = [brief.brand.name, *([brief.product] if brief.product != brief.product.lower() else [])]
        self._names = [
            (name, re.compile(rf"(?<!\w){re.escape(name)}(?!\w)", re.IGNORECASE)) for name in names
        ]

    def edited(self, text: str) -> Edited:
        """The line as it may be drafted. Only the case of names is mended; all else raises Unusable.

        What the screen's rules block or mark is dropped here already. A line without the words that must
        be in is told apart, since a person may still want it.
        """
        for name, pattern in self._names:
            text = pattern.sub(partial(self._respelt, name), text)
        rules = [finding.rule for finding in check_rules(text, brief=self.brief, slot=self.slot)]
        for rule in rules:
            if rule not in _DEMANDS:
                raise Unusable(_reason(rule))
        if not _WORD.search(text):
            raise Unusable("held no words")
        rest = text
        for _, pattern in self._names:
            rest = pattern.sub(".", rest)  # half of an exact name is no misspelling of it
        if any(self._misspells(name, rest) for name, _ in self._names):
            raise Unusable("misspelt a name")
        return Edited(text, is_complete=not rules)

    def _respelt(self, name: str, found: re.Match[str]) -> str:
        """`name` as it is given; a sentence may raise a product's first letter: "Managed IT support"."""
        raised = name == self.brief.product and found[0] == name[:1].upper() + name[1:]
        return found[0] if raised else name

    def _misspells(self, name: str, text: str) -> bool:
        exact = name.casefold()
        if len(exact) < _SHORTEST_NAME:
            return False
        others = self._given_beside(name)
        words = [word.removesuffix("'s").removesuffix("’s") for word in _WORD.findall(text)]
        length = len(_WORD.findall(name))
        for start in range(len(words) - length + 1):
            phrase = " ".join(words[start : start + length])
            near = phrase.casefold()
            if (
                phrase[:1].isupper()
                and near not in (exact, " ".join(_WORD.findall(exact)))
                and near not in others
                and fuzz.ratio(near, exact) >= MISSPELT
            ):
                return True
        return False

    def _given_beside(self, name: str) -> str:
        """What the brief says besides a name: words of it are no misspelling of that name."""
        brief = self.brief
        given = (brief.brand.name, brief.product, brief.audience, brief.offer)
        texts = (*given, *brief.messages, *brief.keywords, *brief.must_include)
        return "\n".join(text for text in texts if text != name).casefold()


def _reason(rule: str) -> str:
    if rule.startswith("claims."):
        return "claimed what neither the brief nor a fact says"
    return _REASONS.get(rule, f"broke the rule {rule}")
