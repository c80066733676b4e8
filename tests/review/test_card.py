"""What stands beside a line: the brief as it binds the line, and what the brand may say by today."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from adgen.models import Batch, Brand, SpecialCategory, Variant, VariantState
from review.selectors.card import Card, card_of
from tests.factories import FactFactory, screened_variant
from tests.review.acts import claim


def card(reviewer: User) -> Card:
    return card_of(claim(reviewer))


def test_claims_stand_apart_from_what_expired_and_what_is_only_known(
    reviewer: User, brand: Brand, variants: list[Variant]
) -> None:
    today = timezone.localdate()
    for subject, is_claim, ends in (
        ("ends today", True, today),
        ("ended yesterday", True, today - timedelta(days=1)),
        ("known", False, None),
    ):
        FactFactory.create(brand=brand, subject=subject, is_claim=is_claim, evidence="log", expires_on=ends)
    shown = card(reviewer)
    assert [fact.subject for fact in shown.claims] == ["beans", "ends today"]
    assert [fact.subject for fact in shown.lapsed] == ["ended yesterday"]
    assert [fact.subject for fact in shown.background] == ["known"]


def test_of_many_facts_those_that_may_be_claimed_come_first(
    reviewer: User, brand: Brand, variants: list[Variant]
) -> None:
    FactFactory.create_batch(40, brand=brand)
    assert [fact.subject for fact in card(reviewer).claims] == ["beans"]


@pytest.mark.parametrize(
    ("evidence", "link"), [("https://example.com/log", True), ("javascript:alert(1)", False), ("log", False)]
)
def test_evidence_is_a_link_only_where_it_is_an_address(
    client: Client, reviewer: User, brand: Brand, variants: list[Variant], evidence: str, link: bool
) -> None:
    brand.facts.update(evidence=evidence, expires_on=timezone.localdate())
    client.force_login(reviewer)
    html = client.get("/admin/review/room/").content.decode()
    assert (f'href="{evidence}"' in html) == link
    assert evidence in html
    assert f"until {timezone.localdate():%-d %b %Y}" in html


def test_words_of_brief_and_brand_bind_the_line_together(
    reviewer: User, brand: Brand, batch: Batch, variants: list[Variant]
) -> None:
    brand.required_words, brand.banned_words = ["Nordlys"], ["cheap", "miracle"]
    brand.special_category = SpecialCategory.FINANCE
    brand.save()
    batch.brief.must_include = ["Monday", "Nordlys"]
    batch.brief.save(update_fields=["must_include"])
    shown = card(reviewer)
    assert (shown.must_say, shown.never) == (["Monday", "Nordlys"], ["cheap", "miracle"])
    assert shown.category == "financial products and services"


def test_others_of_the_slot_are_the_best_that_were_not_taken_back(
    reviewer: User, batch: Batch, variants: list[Variant]
) -> None:
    for index, state in enumerate(
        (VariantState.REJECTED, VariantState.BLOCKED, VariantState.WITHDRAWN), start=10
    ):
        screened_variant(batch=batch, index=index, text=f"A line that is {state}", state=state)
    screened_variant(batch=batch, index=20, slot="google_rsa.description", text="Of another slot.")
    texts = [other.text for other in card(reviewer).siblings]
    assert texts == [*(variant.text for variant in variants[1:]), "A line that is rejected"]
