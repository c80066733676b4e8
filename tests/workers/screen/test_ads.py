"""The harmless ads of the fixtures through the whole screen: rules with their briefs, and the model."""

from __future__ import annotations

from adgen.channels import slot_format
from tests.adgen.policy.test_ads import ads, brief_of
from workers.screen.screener import Screener, ScreenItem


def test_harmless_ads_are_not_blocked_and_hardly_ever_flagged(screener: Screener) -> None:
    benign = ads("benign")
    results = screener.screen(
        [ScreenItem(ad["text"], brief_of(ad), slot_format(ad["slot"])) for ad in benign]
    )
    by_model = {
        result.text: [finding.message for finding in result.findings]
        for result in results
        if any(finding.rule.startswith("model.") for finding in result.findings)
    }
    assert not [result.text for result in results if result.verdict == "block"]
    # Four of 300 as measured; the goal of 1% is missed by one (see the model card).
    assert len(by_model) <= 0.015 * len(benign), by_model
