"""The quality figures of what was written. Shares are 0 to 1; None where there is nothing to count."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from statistics import fmean
from typing import Any

from rapidfuzz import fuzz

from adgen.channels import slot_format
from adgen.policy.duplicates import text_key
from adgen.spec import BriefSpec
from workers.evaluation.style import follows, traits
from workers.evaluation.writing import WrittenBrief
from workers.generation.pool import SAME_WORDS, plain_words, vectors
from workers.mentions import is_exact, mentions, spellings

# How many pieces learnt by heart make up a line of a brief; 0 where it is new.
Copies = Callable[[str, BriefSpec], int]
# The reasons for which a raw sample is outside its limit.
_OUTSIDE = ("were over the limit", "never ended")


def figures(written: Sequence[WrittenBrief], copies: Copies) -> dict[str, Any]:
    """What can be counted of `written`."""
    lines = [(one.brief, draft) for one in written for draft, _ in one.lines]
    learnt = [copies(draft.text, brief) for brief, draft in lines]
    tried = sum(one.tried for one in written)
    outside = sum(one.dropped[reason] for one in written for reason in _OUTSIDE)
    dropped = sum((one.dropped for one in written), Counter[str]())
    return {
        "briefs": len(written),
        "lines": len(lines),
        "raw_inside_limit": _share(tried - outside, tried),
        "inside_limit": _mean(slot_format(draft.slot).fits(draft.text) for _, draft in lines),
        **_exact_names(written),
        "duplicates": _mean(map(bool, _repeats(written, _same_text))),
        "near_duplicates": _mean(map(bool, _repeats(written, _same_words))),
        "coverage": _coverage(written),
        "name_product_or_message": _mean(
            any(mentions(draft.text, field) for field in (brief.product, *brief.messages))
            for brief, draft in lines
        ),
        "copied": _mean(pieces == 1 for pieces in learnt),
        "joined_of_copies": _mean(pieces > 1 for pieces in learnt),
        "distinct_1": _mean(_distinct(one.texts, 1) for one in written if one.lines),
        "distinct_2": _mean(_distinct(one.texts, 2) for one in written if one.lines),
        "likeness": _mean(_likeness(one.texts) for one in written if len(one.lines) > 1),
        "style": _style(written),
        "verdicts": _verdicts(written),
        "tried": tried,
        "dropped": dict(dropped.most_common()),
        "shortfalls": sum(len(one.shortfalls) for one in written),
        "lines_per_s": _share(len(lines), sum(one.seconds for one in written)),
    }


def _exact_names(written: Sequence[WrittenBrief]) -> dict[str, float | None]:
    """The share of mentions of brand and of product that spell them exactly."""
    exact: dict[str, list[bool]] = {"brand": [], "product": []}
    for one in written:
        names = {"brand": one.brief.brand.name, "product": one.brief.product}
        for field, name in names.items():
            exact[field] += [
                is_exact(phrase, name, in_any_case=field == "product")
                for text in one.texts
                for phrase in spellings(text, name, _strings(one.brief))
            ]
    return {f"{field}_exact": _mean(answers) for field, answers in exact.items()}


def _strings(brief: BriefSpec) -> Iterator[str]:
    yield from (brief.brand.name, brief.product, brief.audience, brief.offer)
    yield from (*brief.messages, *brief.keywords, *brief.must_include)


def _same_text(one: str, other: str) -> bool:
    return text_key(one) == text_key(other)


def _same_words(one: str, other: str) -> bool:
    return fuzz.token_set_ratio(plain_words(one), plain_words(other)) >= SAME_WORDS


def _repeats(written: Sequence[WrittenBrief], same: Callable[[str, str], bool]) -> Iterator[bool]:
    """For each line whether an earlier one of its brief and slot is the same."""
    for one in written:
        earlier: dict[str, list[str]] = {}
        for draft, _ in one.lines:
            before = earlier.setdefault(draft.slot, [])
            yield any(same(draft.text, other) for other in before)
            before.append(draft.text)


def _coverage(written: Sequence[WrittenBrief]) -> dict[str, float]:
    """For each field the share of its strings, over all briefs that give it, that some line mentions."""
    found: dict[str, list[bool]] = {}
    for one in written:
        brief = one.brief
        fields: dict[str, Iterable[str]] = {
            "brand": [brief.brand.name],
            "product": [brief.product],
            "messages": brief.messages,
            "audience": [brief.audience],
            "offer": [brief.offer],
            "must_include": brief.must_include,
        }
        for name, strings in fields.items():
            for string in filter(None, strings):
                found.setdefault(name, []).append(any(mentions(text, string) for text in one.texts))
    return {name: fmean(answers) for name, answers in found.items()}


def _distinct(texts: Sequence[str], size: int) -> float:
    """Different n-grams over all n-grams of a brief's lines."""
    grams: list[tuple[str, ...]] = []
    for text in texts:
        words = plain_words(text).split()
        grams += [tuple(words[at : at + size]) for at in range(len(words) - size + 1)]
    return len(set(grams)) / len(grams) if grams else 1.0


def _likeness(texts: Sequence[str]) -> float:
    """Mean cosine of the embeddings of all pairs of lines."""
    found = vectors(texts)
    pairs = len(texts) * (len(texts) - 1)
    return float(((found @ found.T).sum() - len(texts)) / pairs)


def _style(written: Sequence[WrittenBrief]) -> dict[str, float] | None:
    """How many lines follow each trait of their brand's exemplars, and how many all of them."""
    answers: dict[str, list[bool]] = {}
    for one in written:
        exemplars = [exemplar.text for exemplar in one.brief.brand.exemplars]
        names = [one.brief.brand.name]
        wanted = traits(exemplars, names)
        for text in one.texts if wanted else ():
            followed = follows(text, wanted, names)
            for trait, answer in followed.items():
                answers.setdefault(trait, []).append(answer)
            answers.setdefault("all", []).append(all(followed.values()))
    return {trait: fmean(given) for trait, given in answers.items()} or None


def _verdicts(written: Sequence[WrittenBrief]) -> dict[str, float]:
    counts = Counter(result.verdict for one in written for _, result in one.lines)
    return {verdict: count / counts.total() for verdict, count in counts.most_common()}


def _share(part: float, whole: float) -> float | None:
    return part / whole if whole else None


def _mean(values: Iterable[float]) -> float | None:
    listed = list(values)
    return fmean(listed) if listed else None
