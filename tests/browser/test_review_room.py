"""The review room as a reviewer uses it."""

from __future__ import annotations

import re
from typing import Any, get_args

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect

from adgen.channels import Unit, slot_formats, width
from adgen.models import Batch, Brand, Variant, VariantState
from review.models import Claim, Decision
from review.selectors.keys import ACTS
from tests.browser.chromium import ROOM
from tests.browser.conftest import OpenRoom
from tests.conftest import HEADLINES
from tests.factories import finding, screened_variant
from tests.review.acts import claim, expire, feed

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

SAMPLES = (
    "Espresso",
    "Grüße, café",
    "コーヒー定期便",
    "咖啡订阅 half",
    "커피",
    "Wake up ☕ now",
    "© ★ ✓ ™",
    "ﾊﾝｶｸ",
    "🇳🇴 👨\u200d👩\u200d👧 👍🏽 ☕\ufe0f 1\ufe0f\u20e3",
    "Go to https://example.com/a?b=1. Or nordlys.com…",
)


def saved(page: Page) -> None:
    """Wait until the server has all that was decided."""
    expect(page.locator("#room-saved")).to_have_text(re.compile("^Saved "))


def line(page: Page) -> str:
    """The text in focus, without the numbers of its findings."""
    return str(
        page.evaluate(
            "[...document.querySelector('#room-text').childNodes].map(n => "
            "(n.firstChild ?? n).textContent).join('')"
        )
    )


def see(page: Page, text: str) -> None:
    expect(page.locator("#room-text")).to_have_text(text)


def press(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def decisions() -> list[tuple[str, str, str]]:
    return list(Decision.objects.values_list("action", "reason", "variant__text"))


def test_a_whole_review_by_keyboard_alone(
    open_room: OpenRoom, reviewer: User, brand: Brand, batch: Batch
) -> None:
    for index, text in enumerate([*HEADLINES, "Fifth of five"]):
        screened_variant(batch=batch, index=index, text=text)
    page = open_room(reviewer)

    see(page, HEADLINES[0])
    press(page, "a")
    see(page, HEADLINES[1])
    press(page, "e", "Control+A")
    page.keyboard.type("Roasted on Mondays only")
    press(page, "Control+Enter")
    see(page, HEADLINES[2])
    press(page, "r", "5")
    see(page, HEADLINES[3])
    press(page, "r", "9")
    page.keyboard.type("says the wrong price")
    press(page, "Enter")
    see(page, "Fifth of five")
    press(page, "s")
    see(page, "All caught up")
    saved(page)
    press(page, "u")
    see(page, "Fifth of five")
    press(page, "u")
    see(page, HEADLINES[3])
    press(page, "a")
    see(page, "Fifth of five")
    press(page, "p")
    see(page, "Paused")
    assert not Claim.objects.exists()
    press(page, "p")
    see(page, "Fifth of five")

    assert decisions() == [
        ("approve", "", HEADLINES[0]),
        ("edit", "", HEADLINES[1]),
        ("reject", "dull", HEADLINES[2]),
        ("reject", "other", HEADLINES[3]),
        ("skip", "", "Fifth of five"),
        ("undo", "", "Fifth of five"),
        ("undo", "", HEADLINES[3]),
        ("approve", "", HEADLINES[3]),
    ]
    assert Decision.objects.get(reason="other").note == "says the wrong price"
    assert Variant.objects.get(edited_from__isnull=False).text == "Roasted on Mondays only"
    assert [text for *_, text in feed(brand)] == [HEADLINES[0], HEADLINES[3]]
    times = Decision.objects.exclude(action="undo").values_list("duration_ms", flat=True)
    assert all(took is not None and took > 0 for took in times)


def test_two_reviewers_at_once_never_see_the_same_line(
    open_room: OpenRoom, reviewer: User, owner: User, batch: Batch
) -> None:
    texts = [f"Line number {index}" for index in range(10)]
    for index, text in enumerate(texts):
        screened_variant(batch=batch, index=index, text=text)
    pages = [open_room(reviewer), open_room(owner)]
    seen: list[str] = []
    while shown := {page: line(page) for page in pages if line(page) in texts}:
        seen += shown.values()
        # Both act before either waits for an answer; who holds more lines in advance gets through more.
        for page in shown:
            press(page, "a")
        for page, text in shown.items():
            expect(page.locator("#room-text")).not_to_have_text(re.compile(f"{text}|Fetching"))
    for page in pages:
        saved(page)
    assert sorted(seen) == texts
    assert sorted(text for *_, text in decisions()) == texts


def test_an_open_panel_swallows_stray_letters(
    open_room: OpenRoom, reviewer: User, variants: list[Variant]
) -> None:
    page = open_room(reviewer)
    press(page, "r", "a", "s", "u", "p")
    expect(page.locator("#room-reject")).to_have_attribute("open", "")
    press(page, "Escape")
    expect(page.locator("#room-reject")).not_to_have_attribute("open", "")
    see(page, HEADLINES[0])
    assert decisions() == []


def test_leaving_an_edit_keeps_the_line_as_it_was(
    open_room: OpenRoom, reviewer: User, variants: list[Variant]
) -> None:
    page = open_room(reviewer)
    press(page, "e")
    page.keyboard.type(" and never saved")
    press(page, "Escape", "e")
    expect(page.locator("#room-draft")).to_have_value(HEADLINES[0])
    assert decisions() == []


def test_an_edit_that_does_not_fit_stays_open_with_its_text(
    open_room: OpenRoom, reviewer: User, variants: list[Variant]
) -> None:
    page = open_room(reviewer)
    press(page, "e", "Control+A")
    page.keyboard.type("Espresso that is far too long for it")
    expect(page.locator("#room-draft-width")).to_have_text("36 / 30")
    press(page, "Control+Enter")
    expect(page.locator("#room-told")).to_contain_text("shorten it by 6")
    expect(page.locator("#room-draft")).to_be_focused()
    press(page, "Control+A")
    page.keyboard.type("Espresso that fits")
    press(page, "Control+Enter")
    see(page, HEADLINES[1])
    saved(page)
    assert decisions() == [("edit", "", HEADLINES[0])]


@pytest.mark.parametrize("unit", get_args(Unit))
def test_the_counter_counts_as_the_channel_does(
    open_room: OpenRoom, reviewer: User, batch: Batch, unit: Unit
) -> None:
    slot = next(slot.slot for slot in slot_formats().values() if slot.unit == unit)
    screened_variant(batch=batch, index=0, slot=slot, text="A line")
    page = open_room(reviewer)
    press(page, "e")
    for sample in SAMPLES:
        page.locator("#room-draft").fill(sample)
        counted = page.locator("#room-draft-width").text_content()
        assert counted is not None
        assert (sample, int(counted.split(" / ")[0])) == (sample, width(sample, unit))


def test_a_lost_line_is_told_and_replaced(
    open_room: OpenRoom, reviewer: User, owner: User, variants: list[Variant]
) -> None:
    page = open_room(reviewer)
    see(page, HEADLINES[0])
    expire(Claim.objects.get(variant=variants[0]))
    claim(owner)
    press(page, "e", "Control+A")
    page.keyboard.type("Words that I want to keep")
    press(page, "Control+Enter")
    see(page, HEADLINES[1])
    refusal = page.get_by_role("alert").filter(has_text="Nothing was saved")
    expect(refusal.get_by_label("Your wording")).to_have_value("Words that I want to keep")
    expect(page.locator(".room-recent li")).to_have_count(0)
    refusal.get_by_role("button", name="Dismiss").click()
    expect(refusal).to_have_count(0)
    assert decisions() == []


def test_each_card_is_announced_and_takes_the_focus(
    open_room: OpenRoom, reviewer: User, batch: Batch
) -> None:
    marked = [finding(start=4, end=8, message="the best needs proof")]
    doubted = [finding(start=0, end=7, message="nobody roasts on Mondays")]
    screened_variant(batch=batch, index=0, text="Roasted on Mondays", verdict="flag", findings=doubted)
    screened_variant(batch=batch, index=1, text="The best espresso", verdict="flag", findings=marked)
    page = open_room(reviewer)
    expect(page.locator("#room")).to_have_attribute("data-in-hand", "2")
    press(page, "a")
    announcer = page.locator("#room-announcer")
    expect(announcer).to_contain_text("Approved: “Roasted on Mondays”.")
    expect(announcer).to_contain_text("Next line: The best espresso")
    expect(announcer).to_contain_text("the best needs proof")
    expect(page.locator("#room-text")).to_be_focused()
    assert line(page) == "The best espresso"


def test_the_help_lists_every_key(open_room: OpenRoom, reviewer: User, variants: list[Variant]) -> None:
    page = open_room(reviewer)
    press(page, "?")
    dialog = page.locator("#room-help")
    expect(dialog).to_be_visible()
    acts = page.locator("#room [data-act]").evaluate_all("nodes => nodes.map(node => node.dataset.act)")
    assert set(acts) <= {act.name for act in ACTS}
    for act in ACTS:
        expect(dialog.locator("dd", has_text=f"{act.label}: {act.does}")).to_be_visible()
    press(page, "a")
    assert decisions() == []
    press(page, "?")
    expect(dialog).not_to_be_visible()


@pytest.mark.parametrize("viewport", [320, 390, 768, 1920])
def test_nothing_sticks_out_sideways(
    open_room: OpenRoom, reviewer: User, batch: Batch, viewport: int
) -> None:
    long = "https://example.com/" + "x" * 90
    marked = [finding(start=0, end=60, message="m" * 120)]
    screened_variant(
        batch=batch, index=0, slot="meta.primary_text", text=long, verdict="flag", findings=marked
    )
    page = open_room(reviewer, viewport={"width": viewport, "height": 844})

    def sticks_out() -> Any:
        return page.evaluate("document.documentElement.scrollWidth > window.innerWidth")

    assert not sticks_out()
    for key in ("e", "r", "c", "m"):
        press(page, key)
        assert not sticks_out()
        press(page, "Escape")
    press(page, "s")
    see(page, "All caught up")
    assert not sticks_out()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_both_themes_set_the_text_off_from_its_ground(
    open_room: OpenRoom, reviewer: User, variants: list[Variant], theme: str
) -> None:
    page = open_room(reviewer, color_scheme=theme)
    see(page, HEADLINES[0])
    ink, ground = page.evaluate(
        "[getComputedStyle(document.querySelector('#room-text')).color,"
        " getComputedStyle(document.querySelector('.room-card')).backgroundColor]"
    )
    light, dark = "rgb(255, 255, 255)", "rgb(17, 24, 39)"
    assert (ground, ink == dark) == ((light, True) if theme == "light" else (dark, False))


def test_without_scripts_plain_forms_do_the_same(
    open_room: OpenRoom, reviewer: User, brand: Brand, variants: list[Variant]
) -> None:
    page = open_room(reviewer, java_script_enabled=False)
    page.get_by_role("button", name="Approve").click()
    see(page, HEADLINES[1])
    page.locator("#room-edit summary").click()
    page.locator("#room-draft").fill("My own words")
    page.locator("#room-edit").get_by_role("button", name="Save").click()
    see(page, HEADLINES[2])
    page.locator("#room-comment summary").click()
    page.locator("#room-comment-note").fill("Ask legal")
    page.locator("#room-comment").get_by_role("button", name="Save").click()
    expect(page.locator(".room-comments")).to_contain_text("Ask legal")
    page.locator("#room-reject summary").click()
    page.locator("#room-reject").get_by_role("button", name="dull").click()
    see(page, HEADLINES[3])
    page.get_by_role("button", name="Undo").click()
    see(page, HEADLINES[2])
    page.get_by_role("button", name="Pause").click()
    see(page, "Paused")
    page.get_by_role("link", name="Go on").click()
    see(page, HEADLINES[2])
    assert [action for action, *_ in decisions()] == ["approve", "edit", "reject", "undo"]
    assert Variant.objects.get(text="My own words").state == VariantState.UNSCREENED
    assert page.url.endswith(ROOM)


def test_new_lines_appear_by_themselves(open_room: OpenRoom, reviewer: User, batch: Batch) -> None:
    page = open_room(reviewer)
    see(page, "All caught up")
    screened_variant(batch=batch, index=0, text="Fresh from the screen")
    see(page, "Fresh from the screen")
