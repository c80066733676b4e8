"""The rules of text, slot, brand and brief. Each says what is wrong and where, in the text as given."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator

from adgen.channels import SlotFormat, Unit
from adgen.policy.characters import character_names, hidden_spans, undecodable_spans
from adgen.policy.normalise import Normalised, normalise
from adgen.policy.words import contains, occurrences
from adgen.spec import BriefSpec, Finding

# Part of every screen version: raise it whenever a rule may judge a text differently.
RULES_VERSION = "1"

_UNITS: dict[Unit, str] = {
    "char": "characters",
    "wide": "units, wide characters count two",
    "weighted": "units, wide characters and emoji count two",
    "x": "units as X counts them: a web address 23, an emoji two",
}


def check_rules(text: str, *, brief: BriefSpec | None, slot: SlotFormat | None) -> list[Finding]:
    """What the rules find in `text`. Without a brief or a slot, their rules are left out."""
    plain = normalise(text)
    if not plain.text.strip():
        return [Finding("text.empty", "block", 0, len(text), "The text is empty.")]
    findings = list(_unreadable(text))
    if slot is not None:
        findings.extend(_length(text, slot))
    if brief is not None:
        folded = plain.casefold()
        findings.extend(_banned(text, folded, brief))
        findings.extend(_missing(folded, brief, slot))
    return findings


def _unreadable(text: str) -> Iterator[Finding]:
    for start, end in hidden_spans(text):
        names = character_names(text[start:end])
        yield Finding("text.hidden", "flag", start, end, f"Characters that a reader cannot see: {names}.")
    for start, end in undecodable_spans(text):
        yield Finding("text.undecodable", "flag", start, end, "Something here was not valid UTF-8 text.")


def _length(text: str, slot: SlotFormat) -> Iterator[Finding]:
    width = slot.width(text)
    if slot.fits(text):
        return
    fitting = bisect_right(range(len(text) + 1), slot.limit, key=lambda end: slot.width(text[:end])) - 1
    verb = "takes at most" if slot.hard else "shows only"
    message = f"{width} long; the {slot.label} {verb} {slot.limit} ({_UNITS[slot.unit]})."
    yield Finding(
        "slot.length", "block" if slot.hard else "flag", fitting, len(text), message, slot.source_url
    )


def _banned(text: str, folded: Normalised, brief: BriefSpec) -> Iterator[Finding]:
    def found(rule: str, terms: Iterable[str], owner: str) -> Iterator[Finding]:
        for term in dict.fromkeys(terms):
            for start, end in occurrences(term, folded):
                yield Finding(rule, "block", start, end, f"“{text[start:end]}”: {owner} “{term}”.")

    yield from found("brand.banned_word", brief.brand.banned_words, f"{brief.brand.name} never uses")
    yield from found("brief.must_avoid", brief.must_avoid, "the brief rules out")


def _missing(folded: Normalised, brief: BriefSpec, slot: SlotFormat | None) -> Iterator[Finding]:
    for term in dict.fromkeys(brief.must_include):
        # A word that no line of the slot can hold is a demand on the other slots.
        fits = slot is None or slot.fits(term)
        if fits and term.strip() and not contains(term, folded):
            yield Finding("brief.must_include", "flag", 0, 0, f"The brief asks for “{term}”; it is missing.")
