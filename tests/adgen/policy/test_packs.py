"""Every rule of every policy pack, by its own examples; and what a pack may be."""

from __future__ import annotations

from datetime import date

import pytest

from adgen.channels import slot_format
from adgen.policy.lines import Line
from adgen.policy.packs import packs
from adgen.policy.packs.model import Rule
from adgen.spec import BrandSpec, BriefSpec

BRIEF = BriefSpec(brand=BrandSpec(name="Nordlys Coffee"), product="espresso subscription", slots={})
RULES = [rule for pack in packs() for rule in pack.rules]


def finds_fault(rule: Rule, text: str) -> bool:
    line = Line(text, BRIEF, slot_format("google_rsa.headline"), date(2026, 11, 24))
    return any(True for _ in rule.hits(line))


@pytest.mark.parametrize(
    ("rule", "text"), [pytest.param(r, t, id=f"{r.id}-{t}") for r in RULES for t in r.match]
)
def test_what_a_rule_must_find(rule: Rule, text: str) -> None:
    assert finds_fault(rule, text)


@pytest.mark.parametrize(
    ("rule", "text"), [pytest.param(r, t, id=f"{r.id}-{t}") for r in RULES for t in r.passes]
)
def test_what_a_rule_must_let_be(rule: Rule, text: str) -> None:
    assert not finds_fault(rule, text)
