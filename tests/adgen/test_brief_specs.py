"""Stored briefs as the models get them: the brand's claims, words and competitors, and how it sounds."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.utils import timezone

from adgen.models import Batch, Brand, Brief, Campaign, Exemplar, Variant, VariantState
from adgen.selectors.briefs import EXEMPLARS, brand_spec, brief_spec
from adgen.spec import ExemplarSpec, FactSpec
from tests.factories import ExemplarFactory, FactFactory, screened_variant

pytestmark = pytest.mark.django_db

HEADLINE, DESCRIPTION = "google_rsa.headline", "google_rsa.description"


def texts(brief: Brief, **options: object) -> list[str]:
    spec = brief_spec(brief, exemplars=True, **options)  # type: ignore[arg-type]
    return [exemplar.text for exemplar in spec.brand.exemplars]


def test_a_brand_brings_its_claims_words_and_competitors(brand: Brand) -> None:
    Brand.objects.filter(pk=brand.pk).update(required_words=["Nordlys"], competitors=["Bean There"])
    FactFactory.create(
        brand=brand,
        subject="espresso",
        relation="costs",
        object="half in May",
        is_claim=True,
        evidence="price list",
        expires_on=date(2026, 5, 31),
    )
    FactFactory.create(brand=brand, subject="no claim")
    brand.refresh_from_db()
    spec = brand_spec(brand)
    assert (spec.required_words, spec.competitors) == (("Nordlys",), ("Bean There",))
    assert spec.facts == (
        FactSpec("beans are roasted on Mondays", "log"),
        FactSpec("espresso costs half in May", "price list", date(2026, 5, 31)),
    )
    assert spec.exemplars == ()


def test_a_brief_has_the_category_of_its_campaign(brief: Brief) -> None:
    assert brief_spec(brief).special_category is None
    Campaign.objects.update(special_category="finance")
    assert brief_spec(Brief.objects.get()).special_category == "finance"


def test_without_being_asked_a_brief_has_no_exemplars(brief: Brief) -> None:
    """So prompts of training and of an adapter's writing stay alike."""
    ExemplarFactory.create(brand=brief.brand)
    assert brief_spec(brief).brand.exemplars == ()


def test_approved_lines_come_first_the_newest_before_past_ads(brief: Brief, batch: Batch) -> None:
    for index in range(2):
        ExemplarFactory.create(brand=brief.brand, text=f"A past line {index}")
    for index in range(3):
        screened_variant(
            batch=batch, index=index, text=f"An approved line {index}", state=VariantState.APPROVED
        )
    screened_variant(batch=batch, index=3, text="A line in the queue")
    screened_variant(batch=batch, index=4, text="A retracted line", state=VariantState.REJECTED)
    assert texts(brief) == [
        *("An approved line 2", "An approved line 1", "An approved line 0"),
        *("A past line 1", "A past line 0"),
    ]


def test_each_kind_of_slot_has_its_own_lines_and_no_more_than_six(brief: Brief) -> None:
    for index in range(EXEMPLARS + 2):
        ExemplarFactory.create(brand=brief.brand, slot=HEADLINE, text=f"Headline {index}")
        ExemplarFactory.create(brand=brief.brand, slot=DESCRIPTION, text=f"A longer description {index}")
    spec = brief_spec(brief, exemplars=True).brand.exemplars
    assert [exemplar.slot for exemplar in spec] == [HEADLINE] * EXEMPLARS + [DESCRIPTION] * EXEMPLARS
    assert spec[0] == ExemplarSpec(HEADLINE, "Headline 7")


def test_no_text_stands_twice(brief: Brief, batch: Batch) -> None:
    screened_variant(batch=batch, index=0, text="Roasted on Mondays", state=VariantState.APPROVED)
    ExemplarFactory.create(brand=brief.brand, text="roasted on  mondays.")
    assert texts(brief) == ["Roasted on Mondays"]


def test_what_came_after_the_batch_was_asked_for_is_not_seen(brief: Brief, batch: Batch) -> None:
    """All chunks of a batch see the same lines, also those that are written an hour later."""
    later = batch.created_at + timedelta(hours=1)
    exemplar = ExemplarFactory.create(brand=brief.brand)
    line = screened_variant(batch=batch, index=0, text="An approved line", state=VariantState.APPROVED)
    Exemplar.objects.update(created_at=later)
    Variant.objects.update(created_at=later)
    assert texts(brief, as_of=batch.created_at) == []
    assert texts(brief, as_of=later + timedelta(seconds=1)) == [line.text, exemplar.text]
    assert texts(brief, as_of=timezone.now()) == []


def test_another_brand_lends_no_lines(brief: Brief, other_brand: Brand) -> None:
    ExemplarFactory.create(brand=other_brand)
    assert texts(brief) == []
