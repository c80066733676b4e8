"""Makes the pictures of the docs anew: `make screenshots`. Nothing else collects this file.

The copy in them is written for the purpose; a model wrote none of it.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect

from adgen.models import Batch, Brand, Brief, Fact, VariantState
from tests.browser.conftest import OpenRoom
from tests.factories import AdapterFactory, finding, screened_variant

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

DOCS = Path(__file__).resolve().parents[2] / "docs"
MOST_BYTES = 300_000
LINE = "Best espresso? Ask at 7 a.m."
OTHERS = (
    "Roasted on Mondays",
    "Skip any month you like",
    "First bag at half price",
    "Espresso for home baristas",
)
DESCRIPTIONS = (
    "Roasted on Mondays, posted on Tuesdays. Skip any month; the kettle will understand.",
    "An espresso subscription for home baristas. First bag half price until 30 June.",
)
POST = (
    "Monday we roast, Tuesday we post. By Thursday your kitchen smells of the only good reason to get up. "
    "Skip any month you like."
)


@pytest.fixture
def scene(brand: Brand, brief: Brief, batch: Batch) -> Batch:
    """A brief with all its fields, claims with their sources, and a batch half judged."""
    brand.banned_words = ["cheap", "miracle"]
    brand.save()
    brand.facts.update(evidence="Roasting plan 2026")
    brief.url = "https://www.example.com/coffee/subscription"
    brief.offer, brief.must_include = "first bag half price until 30 June", ["Nordlys"]
    brief.save()
    for subject, relation, obj, evidence, expires in (
        ("subscription", "can be skipped", "any month", "Terms of sale, section 4", None),
        ("first bag", "costs", "half until 30 June", "Price list", date(2027, 6, 30)),
    ):
        Fact.objects.create(
            brand=brand,
            subject=subject,
            relation=relation,
            object=obj,
            is_claim=True,
            evidence=evidence,
            expires_on=expires,
        )
    adapter = AdapterFactory.create(brand=brand)
    for index, text in enumerate(OTHERS, start=1):
        state = VariantState.APPROVED if index % 2 else VariantState.PENDING
        screened_variant(batch=batch, index=index, text=text, state=state, adapter=adapter)
    for index, text in enumerate(DESCRIPTIONS, start=10):
        screened_variant(batch=batch, index=index, slot="google_rsa.description", text=text)
    return batch


def keep(page: Page, name: str) -> None:
    """Store what the window shows."""
    path = DOCS / name
    page.screenshot(path=path, animations="disabled")
    assert path.stat().st_size <= MOST_BYTES, f"{path} has more than {MOST_BYTES} bytes"


def test_the_room_on_a_wide_screen(open_room: OpenRoom, reviewer: User, scene: Batch) -> None:
    marked = finding(start=0, end=4, message="A superlative needs a source: name a fact that says so.")
    screened_variant(batch=scene, index=0, text=LINE, verdict="flag", findings=[marked])
    page = open_room(reviewer, viewport={"width": 1440, "height": 1080})
    expect(page.locator("#room-text")).to_contain_text("espresso?")
    keep(page, "review-room.png")


def test_the_room_on_a_phone_in_the_dark(open_room: OpenRoom, reviewer: User, scene: Batch) -> None:
    screened_variant(batch=scene, index=0, slot="meta.primary_text", text=POST, turn=-1)
    screened_variant(batch=scene, index=30, slot="meta.headline", text=OTHERS[2], turn=1)
    page = open_room(reviewer, viewport={"width": 390, "height": 1240}, color_scheme="dark")
    expect(page.locator("#room-text")).to_contain_text("Monday we roast")
    keep(page, "review-phone.png")
