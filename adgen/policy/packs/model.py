"""What a policy pack is, and how one is read from its data."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal, get_args

from adgen.policy.characters import Span
from adgen.policy.checks import CHECKS, Check, Hit
from adgen.policy.lines import Line
from adgen.policy.patterns import Phrase, Words, compile_phrase
from adgen.spec import Finding, Severity

# Whose word is enough for a claim: the brief's or an unexpired fact's, or a fact's alone.
Backing = Literal["brief", "facts"]

_LONGEST_QUOTE = 80
# Places that one rule marks in one text; a text with more is beyond mending by places.
_MOST_PLACES = 20
_MATCHERS = ("phrases", "regex", "check")
_PACK_FIELDS = {
    *("id", "version", "title", "source_url", "checked_on", "channels", "categories", "words", "rules")
}
_RULE_FIELDS = {
    *("id", "severity", "message", "source_url", "headline_only", "unless", "at_most", "backed_by", "words"),
    *(*_MATCHERS, "match", "pass"),
}


@dataclass(frozen=True)
class Rule:
    """One rule. `match` and `passes` are texts that it must and must not find fault with.

    A text with a word of `unless` keeps it, and `at_most` places are let be. `backed_by` says whose word is
    enough for what is found.
    """

    id: str
    severity: Severity
    message: str
    source_url: str
    match: tuple[str, ...]
    passes: tuple[str, ...]
    phrases: tuple[Phrase, ...] = ()
    check: Check | None = None
    words: Mapping[str, Sequence[str]] = field(default_factory=dict)
    headline_only: bool = False
    unless: Words = frozenset()
    at_most: int = 0
    backed_by: Backing | None = None

    def hits(self, line: Line) -> Iterator[Hit]:
        """The places in the text as given that break the rule, claims not yet held against their backing."""
        if (self.headline_only and not line.is_headline) or self.unless & line.words:
            return
        places = self.check(line, self.words) if self.check else self._matches(line)
        for number, hit in enumerate(place for place in places if not _within(place, line.name_spans)):
            if number >= self.at_most + _MOST_PLACES:
                return
            if number >= self.at_most:
                yield hit

    def finding(self, line: Line, hit: Hit) -> Finding:
        start, end, detail = hit
        message = self.message.format(found=shortened(line.text[start:end]), detail=shortened(detail))
        return Finding(self.id, self.severity, start, end, message, self.source_url)

    def _matches(self, line: Line) -> Iterator[Hit]:
        """Matches in every reading; one place is not named twice."""
        seen: list[Span] = []
        matches = (
            reading.span(*match.span())
            for phrase in self.phrases
            if phrase.may_match(line.words)
            for reading in line.folded
            for match in phrase.pattern.finditer(reading.text)
            if match[0]
        )
        for start, end in matches:
            if not any(start < other_end and other_start < end for other_start, other_end in seen):
                seen.append((start, end))
                yield start, end, ""


@dataclass(frozen=True)
class Pack:
    """The rules of one source. It holds for its channels, for its special ad categories, or always."""

    id: str
    version: int
    title: str
    source_url: str
    checked_on: date
    channels: tuple[str, ...]
    categories: tuple[str, ...]
    rules: tuple[Rule, ...]

    def holds_for(self, channel: str, categories: frozenset[str]) -> bool:
        """`channel` is the first part of a slot key; "google" stands for "google_rsa" and its siblings."""
        if not self.channels and not self.categories:
            return True
        return not categories.isdisjoint(self.categories) or any(
            channel == own or channel.startswith(f"{own}_") for own in self.channels
        )


def read_pack(data: Mapping[str, Any], shared: Mapping[str, Sequence[str]], name: str) -> Pack:
    """The pack that `data` describes. Raises ValueError that names file, rule and fault."""
    try:
        _refuse_unknown(data, _PACK_FIELDS)
        words = {**shared, **data.get("words", {})}
        rules = tuple(_read_rule(row, data, words) for row in data["rules"])
        ids = [rule.id for rule in rules]
        if len(set(ids)) < len(ids):
            raise ValueError("two rules have one id")
        return Pack(
            id=data["id"],
            version=data["version"],
            title=data["title"],
            source_url=data["source_url"],
            checked_on=data["checked_on"],
            channels=tuple(data.get("channels", ())),
            categories=tuple(data.get("categories", ())),
            rules=rules,
        )
    except KeyError as fault:
        raise ValueError(f"{name}: the field {fault} is missing.") from None
    except ValueError as fault:
        raise ValueError(f"{name}: {fault}.") from None


def shortened(text: str) -> str:
    """`text` as a message may quote it."""
    return text if len(text) <= _LONGEST_QUOTE else text[:_LONGEST_QUOTE] + "…"


def _read_rule(row: Mapping[str, Any], pack: Mapping[str, Any], words: Mapping[str, Sequence[str]]) -> Rule:
    try:
        _refuse_unknown(row, _RULE_FIELDS)
        words = {**words, **row.get("words", {})}
        kinds = [kind for kind in _MATCHERS if kind in row]
        if len(kinds) != 1:
            raise ValueError(f"expected one of {', '.join(_MATCHERS)}, found {len(kinds)}")
        if row["severity"] not in get_args(Severity):
            raise ValueError(f"severity {row['severity']!r} is none of {', '.join(get_args(Severity))}")
        if not row["match"] or not row["pass"]:
            raise ValueError("`match` and `pass` need an example each")
        row["message"].format(found="", detail="")
        return Rule(
            id=f"{pack['id']}.{row['id']}",
            severity=row["severity"],
            message=row["message"],
            source_url=row.get("source_url", pack["source_url"]),
            match=tuple(row["match"]),
            passes=tuple(row["pass"]),
            phrases=_phrases(row, words),
            check=CHECKS[row["check"]] if "check" in row else None,
            words=words,
            headline_only=row.get("headline_only", False),
            unless=frozenset(row.get("unless", ())),
            at_most=row.get("at_most", 0),
            backed_by=row.get("backed_by"),
        )
    except (KeyError, ValueError, re.error) as fault:
        raise ValueError(f"rule {row.get('id')!r}: {fault}") from None


def _phrases(row: Mapping[str, Any], lists: Mapping[str, Sequence[str]]) -> tuple[Phrase, ...]:
    if "regex" in row:
        several = row["regex"] if isinstance(row["regex"], list) else [row["regex"]]
        return tuple(Phrase(re.compile(regex, re.MULTILINE)) for regex in several)
    return tuple(compile_phrase(phrase, lists) for phrase in row.get("phrases", ()))


def _refuse_unknown(data: Mapping[str, Any], known: set[str]) -> None:
    unknown = sorted(data.keys() - known)
    if unknown:
        raise ValueError(f"unknown field {unknown[0]!r}; known: {', '.join(sorted(known))}")


def _within(hit: Hit, spans: Sequence[Span]) -> bool:
    return any(start <= hit[0] and hit[1] <= end for start, end in spans)
