"""Claims and what backs them: the words of the brief, and facts of the brand that have not expired."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from adgen.policy.characters import Span
from adgen.policy.lines import Line
from adgen.policy.normalise import normalise
from adgen.policy.packs import rules_for
from adgen.policy.packs.model import Rule, shortened
from adgen.spec import BriefSpec, FactSpec, Finding

EXPIRED = "brand.expired_fact"

_TOKEN = re.compile(r"[$£€#]?\s?\d+(?:[.,:/]\d+)*\s?(?:%|percent\b|per cent\b|[$£€])?|[^\W\d_]+")
_SUFFIX = re.compile(r"(\d)(%|percent|[$£€])$")
_CURRENCIES = {"dollar": "$", "usd": "$", "pound": "£", "gbp": "£", "euro": "€", "eur": "€"}
_SAME = {"shipping": "delivery", "complimentary": "free", "zero": "0", "half": "50%"}
_SMALL = {
    "a", "an", "the", "of", "for", "on", "in", "at", "to", "your", "our", "my", "its", "it", "is", "are",
    "and", "or", "with", "from", "per", "by", "off", "price",
}  # fmt: skip
# Words that share so many first letters are forms of one word: guarantee and guaranteed.
_STEM = 5
# So many words of a fact are its statement, even without its numbers.
_TELLING_WORDS = 3


@dataclass(frozen=True)
class _Source:
    """Something that may back a claim, as tokens."""

    tokens: tuple[str, ...]
    fact: FactSpec | None = None


def unbacked(text: str, brief: BriefSpec, *, today: date | None = None) -> list[Finding]:
    """The claims of `text` that neither the brief nor an unexpired fact of its brand backs.

    For generation, to drop a line before it is drafted. `today` is the day of the check, today by default.
    """
    line = Line(text, brief, None, today or date.today())
    rules = [rule for rule in rules_for(None, frozenset()) if rule.backed_by]
    return [*claims(line, rules), *expired_statements(line)]


def claims(line: Line, rules: Sequence[Rule]) -> Iterator[Finding]:
    """What `rules`, all of them rules of claims, find in `line` and nothing backs.

    Without a brief nothing can back a claim, so only those that need a fact are found.
    """
    sources: list[_Source] | None = None
    seen: list[Span] = []
    for rule in rules:
        if line.brief is None and rule.backed_by == "brief":
            continue
        for hit in rule.hits(line):
            if any(start <= hit[0] and hit[1] <= end for start, end in seen):
                continue
            seen.append(hit[:2])
            sources = sources or list(_sources(line.brief))
            claim = _tokens(line.text[hit[0] : hit[1]])
            known = [source for source in sources if source.fact or rule.backed_by == "brief"]
            backing = [source for source in known if _backs(source.tokens, claim)]
            if not backing:
                yield rule.finding(line, hit)
            elif all(_expired(source, line.today) for source in backing):
                yield _expired_finding(line, hit[0], hit[1], backing[0].fact)


def expired_statements(line: Line) -> Iterator[Finding]:
    """Expired facts that `line` still states: all that they say, or all their words if not their numbers."""
    if line.brief is None:
        return
    said = None
    for fact in line.brief.brand.facts:
        if fact.expires_on is None or fact.expires_on >= line.today:
            continue
        said = said or _tokens(line.text)
        stated = [token for token in _tokens(fact.statement) if token not in _SMALL]
        words = [token for token in stated if token.isalpha()]
        states = (len(stated) > 1 and _backs(said, stated)) or (
            len(words) >= _TELLING_WORDS and _backs(said, words)
        )
        if states and not _still_said(line, stated):
            yield _expired_finding(line, 0, len(line.text), fact)


def _still_said(line: Line, stated: Sequence[str]) -> bool:
    """True if the brief, or a fact that holds, says the same as an expired fact."""
    return any(
        _backs(source.tokens, stated) and not _expired(source, line.today) for source in _sources(line.brief)
    )


def _sources(brief: BriefSpec | None) -> Iterator[_Source]:
    if brief is None:
        return
    for text in (
        brief.offer,
        *brief.messages,
        brief.product,
        brief.campaign,
        *brief.must_include,
        brief.audience,
    ):
        if text:
            yield _Source(_tokens(text))
    for fact in brief.brand.facts:
        yield _Source(_tokens(fact.statement), fact)


def _expired(source: _Source, today: date) -> bool:
    fact = source.fact
    return fact is not None and fact.expires_on is not None and fact.expires_on < today


def _expired_finding(line: Line, start: int, end: int, fact: FactSpec | None) -> Finding:
    assert fact is not None
    assert fact.expires_on is not None  # only a fact with a date has expired
    day = f"{fact.expires_on:%d %B %Y}".lstrip("0")
    message = (
        f"“{shortened(line.text[start:end])}” rests on the fact “{fact.statement}”, which expired on {day}. "
        "Renew the fact, or drop the claim."
    )
    return Finding(EXPIRED, "flag", start, end, message, "")


def _backs(source: Sequence[str], claim: Sequence[str]) -> bool:
    """True if every word and number of `claim` that says something is in `source`."""
    wanted = [token for token in claim if token not in _SMALL]
    return bool(wanted) and all(any(_same(token, other) for other in source) for token in wanted)


def _same(one: str, other: str) -> bool:
    if one == other:
        return True
    if not one.isalpha() or not other.isalpha():
        return False
    shorter = min(len(one), len(other))
    return shorter >= _STEM and one[:_STEM] == other[:_STEM]


def _tokens(text: str) -> tuple[str, ...]:
    """Words in a plain form, and numbers with their unit of money or per cent: ("save", "20%", "$5")."""
    found: list[str] = []
    for match in _TOKEN.finditer(normalise(text).casefold().text):
        token = re.sub(r"[\s,]", "", match[0])
        suffix = _SUFFIX.search(token)
        word = token[:-1] if len(token) > 3 and token.endswith("s") and not token.endswith("ss") else token
        if suffix and suffix[2] in _CURRENCIES.values():
            found.append(suffix[2] + token[:-1])
        elif suffix:
            found.append(token[: suffix.end(1)] + "%")
        elif found and found[-1].isdigit() and word in _CURRENCIES:
            found[-1] = _CURRENCIES[word] + found[-1]
        else:
            found.append(_SAME.get(word, word))
    return tuple(found)
