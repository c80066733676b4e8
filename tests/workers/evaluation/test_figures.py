"""Figures of lines that were written badly on purpose."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

import pytest

from adgen.channels import slot_format
from adgen.spec import BriefSpec, Draft, ExemplarSpec, ScreeningResult, Verdict
from tests.fakes import BRIEF
from workers.evaluation.figures import figures
from workers.evaluation.novelty import past_ads
from workers.evaluation.writing import WrittenBrief

HEADLINE = "google_rsa.headline"


def written(
    *texts: str, brief: BriefSpec = BRIEF, slot: str = HEADLINE, verdict: Verdict = "pass", **counts: Any
) -> WrittenBrief:
    form = slot_format(slot)
    drafts = [Draft(slot, text, form.width(text), form.limit, seed=1, angle="plain") for text in texts]
    lines = [(draft, ScreeningResult(draft.text, verdict, "1")) for draft in drafts]
    return WrittenBrief(brief, lines, tried=counts.pop("tried", len(texts)), seconds=2.0, **counts)


def of(*briefs: WrittenBrief) -> dict[str, Any]:
    return figures(briefs, past_ads)


def test_raw_samples_count_as_outside_when_they_are_too_long_or_never_end() -> None:
    dropped = Counter({"were over the limit": 2, "never ended": 1, "repeated another line": 5})
    assert of(written("Skip any month", tried=20, dropped=dropped))["raw_inside_limit"] == 17 / 20


def test_a_line_over_its_limit_is_counted() -> None:
    assert of(written("Skip any month", "Skip any month that you would like to skip"))["inside_limit"] == 0.5


def test_misspelt_names_are_counted_by_mention() -> None:
    found = of(
        written(
            "Nordlys Coffee, Nordlis Coffee",
            "Wake to Nordlys Coffee",
            "Espresso Subscription",
            "Expresso subscription",
        )
    )
    assert (found["brand_exact"], found["product_exact"]) == (2 / 3, 1 / 2)


def test_repeats_are_counted_within_a_slot_of_a_brief() -> None:
    found = of(
        written("Skip any month", "Skip any month.", "Month? Skip any!", "Roasted on Mondays"),
        written("Skip any month"),
    )
    assert (found["duplicates"], found["near_duplicates"]) == (1 / 5, 2 / 5)


def test_coverage_says_which_fields_no_line_mentions() -> None:
    found = of(written("Roast every Monday", "Nordlys Coffee at home"))
    assert found["coverage"] == {"brand": 1, "product": 0, "messages": 0.5, "audience": 0, "offer": 0}
    assert found["name_product_or_message"] == 0.5


def test_lines_learnt_by_heart_are_counted() -> None:
    brand = replace(BRIEF.brand, exemplars=(ExemplarSpec(HEADLINE, "Skip any month"),))
    found = of(written("Skip any month!", "Roasted on Mondays", brief=replace(BRIEF, brand=brand)))
    assert (found["copied"], found["joined_of_copies"]) == (0.5, 0.0)


def test_sameness_shows() -> None:
    same = of(written("Skip any month today", "Skip any month now", "Skip any month soon"))
    other = of(written("Roasted on Mondays", "Half price beans", "Tuesday tastes better"))
    assert same["distinct_1"] < other["distinct_1"]
    assert same["distinct_2"] < other["distinct_2"]
    assert same["likeness"] > other["likeness"]


def test_style_is_counted_trait_by_trait() -> None:
    lower = tuple(ExemplarSpec(HEADLINE, text) for text in ("soft and slow", "good crema", "no rush at all"))
    brief = replace(BRIEF, brand=replace(BRIEF.brand, exemplars=lower))
    found = of(written("skip any month", "Skip any month", "skip it.", brief=brief))
    assert found["style"] == {
        "case": pytest.approx(2 / 3),
        "ending": pytest.approx(2 / 3),
        "length": 1.0,
        "all": pytest.approx(1 / 3),
    }


def test_verdicts_shortfalls_and_speed() -> None:
    found = of(
        written("Skip any month", verdict="block", shortfalls=["1 of 2 lines"]),
        written("Roasted on Mondays", "Half price beans", "Good crema"),
    )
    assert found["verdicts"] == {"pass": 0.75, "block": 0.25}
    assert (found["shortfalls"], found["lines_per_s"]) == (1, 1.0)


def test_nothing_written_gives_nothing_to_count() -> None:
    found = of(written(tried=96))
    assert found["inside_limit"] is found["brand_exact"] is found["copied"] is found["likeness"] is None
    assert found["verdicts"] == {}
