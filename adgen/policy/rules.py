"""The rules of text, slot, packs, brand and brief. Each says what is wrong and where in the text as given."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from datetime import date

from adgen.channels import SlotFormat, Unit
from adgen.policy.claims import claims, expired_statements
from adgen.policy.lines import Line
from adgen.policy.packs import rules_for
from adgen.policy.words import contains, occurrences
from adgen.spec import BriefSpec, Finding, Severity

_UNITS: dict[Unit, str] = {
    "char": "characters",
    "wide": "units, wide characters count two",
    "weighted": "units, wide characters and emoji count two",
    "x": "units as X counts them: a web address 23, an emoji two",
}


def check_rules(
    text: str, *, brief: BriefSpec | None, slot: SlotFormat | None, today: date | None = None
) -> list[Finding]:
    """What the rules find in `text`. Without a brief or a slot, their rules are left out.

    `today` is the day on which facts must hold, the current one by default. English rules, for English copy.
    """
    line = Line(text, brief, slot, today or date.today())
    if not line.plain.text.strip():
        return [Finding("text.empty", "block", 0, len(text), "The text is empty.")]
    findings = list(_packs(line))
    if slot is not None:
        findings.extend(_length(text, slot))
    if brief is not None:
        findings.extend(expired_statements(line))
        findings.extend(_unwanted(line, brief))
        findings.extend(_missing(line, brief))
    return findings


def _packs(line: Line) -> Iterator[Finding]:
    """What the packs find. Two packs with the same check name a place once."""
    rules = rules_for(line.slot, _categories(line.brief))
    seen = set()
    for rule in rules:
        if rule.backed_by is None:
            for hit in rule.hits(line):
                place = (rule.check, *hit[:2])
                if rule.check is None or place not in seen:
                    seen.add(place)
                    yield rule.finding(line, hit)
    yield from claims(line, [rule for rule in rules if rule.backed_by])


def _categories(brief: BriefSpec | None) -> frozenset[str]:
    if brief is None:
        return frozenset()
    return frozenset(filter(None, (brief.special_category, brief.brand.special_category)))


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


def _unwanted(line: Line, brief: BriefSpec) -> Iterator[Finding]:
    """Words that brand or brief rule out, and names of competitors, in any reading of the text."""

    def found(
        rule: str, severity: Severity, terms: Iterable[str], before: str, after: str = ""
    ) -> Iterator[Finding]:
        for term in dict.fromkeys(terms):
            for start, end in dict.fromkeys(
                span for reading in line.folded for span in occurrences(term, reading)
            ):
                message = f"“{line.text[start:end]}”: {before}“{term}”{after}."
                yield Finding(rule, severity, start, end, message)

    brand = brief.brand
    yield from found("brand.banned_word", "block", brand.banned_words, f"{brand.name} never uses ")
    yield from found("brief.must_avoid", "block", brief.must_avoid, "the brief rules out ")
    advice = " is a competitor; leave the name out, or have the comparison checked"
    yield from found("brand.competitor", "flag", brand.competitors, "", advice)


def _missing(line: Line, brief: BriefSpec) -> Iterator[Finding]:
    def missing(rule: str, terms: Iterable[str], who: str) -> Iterator[Finding]:
        for term in dict.fromkeys(terms):
            # A word that no line of the slot can hold is a demand on the other slots.
            fits = line.slot is None or line.slot.fits(term)
            if fits and term.strip() and not contains(term, line.folded[0]):
                yield Finding(rule, "flag", 0, 0, f"{who} asks for “{term}”; it is missing.")

    yield from missing("brief.must_include", brief.must_include, "The brief")
    yield from missing("brand.required_word", brief.brand.required_words, brief.brand.name)
