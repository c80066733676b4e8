"""When a later screening tells a person something new about a line."""

from __future__ import annotations

from typing import Any

import pytest

from adgen.policy.reasons import says_more


def found(rule: str, message: str, start: int = 0, end: int = 9) -> dict[str, Any]:
    return {"rule": rule, "severity": "flag", "message": message, "start": start, "end": end}


CLAIM = found("claims.number", "“50%”: nothing backs it.")
RUDE = found("model.toxicity", "Reads as rude (toxicity 0.71).")
SWAP = found("bias.counterfactual", "With “men” in place of “women” …", 3, 8)
EXPIRED = found("brand.expired_fact", "“Best of 2024” has expired.")


@pytest.mark.parametrize(
    ("findings", "seen"),
    [
        ([CLAIM], []),
        ([CLAIM, RUDE], [CLAIM]),
        ([CLAIM | {"start": 20, "end": 23}], [CLAIM]),
        ([CLAIM | {"severity": "block"}], [CLAIM]),
        ([EXPIRED | {"message": "“Best of 2025” has expired."}], [EXPIRED]),
    ],
    ids=["first of all", "one more", "the same rule elsewhere", "graver than before", "another fact"],
)
def test_what_is_new(findings: list[dict[str, Any]], seen: list[dict[str, Any]]) -> None:
    assert says_more(findings, seen)


@pytest.mark.parametrize(
    ("findings", "seen"),
    [
        ([], []),
        ([], [CLAIM]),
        ([CLAIM], [RUDE, CLAIM]),
        ([CLAIM], [CLAIM | {"severity": "block"}]),
        ([CLAIM | {"message": "“50%” needs a source."}], [CLAIM]),
        ([RUDE | {"message": "Reads as rude (toxicity 0.74).", "start": 4}], [RUDE]),
        ([SWAP | {"message": "With “girls” in place of “women” …"}], [SWAP]),
    ],
    ids=["nothing", "less", "the same", "milder", "reworded", "the model's score moved", "another swap"],
)
def test_what_is_not(findings: list[dict[str, Any]], seen: list[dict[str, Any]]) -> None:
    assert not says_more(findings, seen)
