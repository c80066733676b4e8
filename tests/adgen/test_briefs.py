"""A brief as JSON: what is read, what is refused, and that each refusal names field, limit and mend."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from adgen.briefs import SPECIAL_CATEGORIES, brief_from_json
from adgen.errors import Invalid
from adgen.models import SpecialCategory
from adgen.spec import BrandSpec, BriefSpec, ExemplarSpec, FactSpec

FULL: dict[str, Any] = {
    "brand": {"name": "Nordlys Coffee", "language": "en-GB", "voice": "dry, warm", "special_category": None},
    "campaign": "Spring",
    "product": "espresso subscription",
    "audience": "home baristas",
    "messages": ["roasted on Mondays", "skip any month"],
    "offer": "first bag half price until 30 June",
    "tone": "playful",
    "keywords": ["coffee subscription"],
    "url": "https://example.com/espresso",
    "must_include": [],
    "must_avoid": ["cheap"],
    "slots": {"google_rsa.headline": 30, "meta.primary_text": 5},
}


def faults(**changes: object) -> dict[str, list[str]]:
    """What `brief_from_json` finds wrong with the full brief after `changes`."""
    with pytest.raises(Invalid) as refusal:
        brief_from_json(FULL | changes)
    for field in refusal.value.fields:
        assert field in refusal.value.detail
    return refusal.value.fields


def test_every_field_arrives() -> None:
    assert brief_from_json(FULL) == BriefSpec(
        brand=BrandSpec(name="Nordlys Coffee", language="en-GB", voice="dry, warm"),
        campaign="Spring",
        product="espresso subscription",
        audience="home baristas",
        messages=("roasted on Mondays", "skip any month"),
        offer="first bag half price until 30 June",
        tone="playful",
        keywords=("coffee subscription",),
        url="https://example.com/espresso",
        must_avoid=("cheap",),
        slots={"google_rsa.headline": 30, "meta.primary_text": 5},
    )


def test_brand_product_and_slots_suffice_and_a_brand_may_be_just_its_name() -> None:
    brief = brief_from_json({"brand": "Nordlys", "product": "beans", "slots": {"x.post": 1}})
    assert brief == BriefSpec(brand=BrandSpec(name="Nordlys"), product="beans", slots={"x.post": 1})


def test_text_is_stripped_and_repeated_items_are_dropped() -> None:
    brief = brief_from_json(FULL | {"product": "  beans ", "messages": ["fresh", " fresh", "local"]})
    assert (brief.product, brief.messages) == ("beans", ("fresh", "local"))


def test_all_faults_come_at_once() -> None:
    assert set(faults(product="", slots={}, audience="x" * 161)) == {"product", "slots", "audience"}


@pytest.mark.parametrize("missing", ["brand", "product", "slots"])
def test_required_fields(missing: str) -> None:
    with pytest.raises(Invalid) as refusal:
        brief_from_json({name: value for name, value in FULL.items() if name != missing})
    (field,) = refusal.value.fields
    assert field.startswith(missing)


@pytest.mark.parametrize(
    ("field", "longest"),
    [("product", 120), ("audience", 160), ("offer", 160), ("campaign", 120), ("tone", 40)],
)
def test_text_limits(field: str, longest: int) -> None:
    assert getattr(brief_from_json(FULL | {field: "x" * longest}), field) == "x" * longest
    assert faults(**{field: "x" * (longest + 1)}) == {
        field: [f"Has {longest + 1} characters; at most {longest} are allowed."]
    }


@pytest.mark.parametrize(
    ("field", "most", "longest"),
    [("messages", 12, 160), ("keywords", 50, 80), ("must_include", 30, 80), ("must_avoid", 30, 80)],
)
def test_list_limits(field: str, most: int, longest: int) -> None:
    items = [f"word{number}" for number in range(most)]
    assert getattr(brief_from_json(FULL | {field: items}), field) == tuple(items)
    assert faults(**{field: [*items, "one more"]}) == {
        field: [f"Has {most + 1} items; at most {most} are allowed."]
    }
    assert faults(**{field: ["fine", "x" * (longest + 1)]}) == {
        field: [f"Item 2: Has {longest + 1} characters; at most {longest} are allowed."]
    }


@pytest.mark.parametrize(
    ("changes", "field", "hint"),
    [
        ({"mesages": []}, "mesages", "'messages'"),
        ({"brand": {"name": "N", "colour": "red"}}, "brand.colour", "Known fields"),
        ({"brand": {"name": " "}}, "brand.name", "Required"),
        ({"brand": ["N"]}, "brand", "a list"),
        ({"brand": {"name": "N", "language": "english"}}, "brand.language", "two-letter"),
        ({"product": 7}, "product", "a number"),
        ({"product": "nul\0byte"}, "product", "U+0000"),
        ({"messages": "one, two"}, "messages", "Expected a list"),
        ({"messages": ["fine", ""]}, "messages", "Item 2 is empty"),
        ({"messages": ["fine", None]}, "messages", "null"),
        ({"messages": ["two\nlines"]}, "messages", "U+000A"),
        ({"audience": "lone \ud800"}, "audience", "U+D800"),
        ({"slots": {"google_rsa.banner": 3}}, "slots", "google_rsa.headline"),
        ({"slots": {"x.post": 0}}, "slots", "1 to 500"),
        ({"slots": {"x.post": 501}}, "slots", "1 to 500"),
        ({"slots": {"x.post": True}}, "slots", "1 to 500"),
        ({"slots": ["x.post"]}, "slots", "Required"),
        ({"url": "example.com"}, "url", "https://"),
        ({"url": "javascript:alert(1)"}, "url", "https://"),
        ({"url": "https://[broken"}, "url", "https://"),
        ({"url": "https://exa mple.com"}, "url", "https://"),
    ],
)
def test_refusals_name_the_field_and_the_mend(changes: dict[str, Any], field: str, hint: str) -> None:
    found = faults(**changes)
    assert set(found) == {field}
    assert hint in found[field][0]


@pytest.mark.parametrize(
    ("must_include", "must_avoid"), [("cheap", "Cheap"), ("Cheap flights", "cheap"), ("a.b c", "a.b")]
)
def test_a_phrase_cannot_be_both_demanded_and_forbidden(must_include: str, must_avoid: str) -> None:
    found = faults(must_include=[must_include], must_avoid=[must_avoid])
    assert must_avoid in found["must_include"][0]


def test_a_phrase_that_only_contains_the_letters_of_a_forbidden_word_is_fine() -> None:
    brief = brief_from_json(FULL | {"must_include": ["cheapskate"], "must_avoid": ["cheap"]})
    assert brief.must_include == ("cheapskate",)


@pytest.mark.parametrize("data", [None, [], "brief", 3])
def test_only_an_object_is_a_brief(data: object) -> None:
    with pytest.raises(Invalid, match="JSON object"):
        brief_from_json(data)


FACT = {"statement": "roasted on Mondays", "evidence": "roasting log", "expires_on": "2027-06-30"}


def brand_with(**fields: object) -> dict[str, Any]:
    return {"brand": {"name": "Nordlys Coffee", **fields}}


def test_a_brand_brings_facts_words_competitors_and_exemplars() -> None:
    brand = brief_from_json(
        FULL
        | brand_with(
            special_category="finance",
            required_words=["Nordlys"],
            competitors=["Bean There"],
            facts=[FACT, {"statement": "eleven farms", "evidence": "ledger"}],
            exemplars=[{"slot": "google_rsa.headline", "text": "Half awake?"}, " One more cup "],
        )
    ).brand
    assert (brand.special_category, brand.required_words) == ("finance", ("Nordlys",))
    assert brand.competitors == ("Bean There",)
    assert brand.facts == (
        FactSpec("roasted on Mondays", "roasting log", date(2027, 6, 30)),
        FactSpec("eleven farms", "ledger"),
    )
    assert brand.exemplars == (
        ExemplarSpec("google_rsa.headline", "Half awake?"),
        ExemplarSpec("", "One more cup"),
    )


def test_a_brief_may_have_a_special_category_of_its_own() -> None:
    assert brief_from_json(FULL | {"special_category": "housing"}).special_category == "housing"
    assert brief_from_json(FULL | {"special_category": ""}).special_category is None


@pytest.mark.parametrize(
    ("changes", "field", "says"),
    [
        ({"special_category": "cars"}, "special_category", "housing, employment, finance"),
        (brand_with(special_category="credit"), "brand.special_category", "housing, employment, finance"),
        (brand_with(facts={"statement": "x"}), "brand.facts", "Expected a list"),
        (brand_with(facts=["roasted on Mondays"]), "brand.facts.0", "evidence"),
        (brand_with(facts=[FACT, FACT | {"evidence": ""}]), "brand.facts.1.evidence", "1 to 500"),
        (brand_with(facts=[FACT | {"statement": "x" * 483}]), "brand.facts.0.statement", "at most 482"),
        (brand_with(facts=[FACT | {"expires_on": "soon"}]), "brand.facts.0.expires_on", "2027-06-30"),
        (brand_with(facts=[FACT | {"source": "log"}]), "brand.facts.0.source", "Unknown field"),
        (brand_with(facts=[FACT] * 201), "brand.facts", "at most 200"),
        (brand_with(exemplars=[5]), "brand.exemplars.0", "a number"),
        (brand_with(exemplars=[{"slot": "x.pots", "text": "a"}]), "brand.exemplars.0.slot", "Known slots"),
        (brand_with(exemplars=[{"slot": "x.post"}]), "brand.exemplars.0.text", "1 to 1000"),
        (brand_with(exemplars=["a"] * 61), "brand.exemplars", "at most 60"),
        (brand_with(competitors=["c" * 81]), "brand.competitors", "at most 80"),
        (brand_with(required_words=["w"] * 31), "brand.required_words", "at most 30"),
        (
            brand_with(required_words=["never late"], banned_words=["late"]),
            "brand.required_words",
            "banned word 'late'",
        ),
        (brand_with(required_words=["never cheap"]), "must_avoid", "the brand requires"),
    ],
)
def test_a_fault_in_the_brand_is_named_by_its_field(changes: dict[str, Any], field: str, says: str) -> None:
    found = faults(**changes)
    assert list(found) == [field]
    assert says in " ".join(found[field])


def test_the_categories_are_those_that_are_stored() -> None:
    assert ("", *SPECIAL_CATEGORIES) == tuple(SpecialCategory.values)
