"""What the rules find in a line, where, and how they say it."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adgen.channels import SlotFormat, slot_format, slot_formats
from adgen.policy import check_rules, verdict
from adgen.spec import BrandSpec, BriefSpec, FactSpec, Finding

HEADLINE = slot_format("google_rsa.headline")
PRIMARY_TEXT = slot_format("meta.primary_text")


def brief(
    *, banned: Sequence[str] = (), must_avoid: Sequence[str] = (), must_include: Sequence[str] = ()
) -> BriefSpec:
    return BriefSpec(
        brand=BrandSpec(name="Nordlys Coffee", banned_words=tuple(banned)),
        product="espresso subscription",
        slots={HEADLINE.slot: 1},
        must_avoid=tuple(must_avoid),
        must_include=tuple(must_include),
    )


def only(findings: list[Finding]) -> Finding:
    assert len(findings) == 1, findings
    return findings[0]


def test_a_fitting_line_is_clean() -> None:
    findings = check_rules("Roasted on Mondays", brief=brief(), slot=HEADLINE)
    assert findings == []
    assert verdict(findings) == "pass"


@pytest.mark.parametrize("text", ["", "   ", "\n", "\u200b\u200b", "\u2800", "\u3000"])
def test_a_line_without_anything_to_read_is_blocked(text: str) -> None:
    finding = only(check_rules(text, brief=brief(must_include=["espresso"]), slot=HEADLINE))
    assert (finding.rule, finding.severity) == ("text.empty", "block")


class TestLength:
    def test_over_a_hard_limit_is_blocked_with_the_overhang_marked(self) -> None:
        text = "Coffee that is roasted Mondays" + "over"
        finding = only(check_rules(text, brief=None, slot=HEADLINE))
        assert (finding.rule, finding.severity) == ("slot.length", "block")
        assert text[finding.start : finding.end] == "over"
        assert "34" in finding.message
        assert "30" in finding.message
        assert "wide characters count two" in finding.message
        assert finding.source_url == HEADLINE.source_url

    def test_over_a_soft_limit_is_flagged(self) -> None:
        finding = only(check_rules("x" * 126, brief=None, slot=PRIMARY_TEXT))
        assert finding.severity == "flag"

    def test_wide_characters_count_two(self) -> None:
        assert check_rules("珈" * 15, brief=None, slot=HEADLINE) == []
        finding = only(check_rules("珈" * 16, brief=None, slot=HEADLINE))
        assert (finding.start, finding.end) == (15, 16)

    def test_at_the_limit_is_clean(self) -> None:
        assert check_rules("x" * 30, brief=None, slot=HEADLINE) == []


class TestBannedWords:
    @pytest.mark.parametrize(
        ("term", "text", "marked"),
        [
            ("cheap", "Never CHEAP, always good", "CHEAP"),
            ("cheap", "Cheap's the word", "Cheap"),
            ("cheap", "ch\u200beap beans", "ch\u200beap"),
            ("cheap", "сhеар beans", "сhеар"),  # Cyrillic с, е, а, р
            ("cheap", "ｃｈｅａｐ beans", "ｃｈｅａｐ"),
            ("Straße", "an der STRASSE", "STRASSE"),
            ("best price", "the best  price", "best  price"),
            ("100%", "a 100% arabica", "100%"),
            ("c++", "Learn C++ today", "C++"),
            ("скидка", "Большая СКИДКА!", "СКИДКА"),
            ("格安", "格安航空券", "格安"),
            ("café", "our cafe\u0301", "cafe\u0301"),
            ("कम", "कम दाम", "कम"),
        ],
    )
    def test_a_whole_word_is_blocked_where_it_stands(self, term: str, text: str, marked: str) -> None:
        findings = check_rules(text, brief=brief(banned=[term]), slot=None)
        finding = only([f for f in findings if f.rule == "brand.banned_word"])
        assert finding.severity == "block"
        assert text[finding.start : finding.end] == marked

    @pytest.mark.parametrize(
        ("term", "text"),
        [
            ("art", "a party"),
            ("cheap", "cheapest"),
            ("कम", "कमी"),
            ("pro", "pro\u0301"),
            ("", "text"),
            (" ", "a b"),
        ],
    )
    def test_a_part_of_a_longer_word_is_let_be(self, term: str, text: str) -> None:
        findings = check_rules(text, brief=brief(banned=[term]), slot=None)
        assert [f for f in findings if f.rule == "brand.banned_word"] == []

    def test_every_occurrence_is_marked(self) -> None:
        findings = check_rules("cheap and cheap", brief=brief(must_avoid=["cheap"]), slot=None)
        assert [(f.rule, f.start, f.end) for f in findings] == [
            ("brief.must_avoid", 0, 5),
            ("brief.must_avoid", 10, 15),
        ]

    def test_the_message_says_who_forbids_it(self) -> None:
        findings = check_rules(
            "cheap bargain", brief=brief(banned=["cheap"], must_avoid=["bargain"]), slot=None
        )
        assert [f.message for f in findings] == [
            "“cheap”: Nordlys Coffee never uses “cheap”.",
            "“bargain”: the brief rules out “bargain”.",
        ]


class TestMustInclude:
    def test_a_missing_word_is_flagged_on_the_line_as_a_whole(self) -> None:
        finding = only(
            check_rules("Roasted on Mondays", brief=brief(must_include=["espresso"]), slot=HEADLINE)
        )
        assert (finding.rule, finding.severity, finding.start, finding.end) == (
            "brief.must_include",
            "flag",
            0,
            0,
        )
        assert "espresso" in finding.message

    def test_a_present_word_is_clean(self) -> None:
        assert check_rules("Espresso on Mondays", brief=brief(must_include=["ESPRESSO"]), slot=HEADLINE) == []

    def test_a_word_that_no_line_of_the_slot_can_hold_is_not_asked_of_it(self) -> None:
        terms = ["terms and conditions apply to every order"]
        assert check_rules("Roasted on Mondays", brief=brief(must_include=terms), slot=HEADLINE) == []
        assert check_rules("Roasted on Mondays", brief=brief(must_include=terms), slot=PRIMARY_TEXT) != []


class TestTheBrandsOwnLists:
    SPEC = BriefSpec(
        brand=BrandSpec(name="Nordlys Coffee", competitors=("Blue Bottle",), required_words=("Nordlys",)),
        product="espresso",
        slots={},
    )

    def test_a_competitor_is_flagged_in_any_writing(self) -> None:
        for text in ("Nordlys, not Blue Bottle", "Nordlys, not b.l.u.e bottle", "Nordlys, not Blue B0ttle"):
            assert "brand.competitor" in {f.rule for f in check_rules(text, brief=self.SPEC, slot=None)}

    def test_a_required_word_is_missed_like_one_of_the_brief(self) -> None:
        finding = only(check_rules("Roasted on Mondays", brief=self.SPEC, slot=None))
        assert (finding.rule, finding.severity) == ("brand.required_word", "flag")
        assert finding.message == "Nordlys Coffee asks for “Nordlys”; it is missing."


class TestSpecialCategories:
    TEXT = "Young people preferred"

    def rules(self, *, brief_category: str | None = None, brand_category: str | None = None) -> set[str]:
        spec = BriefSpec(
            brand=BrandSpec(name="Acme", special_category=brand_category),
            product="work",
            slots={},
            special_category=brief_category,
        )
        return {f.rule for f in check_rules(self.TEXT, brief=spec, slot=None)}

    def test_the_campaigns_and_the_brands_own_both_hold(self) -> None:
        assert self.rules() == set()
        assert self.rules(brief_category="employment") == {"employment.age"}
        assert self.rules(brand_category="employment") == {"employment.age"}
        assert "employment.age" in self.rules(brief_category="housing", brand_category="employment")


def test_a_place_that_two_packs_find_by_one_check_is_named_once() -> None:
    rules = [f.rule for f in check_rules("Fresh c0ffee", brief=None, slot=HEADLINE)]
    assert rules == ["google_editorial.symbol_swap"]


def test_facts_are_held_against_today_by_default() -> None:
    facts = (FactSpec("40% less plastic", "audit", expires_on=date(2000, 1, 1)),)
    spec = BriefSpec(brand=BrandSpec(name="Acme", facts=facts), product="bags", slots={})
    assert {f.rule for f in check_rules("40% less plastic", brief=spec, slot=None)} == {"brand.expired_fact"}


class TestHiddenCharacters:
    @pytest.mark.parametrize(
        "char", ["\u200b", "\u202e", "\u00ad", "\x00", "\x1b", "\ufeff", "\u3164", "\u2066"]
    )
    def test_they_are_flagged_by_name_and_place(self, char: str) -> None:
        finding = only(check_rules(f"Hi{char}{char} there", brief=None, slot=HEADLINE))
        assert (finding.rule, finding.severity, finding.start, finding.end) == ("text.hidden", "flag", 2, 4)
        assert f"U+{ord(char):04X}" in finding.message

    @pytest.mark.parametrize(
        "text", ["👩\u200d🍳 chefs", "👍🏽 yes", "می\u200cخواهم", "क्\u200dष", "one\ntwo", "❤️ it"]
    )
    def test_joiners_that_emoji_and_scripts_need_are_let_be(self, text: str) -> None:
        assert check_rules(text, brief=None, slot=None) == []

    def test_what_was_no_text_is_flagged(self) -> None:
        finding = only(check_rules("caf\ufffd\ud800", brief=None, slot=None))
        assert (finding.rule, finding.severity, finding.start, finding.end) == (
            "text.undecodable",
            "flag",
            3,
            5,
        )


@pytest.mark.parametrize(
    ("severities", "expected"), [([], "pass"), (["flag"], "flag"), (["flag", "block", "flag"], "block")]
)
def test_the_gravest_finding_decides(severities: list[str], expected: str) -> None:
    findings = [Finding("rule", "block" if s == "block" else "flag", 0, 0, "") for s in severities]
    assert verdict(findings) == expected


# Everything that has rules of its own, so that long texts meet all of them.
FULL = BriefSpec(
    brand=BrandSpec(
        name="Acme",
        banned_words=("cheap deal",),
        competitors=("Blue Bottle",),
        facts=(FactSpec("40% less plastic", "audit", expires_on=date(2000, 1, 1)),),
        special_category="housing",
    ),
    product="espresso",
    slots={},
    special_category="employment",
)
UNITS = st.one_of(st.text("a1 .!-$@'é🐒\u200bа", min_size=1, max_size=8), st.text(min_size=1, max_size=8))


@given(
    text=st.text(st.characters(), max_size=120),
    terms=st.lists(st.text(st.characters(), max_size=8), max_size=3),
    slot=st.sampled_from([None, HEADLINE, PRIMARY_TEXT]),
)
def test_any_text_and_any_terms_get_findings_inside_the_text(
    text: str, terms: list[str], slot: SlotFormat | None
) -> None:
    findings = check_rules(text, brief=brief(banned=terms, must_include=terms), slot=slot)
    assert all(0 <= f.start <= f.end <= len(text) and f.message for f in findings)
    assert verdict(findings) in ("pass", "flag", "block")


@settings(max_examples=20, deadline=None)
@given(unit=UNITS, length=st.sampled_from([0, 1, 1_000, 5_000]), slot=st.sampled_from(list(slot_formats())))
def test_long_texts_of_any_kind_get_findings_inside_the_text(unit: str, length: int, slot: str) -> None:
    text = (unit * length)[:length]
    findings = check_rules(text, brief=FULL, slot=slot_format(slot))
    assert all(0 <= f.start <= f.end <= len(text) and len(f.message) < 500 for f in findings)


def test_a_hundred_thousand_characters_take_seconds() -> None:
    started = time.process_time()
    assert check_rules(("no a 5% " * 12_500), brief=FULL, slot=HEADLINE) != []
    assert time.process_time() - started < 10
