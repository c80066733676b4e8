"""Whether a later screening of a line says anything that a person has not seen yet."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

# Their messages name what else than the line's own words is at fault: a fact, a word that is missing.
_NAMED = ("brand.", "brief.")
# Their places and scores move a little with every version of the model.
_MODEL = ("model.", "bias.")


def says_more(findings: Iterable[Mapping[str, Any]], seen: Iterable[Mapping[str, Any]]) -> bool:
    """True if one of `findings` is not among `seen`, or blocks where it only flagged before.

    Both are findings as a screening stores them, all on the same text. Of the model it is the rule that
    counts, of packs and slot the place in the text as well, and of brand and brief what the message names. A
    message that is only worded otherwise says nothing new.
    """
    known: set[tuple[object, ...]] = set()
    blocking: set[tuple[object, ...]] = set()
    for finding in seen:
        known.add(_reason(finding))
        if finding["severity"] == "block":
            blocking.add(_reason(finding))
    return any(
        _reason(finding) not in (blocking if finding["severity"] == "block" else known)
        for finding in findings
    )


def _reason(finding: Mapping[str, Any]) -> tuple[object, ...]:
    rule = str(finding["rule"])
    if rule.startswith(_MODEL):
        return (rule,)
    if rule.startswith(_NAMED):
        return rule, finding["message"]
    return rule, finding["start"], finding["end"]
