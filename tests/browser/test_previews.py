"""The preview as a reviewer uses it: it follows the draft, and shows the line in other company."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect

from adgen.channels import slot_formats
from adgen.models import Batch, Variant
from review.selectors.previews import Line
from tests.browser.conftest import OpenRoom
from tests.conftest import HEADLINES
from tests.factories import screened_variant

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

VISIBLE = slot_formats()["meta.primary_text"].limit
DRAFTS = ("Short", "a" * VISIBLE, "b" * (VISIBLE + 1), "☕🇳🇴" * VISIBLE, "word " * 40, "<b>&amp;</b>")


def shown(page: Page) -> list[str]:
    return page.locator(".preview-ad:visible [data-draft]").all_inner_texts()


def test_the_preview_follows_the_draft_and_cuts_it_as_the_server_does(
    open_room: OpenRoom, reviewer: User, batch: Batch
) -> None:
    before = "Roasted on Mondays, posted on Tuesdays."
    screened_variant(batch=batch, index=0, slot="meta.primary_text", text=before)
    page = open_room(reviewer)
    page.keyboard.press("e")
    more = page.locator(".preview-ad:visible .preview-line--focus .preview-more")
    for draft in DRAFTS:
        page.locator("#room-draft").fill(draft)
        line = Line(draft.strip(), VISIBLE)
        assert shown(page) == [line.shown]
        expect(more).to_be_visible(visible=line.is_cut)
    page.keyboard.press("Escape")
    expect(page.locator(".preview-ad:visible [data-draft]")).to_have_text(before)
    expect(more).to_be_hidden()


def test_a_headline_is_shown_in_other_combinations(
    open_room: OpenRoom, reviewer: User, variants: list[Variant]
) -> None:
    page = open_room(reviewer)
    title = page.locator(".preview-ad:visible .preview-search--wide .preview-search-title")
    expect(title).to_have_text(" - ".join(HEADLINES[:3]))
    page.get_by_role("button", name="Another combination").press("Enter")
    expect(title).to_have_text(" - ".join((HEADLINES[3], HEADLINES[0], HEADLINES[1])))
    page.keyboard.press("e")
    page.locator("#room-draft").fill("Mine")
    expect(title).to_have_text(" - ".join((HEADLINES[3], "Mine", HEADLINES[1])))
