"""What backs a claim, and what becomes of one when its fact has expired."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from adgen.policy import check_rules, unbacked
from adgen.spec import BrandSpec, BriefSpec, FactSpec

TODAY = date(2026, 11, 24)


def brief(*facts: FactSpec, **fields: Any) -> BriefSpec:
    return BriefSpec(
        brand=BrandSpec(name="Nordlys Coffee", facts=facts),
        product="espresso subscription",
        slots={},
        **{"messages": ("roasted on Mondays", "free delivery", "beans from 3 farms"), **fields},
    )


def rules(text: str, spec: BriefSpec) -> list[str]:
    return [finding.rule for finding in unbacked(text, spec, today=TODAY)]


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("Save 20% today", "claims.percent"),
        ("Only €5 a bag", "claims.price"),
        ("Beans from 12 farms", "claims.number"),
        ("The best coffee in Oslo", "claims.superlative"),
        ("Free returns", "claims.free"),
        ("Half price today", "claims.discount"),
        ("Taste guaranteed", "claims.guarantee"),
        ("Better than any other coffee", "claims.comparison"),
        ("Last chance for beans", "claims.urgency"),
        ("Clinically proven", "claims.endorsement"),
        ("Cures migraines", "claims.health"),
        ("Earn $900 a day", "claims.earnings"),
    ],
)
def test_a_claim_of_which_nobody_speaks_is_found_once(text: str, rule: str) -> None:
    assert rules(text, brief()) == [rule]


class TestWordsOfTheBrief:
    @pytest.mark.parametrize(
        ("text", "fields"),
        [
            ("Free delivery, always", {}),
            ("Free shipping, always", {}),
            ("Beans from 3 farms", {}),
            ("20% off your first bag", {"offer": "save 20 percent on the first bag"}),
            ("Half price today", {"offer": "first bag 50% off"}),
            ("Now 9 euros a bag", {"offer": "one bag for €9"}),
            ("$1,200 well spent", {"messages": ("machines from 1200 dollars",)}),
            ("Taste guaranteed", {"messages": ("with a guarantee of taste",)}),
            ("Last chance: ends tonight", {"offer": "last chance, ends tonight"}),
            ("For people over 60", {"audience": "people over 60"}),
            ("Voted best roast in Oslo", {"messages": ("voted best roast in Oslo",)}),
        ],
    )
    def test_back_a_claim_in_other_forms_too(self, text: str, fields: dict[str, Any]) -> None:
        assert rules(text, brief(**fields)) == []

    def test_back_only_what_they_say(self) -> None:
        spec = brief(offer="20% off the first bag", messages=("30-day returns",))
        assert rules("20 bags for you", spec) == ["claims.number"]
        assert rules("30 months of coffee", spec) == ["claims.number"]
        assert rules("30% off", spec) == ["claims.percent"]

    @pytest.mark.parametrize("text", ["Cures migraines", "Earn $900 a day"])
    def test_do_not_back_cures_and_earnings(self, text: str) -> None:
        assert rules(text, brief(messages=(text,))) != []
        assert rules(text, brief(FactSpec(text, "study of 2025"), messages=())) == []

    def test_are_not_the_search_keywords(self) -> None:
        assert rules("The best coffee", brief(keywords=("best coffee",))) == ["claims.superlative"]


class TestFacts:
    FACT = FactSpec("Bags with 40% less plastic", "audit of 2024", expires_on=TODAY)

    def test_back_a_claim_until_their_last_day(self) -> None:
        assert unbacked("Now with 40% less plastic", brief(self.FACT), today=TODAY) == []

    def test_that_have_expired_are_named_with_their_day(self) -> None:
        text = "Now with 40% less plastic"
        [finding] = unbacked(text, brief(self.FACT), today=date(2026, 11, 25))[:1]
        assert finding.rule == "brand.expired_fact"
        assert text[finding.start : finding.end] == "40%"
        assert "“Bags with 40% less plastic”" in finding.message
        assert "24 November 2026" in finding.message

    def test_that_have_expired_are_found_in_words_that_are_no_claim_of_a_kind(self) -> None:
        fact = FactSpec("Roasted by hand in Oslo", "visit of 2024", expires_on=date(2025, 1, 1))
        assert rules("By hand, in Oslo, slowly roasted", brief(fact)) == ["brand.expired_fact"]
        assert rules("Roasted slowly", brief(fact)) == []

    def test_that_have_expired_do_no_harm_where_the_brief_still_says_so(self) -> None:
        fact = FactSpec("Free delivery in Norway", "price list of 2024", expires_on=date(2025, 1, 1))
        assert rules("Free delivery in Norway", brief(fact, messages=("free delivery in Norway",))) == []

    def test_without_a_date_never_expire(self) -> None:
        fact = FactSpec("Bags with 40% less plastic", "audit of 2024")
        assert unbacked("40% less plastic", brief(fact), today=date(2099, 1, 1)) == []


def test_a_claim_in_disguise_is_found_where_it_stands() -> None:
    text = "Our tea c.u.r.e.s m1graines"
    [finding] = [f for f in unbacked(text, brief(), today=TODAY) if f.rule == "claims.health"]
    assert text[finding.start : finding.end] == "c.u.r.e.s m1graines"


def test_without_a_brief_only_cures_and_earnings_are_claims() -> None:
    found = [f.rule for f in check_rules("20% off, cures migraines, the best", brief=None, slot=None)]
    assert found == ["claims.health"]


def test_the_names_of_brand_and_product_are_no_claims() -> None:
    spec = BriefSpec(brand=BrandSpec(name="Best Western 24"), product="Free Spirit shoes", slots={})
    assert rules("Best Western 24 has Free Spirit shoes", spec) == []
    assert rules("The best shoes", spec) == ["claims.superlative"]
