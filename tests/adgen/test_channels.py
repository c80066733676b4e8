"""Channel formats: what the file may say, and how each platform counts."""

from __future__ import annotations

from datetime import date

import pytest
from django.conf import settings

from adgen.channels import Unit, channels, slot_format, slot_formats, width
from adgen.channels.formats import read_formats

CHANNEL = """
- channel: sky
  name: Sky banner
  unit: char
  hard: true
  source_url: https://example.com/sky
  checked_on: 2026-11-24
  slots:
    headline: {kind: headline, limit: 30, count: [1, 2]}
    tail_text: {name: tail, kind: description, limit: 60, recommended: 40, count: [0, 1], hard: false}
"""


def test_a_slot_has_what_its_channel_says_unless_it_says_otherwise() -> None:
    formats = read_formats(CHANNEL)
    headline, tail = formats["sky.headline"], formats["sky.tail_text"]
    assert (headline.label, headline.limit, headline.hard, headline.count) == (
        *("Sky banner headline", 30, True),
        (1, 2),
    )
    assert (tail.label, tail.recommended, tail.hard) == ("Sky banner tail", 40, False)
    assert headline.checked_on == tail.checked_on == date(2026, 11, 24)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("limit: 30", "limit: 0", "sky.headline: limit must be a whole number above 0, not 0"),
        ("limit: 30", "limit: true", "limit must be a whole number above 0, not True"),
        ("limit: 30, ", "", "sky.headline: limit must be given"),
        ("count: [1, 2]", "count: [3, 2]", "count must be two whole numbers, fewest and most"),
        ("count: [1, 2]", "count: 2", "count must be two whole numbers"),
        ("recommended: 40", "recommended: 61", "recommended must be at most the limit 60"),
        ("unit: char", "unit: pixel", "unit must be one of char, wide, weighted, x, not 'pixel'"),
        ("kind: headline", "kind: slogan", "kind must be one of headline, description"),
        ("hard: true", "hard: sometimes", "hard must be true or false"),
        ("https://example.com/sky", "somewhere", "source_url must be a web address"),
        ("checked_on: 2026-11-24", "checked_on: lately", "checked_on must be a date"),
        ("  unit: char\n", "", "sky.headline: unit must be given"),
        ("kind: headline", "kind: headline, colour: red", "sky.headline: unknown field 'colour'; known: "),
        ("  slots:", "  lines:", "is no channel; give it `channel`, `name`, `slots`"),
    ],
)
def test_a_fault_of_the_file_is_named(old: str, new: str, says: str) -> None:
    broken = CHANNEL.replace(old, new, 1)
    assert broken != CHANNEL
    with pytest.raises(ValueError, match=r"channels\.yaml") as error:
        read_formats(broken)
    assert says in str(error.value)


def test_a_slot_that_stands_twice_is_refused() -> None:
    with pytest.raises(ValueError, match=r"sky\.headline stands twice"):
        read_formats(CHANNEL + CHANNEL)


def test_what_is_no_list_of_channels_is_refused() -> None:
    with pytest.raises(ValueError, match="no list of channels"):
        read_formats("sky: 30")


def test_every_channel_that_is_promised_is_there() -> None:
    limits = {form.slot: (form.limit, form.hard) for form in slot_formats().values()}
    assert limits == {
        "google_rsa.headline": (30, True),
        "google_rsa.description": (90, True),
        "google_pmax.headline": (30, True),
        "google_pmax.short_headline": (15, True),
        "google_pmax.long_headline": (90, True),
        "google_pmax.description": (90, True),
        "google_pmax.short_description": (60, True),
        "google_display.headline": (30, True),
        "google_display.long_headline": (90, True),
        "google_display.description": (90, True),
        "microsoft_rsa.headline": (30, True),
        "microsoft_rsa.description": (90, True),
        "meta.primary_text": (125, False),
        "meta.headline": (40, False),
        "meta.description": (30, False),
        "meta_reels.primary_text": (72, False),
        "linkedin.intro": (150, False),
        "linkedin.headline": (70, False),
        "linkedin.description": (100, False),
        "tiktok.text": (100, True),
        "x.post": (280, True),
        "x.card_title": (70, True),
        "amazon_sb.headline": (50, True),
        "pinterest.title": (100, True),
        "pinterest.description": (500, True),
        "reddit.title": (300, True),
        "chatgpt.title": (50, True),
        "chatgpt.text": (100, True),
        "email.subject": (50, False),
        "email.preheader": (70, False),
    }


def test_the_slots_of_a_channel_stand_together() -> None:
    assert [form.slot for form in channels()["Meta feed ad"]] == [
        *("meta.primary_text", "meta.headline", "meta.description"),
    ]
    assert sum(map(len, channels().values())) == len(slot_formats())


@pytest.mark.parametrize(
    ("text", "char", "wide", "weighted", "x"),
    [
        ("Espresso", 8, 8, 8, 8),
        ("Grüße, café", 11, 11, 11, 11),
        ("e\u0301", 1, 1, 1, 1),  # composed before it is counted
        ("x\u0301", 2, 2, 2, 2),  # has no composed form
        ("커피", 2, 4, 4, 4),
        ("\u1100\u1161", 1, 2, 2, 2),  # jamo that make one syllable
        ("咖啡订阅", 4, 8, 8, 8),
        ("ｈａｌｆ", 4, 8, 8, 8),  # full-width Latin
        ("ﾊﾝｶｸ", 4, 4, 4, 8),  # half-width kana
        ("Ещё кофе", 8, 8, 8, 8),
        ("☕", 1, 2, 2, 2),
        ("☕\ufe0f", 2, 3, 3, 2),
        ("©", 1, 1, 2, 1),
        ("©\ufe0f", 2, 2, 3, 2),
        ("★ ✓", 3, 3, 5, 5),
        ("🇳🇴", 2, 2, 4, 2),
        ("🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f", 7, 8, 8, 2),
        ("👍🏽", 2, 4, 4, 2),
        ("👨\u200d👩\u200d👧", 5, 8, 8, 2),
        ("1\ufe0f\u20e3", 3, 3, 3, 2),
        ("“so”", 4, 4, 4, 4),
        ("wait… €5", 8, 8, 8, 10),
        ("Go to https://example.com/a?b=1.", 32, 32, 32, 30),
        ("Or nordlys.com/espresso now", 27, 27, 27, 30),
        ("mail me@nordlys.com", 19, 19, 19, 19),
    ],
)
def test_each_platform_counts_in_its_own_way(text: str, char: int, wide: int, weighted: int, x: int) -> None:
    units: tuple[Unit, ...] = ("char", "wide", "weighted", "x")
    assert [width(text, unit) for unit in units] == [char, wide, weighted, x]


def test_a_line_that_is_empty_fits_nowhere() -> None:
    assert not slot_format("google_rsa.headline").fits("")


def test_the_operators_guide_lists_every_slot_as_the_file_has_it() -> None:
    counted = {
        "char": "characters",
        "wide": "wide characters two",
        "weighted": "wide characters and emoji two",
        "x": "as X does",
    }
    guide = (settings.BASE_DIR / "docs" / "operators.md").read_text(encoding="utf-8")
    for channel, slots in channels().items():
        key = slots[0].slot.split(".")[0]
        listed = ", ".join(
            f"`{slot.slot.split('.')[1]}` {slot.limit} ({'–'.join(map(str, sorted(set(slot.count))))})"
            for slot in slots
        )
        longer = "refused" if slots[0].hard else "cut off"
        assert f"| `{key}` | {channel} | {listed} | {counted[slots[0].unit]} | {longer} |\n" in guide
