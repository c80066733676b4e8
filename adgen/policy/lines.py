"""One line of copy as the rules see it: the text, its readings, and what it answers."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from adgen.channels import SlotFormat
from adgen.policy.characters import Span
from adgen.policy.disguises import Decoding, decode
from adgen.policy.normalise import Normalised, normalise
from adgen.policy.words import occurrences
from adgen.spec import BriefSpec

_WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True)
class Line:
    """A text with its brief and slot, where it has them. `today` decides which facts have expired."""

    text: str
    brief: BriefSpec | None
    slot: SlotFormat | None
    today: date

    @cached_property
    def plain(self) -> Normalised:
        return normalise(self.text)

    @cached_property
    def decoding(self) -> Decoding:
        return decode(self.plain)

    @cached_property
    def folded(self) -> tuple[Normalised, ...]:
        """Every reading, case-folded; the plain one first."""
        return tuple(reading.casefold() for reading in self.decoding.readings)

    @cached_property
    def words(self) -> frozenset[str]:
        """The words of every reading, case-folded."""
        return frozenset(word for reading in self.folded for word in _WORD.findall(reading.text))

    @cached_property
    def is_headline(self) -> bool:
        return self.slot is not None and (self.slot.kind == "headline" or "headline" in self.slot.name)

    @cached_property
    def name_spans(self) -> tuple[Span, ...]:
        """Where the names of brand and product stand as they are written; rules find no fault with them."""
        if self.brief is None:
            return ()
        names = (self.brief.brand.name, self.brief.product)
        return tuple(
            (start, end)
            for name in names
            for start, end in occurrences(name, self.folded[0])
            if self.text[start:end].casefold() == name.casefold()
        )

    @cached_property
    def brief_words(self) -> frozenset[str]:
        """Every word and code of the brief and of the brand's facts, as written there."""
        if self.brief is None:
            return frozenset()
        brief, brand = self.brief, self.brief.brand
        texts = [brand.name, brief.product, brief.campaign, brief.offer, *brief.messages, *brief.keywords]
        texts += [*brief.must_include, *brand.required_words, *(fact.statement for fact in brand.facts)]
        return frozenset(re.findall(r"\S*\w", " ".join(texts))) | frozenset(
            re.findall(r"\w+", " ".join(texts))
        )
