"""The rules on whole ads: those that platforms reject are caught by the right rule, harmless ones pass.

The ads stand in tests/fixtures/ads, written by hand. Those marked `held_out` were written after the rules;
`wordings` are short lines that press on the rules from both sides, with a `rule` that finds them or without.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from adgen.channels import slot_format
from adgen.policy import check_rules
from adgen.spec import BrandSpec, BriefSpec, FactSpec, Finding
from tests.processes import ROOT

Ad = Mapping[str, Any]

# The facts of the fixtures have dates around this one.
TODAY = date(2026, 11, 24)


def ads(name: str) -> list[Ad]:
    file = Path(ROOT, "tests/fixtures/ads", f"{name}.jsonl")
    return [json.loads(row) for row in file.read_text(encoding="utf-8").splitlines()]


def brief_of(ad: Ad) -> BriefSpec:
    facts = [
        FactSpec(
            fact["statement"],
            fact["evidence"],
            date.fromisoformat(fact["expires_on"]) if "expires_on" in fact else None,
        )
        for fact in ad.get("facts", ())
    ]
    lists: dict[str, Any] = {
        name: tuple(ad.get(name, ())) for name in ("competitors", "banned_words", "required_words")
    }
    return BriefSpec(
        brand=BrandSpec(name=ad["brand"], facts=tuple(facts), **lists),
        product=ad["product"],
        slots={ad["slot"]: 1},
        messages=tuple(ad.get("messages", ())),
        offer=ad.get("offer", ""),
        special_category=ad.get("special_category"),
    )


def findings(ad: Ad) -> list[Finding]:
    return check_rules(ad["text"], brief=brief_of(ad), slot=slot_format(ad["slot"]), today=TODAY)


def test_harmless_ads_pass() -> None:
    benign = ads("benign")
    found = {ad["text"]: findings(ad) for ad in benign}
    flagged = {text: [f.rule for f in faults] for text, faults in found.items() if faults}
    assert len(found) == len(benign) >= 300
    assert len({ad["industry"] for ad in benign}) >= 12
    assert [f for faults in found.values() for f in faults if f.severity == "block"] == []
    assert len(flagged) <= 0.01 * len(benign), flagged


def test_ads_that_platforms_reject_are_caught_by_the_right_rule() -> None:
    rejected = ads("rejected")
    missed = [(ad["rule"], ad["text"]) for ad in rejected if ad["rule"] not in {f.rule for f in findings(ad)}]
    assert len({ad["text"] for ad in rejected}) == len(rejected) >= 200
    assert len(missed) <= 0.05 * len(rejected), missed


def test_rules_hold_in_many_wordings_and_stop_short_of_harmless_ones() -> None:
    wordings = ads("wordings")
    faulty = [ad for ad in wordings if "rule" in ad]
    harmless = [ad for ad in wordings if "rule" not in ad]
    missed = [(ad["rule"], ad["text"]) for ad in faulty if ad["rule"] not in {f.rule for f in findings(ad)}]
    flagged = [ad["text"] for ad in harmless if findings(ad)]
    assert len(missed) <= 0.05 * len(faulty), missed
    assert len(flagged) <= 0.05 * len(harmless), flagged
