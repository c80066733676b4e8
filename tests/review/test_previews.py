"""What a preview is put together from, and that every slot has one."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.template.loader import render_to_string
from django.test import Client

from adgen.channels import slot_format, slot_formats
from adgen.models import Batch, Brand, Brief, Variant, VariantState
from review.selectors.card import card_of
from review.selectors.previews import Ad, Preview, layout_of, preview_of
from tests.factories import BatchFactory, screened_variant
from tests.review.acts import claim

ROOM = "/admin/review/room/"
DESCRIPTIONS = ("Roasted on Mondays, posted on Tuesdays.", "First bag half price. Skip any month.")


def preview(reviewer: User) -> Preview:
    return card_of(claim(reviewer)).preview


def written(ad: Ad) -> tuple[list[str], list[str]]:
    return [line.text for line in ad.title], [line.text for line in ad.text]


@pytest.fixture
def described(batch: Batch, variants: list[Variant]) -> list[Variant]:
    """The four headlines, and two descriptions for them."""
    return [
        screened_variant(batch=batch, index=10 + index, slot="google_rsa.description", text=text)
        for index, text in enumerate(DESCRIPTIONS)
    ]


def test_a_headline_stands_in_each_position_among_others(
    reviewer: User, variants: list[Variant], described: list[Variant]
) -> None:
    focus, *others = [variant.text for variant in variants]
    first, second = DESCRIPTIONS
    assert [written(ad) for ad in preview(reviewer).ads] == [
        ([focus, others[0], others[1]], [first, second]),
        ([others[2], focus, others[0]], [first, second]),
        ([others[1], others[2], focus], [first, second]),
    ]


def test_a_description_stands_below_changing_headlines(
    reviewer: User, variants: list[Variant], described: list[Variant]
) -> None:
    Variant.objects.filter(slot="google_rsa.headline").update(state=VariantState.APPROVED)
    ads = preview(reviewer).ads
    assert [[line.is_focus for line in ad.text] for ad in ads] == [
        [True, False],
        [False, True],
        [True, False],
    ]
    assert len({written(ad)[0][0] for ad in ads}) == len(ads)


@pytest.mark.parametrize(
    "state", [VariantState.REJECTED, VariantState.BLOCKED, VariantState.UNSCREENED, VariantState.EDITED]
)
def test_a_line_that_will_not_run_stands_in_no_ad(
    reviewer: User, variants: list[Variant], state: VariantState
) -> None:
    Variant.objects.exclude(pk=variants[0].pk).update(state=state)
    assert [written(ad) for ad in preview(reviewer).ads] == [([variants[0].text], [])]


def test_lines_of_another_batch_or_channel_stand_in_no_ad(reviewer: User, batch: Batch) -> None:
    line = screened_variant(batch=batch, index=0, text="A lonely headline")
    screened_variant(batch=batch, index=1, slot="meta.headline", text="Of another channel")
    screened_variant(batch=BatchFactory.create(brief=batch.brief), index=0, text="Of another batch")
    assert [written(ad) for ad in preview(reviewer).ads] == [([line.text], [])]


@pytest.mark.parametrize(
    ("url", "host", "path"),
    [
        (
            "https://www.example.com/coffee/espresso-subscription/?from=ad",
            "example.com",
            ("coffee", "espresso-subscr"),
        ),
        ("https://example.com/caf%C3%A9", "example.com", ("café",)),
        ("", "", ()),
    ],
)
def test_the_display_path_is_taken_from_the_page_of_the_brief(
    reviewer: User, batch: Batch, variants: list[Variant], url: str, host: str, path: tuple[str, ...]
) -> None:
    batch.brief.url = url
    batch.brief.save(update_fields=["url"])
    shown = preview(reviewer)
    assert (shown.host, shown.path) == (host, path)


@pytest.mark.parametrize(
    ("slot", "length", "shown"),
    [("meta.primary_text", 125, 125), ("meta.primary_text", 126, 125), ("x.post", 280, 280)],
)
def test_a_channel_that_takes_longer_text_shows_the_start_of_it(
    reviewer: User, batch: Batch, slot: str, length: int, shown: int
) -> None:
    origin = screened_variant(batch=batch, index=0, slot=slot, state=VariantState.EDITED)
    # Only people write beyond a limit: what models write always fits.
    screened_variant(batch=batch, index=1, slot=slot, text="a" * length, edited_from=origin)
    (line,) = preview(reviewer).ads[0].text
    assert (len(line.shown), line.is_cut) == (shown, shown < length)


@pytest.mark.parametrize("slot", slot_formats())
def test_every_slot_is_shown_in_its_ad_as_text(slot: str) -> None:
    line = Variant(brand=Brand(name="Nordlys Coffee"), slot=slot, text="<b>&")
    alone = preview_of(line, slot_format(slot), Brief(), others=())
    html = render_to_string("review/_preview.html", {"card": {"preview": alone}})
    assert slot_format(slot).channel in html
    assert ">&lt;b&gt;&amp;<" in html.split("data-draft", 1)[1]
    assert "<b>&" not in html


@pytest.mark.parametrize(("language", "direction"), [("ar", "rtl"), ("he-IL", "rtl"), ("en-GB", "ltr")])
def test_an_ad_runs_as_its_language_does(
    client: Client, reviewer: User, brand: Brand, variants: list[Variant], language: str, direction: str
) -> None:
    brand.language = language
    brand.save(update_fields=["language"])
    client.force_login(reviewer)
    assert f'<div class="preview-ad" dir="{direction}"' in client.get(ROOM).content.decode()


def test_a_channel_without_a_look_of_its_own_is_shown_like_a_display_ad() -> None:
    assert layout_of("unheard_of").template == "display"
