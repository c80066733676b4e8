"""What is mended in a candidate, and what drops it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from adgen.channels import slot_format
from adgen.spec import BrandSpec, BriefSpec, FactSpec
from tests.fakes import BRIEF
from workers.generation.editing import Editor, Unusable

HEADLINE = "google_rsa.headline"


def edited(text: str, *, brief: BriefSpec = BRIEF, slot: str = HEADLINE) -> str:
    return Editor(brief, slot_format(slot)).edited(text).text


@pytest.mark.parametrize("text", ["Cheap beans", "So cheap it hurts", "cheap"])
def test_words_to_avoid_stay_out_in_any_case(text: str) -> None:
    with pytest.raises(Unusable, match="words to avoid"):
        edited(text)


def test_words_that_only_contain_one_to_avoid_may_stay() -> None:
    assert edited("For cheapskates") == "For cheapskates"


def test_the_brands_own_banned_words_stay_out() -> None:
    brief = replace(BRIEF, brand=BrandSpec("Nordlys Coffee", banned_words=("beans",)))
    with pytest.raises(Unusable, match="words to avoid"):
        edited("Beans for mornings", brief=brief)


@pytest.mark.parametrize(
    ("slot", "text"),
    [
        ("google_rsa.headline", "Espresso that wakes up a house"),
        ("meta.headline", "Espresso that wakes up a house in a hush"),
    ],
)
def test_limits_are_kept_soft_ones_as_well(slot: str, text: str) -> None:
    assert len(text) == slot_format(slot).limit
    assert edited(text, slot=slot) == text
    with pytest.raises(Unusable, match="over the limit"):
        edited(f"{text}s", slot=slot)


def test_wide_characters_count_two_where_the_channel_says_so() -> None:
    assert edited("焙" * 15) == "焙" * 15
    with pytest.raises(Unusable, match="over the limit"):
        edited("焙" * 16)


@pytest.mark.parametrize("text", ["nordlys coffee at home", "Nordlys coffee at home"])
def test_the_case_of_the_brands_name_is_mended(text: str) -> None:
    assert edited(text) == "Nordlys Coffee at home"


def test_a_product_is_mended_only_where_it_is_written_as_a_name() -> None:
    assert edited("Espresso Subscription") == "Espresso Subscription"
    assert edited("the aeropress go", brief=replace(BRIEF, product="AeroPress Go")) == "the AeroPress Go"


@pytest.mark.parametrize("text", ["Nordlis Coffee at home", "Try Nordlys Cofee", "Nordly Coffee's good"])
def test_a_misspelt_brand_is_dropped(text: str) -> None:
    with pytest.raises(Unusable, match="misspelt a name"):
        edited(text)


def test_a_misspelt_product_is_dropped_where_it_is_a_name() -> None:
    with pytest.raises(Unusable, match="misspelt a name"):
        edited("The Aeropres Go", brief=replace(BRIEF, product="AeroPress Go"))


def test_an_exact_name_is_no_misspelling_of_itself_whatever_stands_around_it() -> None:
    brief = replace(BRIEF, brand=BrandSpec("The Crooked Spire Ghost Walk"))
    line = "Meet The Crooked Spire Ghost Walk here"
    assert edited(line, brief=brief, slot="meta.primary_text") == line


@pytest.mark.parametrize("text", ["Managed IT support, sorted", "Ask about managed IT support"])
def test_a_sentence_may_raise_the_first_letter_of_a_product(text: str) -> None:
    assert edited(text, brief=replace(BRIEF, product="managed IT support")) == text


def test_words_of_the_brief_are_no_misspelling() -> None:
    brief = replace(BRIEF, brand=BrandSpec("Espressos"))
    assert edited("Espresso at home", brief=brief) == "Espresso at home"
    assert edited("Espressos' own", brief=brief) == "Espressos' own"


@pytest.mark.parametrize("text", ["?!", "bid\u202eden", "zero\u200bwidth"])
def test_lines_without_words_or_with_hidden_characters_are_dropped(text: str) -> None:
    with pytest.raises(Unusable):
        edited(text)


@pytest.mark.parametrize(
    "brief",
    [
        replace(BRIEF, must_include=("half price",)),
        replace(BRIEF, brand=BrandSpec("Nordlys Coffee", required_words=("half price",))),
    ],
)
def test_a_line_that_lacks_demanded_words_is_told_apart(brief: BriefSpec) -> None:
    editor = Editor(brief, slot_format(HEADLINE))
    assert editor.edited("First bag half price").is_complete
    assert not editor.edited("Skip any month").is_complete


@pytest.mark.parametrize(
    "text",
    [
        *("Ready in 5 minutes", "Now 20% off", "From $9 a bag", "Guaranteed fresh"),
        *("Free delivery", "Last chance for beans", "The best beans in town"),
    ],
)
def test_a_claim_that_nothing_backs_is_dropped(text: str) -> None:
    with pytest.raises(Unusable, match="neither the brief nor a fact"):
        edited(text)


def test_a_line_that_breaks_a_channels_rule_is_dropped() -> None:
    with pytest.raises(Unusable, match="broke the rule google_editorial"):
        edited("Beans!! Beans!! Beans!!")
    brief = replace(BRIEF, brand=BrandSpec("Nordlys Coffee", competitors=("Beanhaus",)))
    with pytest.raises(Unusable, match="competitor"):
        edited("Better than Beanhaus", brief=brief)


def test_what_the_brief_says_may_be_said() -> None:
    brief = replace(BRIEF, offer="20% off the first bag", messages=("free delivery",))
    assert edited("20% off the first bag", brief=brief) == "20% off the first bag"
    assert edited("Free delivery today", brief=brief) == "Free delivery today"
    with pytest.raises(Unusable):
        edited("30% off the first bag", brief=brief)


def test_a_fact_backs_a_claim_as_long_as_it_holds() -> None:
    fact = FactSpec("delivered in 2 days", "carrier contract")
    brief = replace(BRIEF, brand=replace(BRIEF.brand, facts=(fact,)))
    assert edited("Delivered in 2 days", brief=brief) == "Delivered in 2 days"
    expired = replace(fact, expires_on=date(2020, 1, 1))
    with pytest.raises(Unusable):
        edited("Delivered in 2 days", brief=replace(BRIEF, brand=replace(BRIEF.brand, facts=(expired,))))
