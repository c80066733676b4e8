"""Whether a later screening of a line says anything that a person has not seen yet."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

_MODEL = "model."


def says_more(findings: Iterable[Mapping[str, Any]], seen: Iterable[Mapping[str, Any]]) -> bool:
    """True if one of `findings` is not among `seen`, or blocks where it only flagged before.

    Both are findings as a screening stores them. A model's message holds its score, which changes a
    little with every version, so of the model it is the rule that counts; of others the message as well,
    which names the words, the fact or the competitor in question.
    """
    known: set[tuple[str, str]] = set()
    blocking: set[tuple[str, str]] = set()
    for finding in seen:
        known.add(_reason(finding))
        if finding["severity"] == "block":
            blocking.add(_reason(finding))
    return any(
        _reason(finding) not in (blocking if finding["severity"] == "block" else known)
        for finding in findings
    )


def _reason(finding: Mapping[str, Any]) -> tuple[str, str]:
    rule = str(finding["rule"])
    return rule, "" if rule.startswith(_MODEL) else str(finding["message"])
