"""When a later screening tells a person something new about a line."""

from __future__ import annotations

import pytest

from adgen.policy.reasons import says_more

CLAIM = {"rule": "claims.number", "severity": "flag", "message": "“50%”: nothing backs it."}
RUDE = {"rule": "model.toxicity", "severity": "flag", "message": "Reads as rude (toxicity 0.71)."}


@pytest.mark.parametrize(
    ("findings", "seen"),
    [
        ([CLAIM], []),
        ([CLAIM, RUDE], [CLAIM]),
        ([CLAIM | {"message": "“20%”: nothing backs it."}], [CLAIM]),
        ([CLAIM | {"severity": "block"}], [CLAIM]),
    ],
    ids=["first of all", "one more", "the same rule elsewhere", "graver than before"],
)
def test_what_is_new(findings: list[dict[str, str]], seen: list[dict[str, str]]) -> None:
    assert says_more(findings, seen)


@pytest.mark.parametrize(
    ("findings", "seen"),
    [
        ([], []),
        ([], [CLAIM]),
        ([CLAIM], [RUDE, CLAIM]),
        ([CLAIM], [CLAIM | {"severity": "block"}]),
        ([RUDE | {"message": "Reads as rude (toxicity 0.74)."}], [RUDE]),
    ],
    ids=["nothing", "less", "the same", "milder", "the model's score moved"],
)
def test_what_is_not(findings: list[dict[str, str]], seen: list[dict[str, str]]) -> None:
    assert not says_more(findings, seen)
