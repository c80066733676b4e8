"""No page breaks a rule of WCAG 2.2 AA that a machine can check: wide and narrow, in both themes."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import product

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect

from adgen.models import Batch, Brand, Brief, Fact, Role, Variant, VariantState
from review.models import Action
from review.services.comparisons import trial_open
from review.services.figures import figures_count
from review.services.gold import gold_mark
from tests.browser.conftest import OpenRoom
from tests.factories import (
    AdapterFactory,
    BatchFactory,
    RecheckFactory,
    finding,
    member,
    screened_variant,
)
from tests.review.acts import decide, disputed, reject
from tests.review.test_clusters import cluster

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

WIDTHS, THEMES = (1440, 390), ("light", "dark")
ALL_LOOKS = tuple(product(WIDTHS, THEMES))
# Where the room has been looked at in all of them, these two show what is a page's own.
TWO_LOOKS = ((1440, "light"), (390, "dark"))
PANELS = {
    "e": "#room-edit",
    "r": "#room-reject",
    "c": "#room-comment",
    "m": "#room-missed",
    "g": "#room-cluster",
}
OF_A_TEAM = (
    "/admin/review/disagreements/",
    "/admin/review/agreement/",
    "/admin/review/attention/",
    "/admin/review/compare/",
    "/admin/adgen/adapter/{adapter}/change/",
)
PAGES = (
    "/admin/review/dashboard/",
    "/admin/review/table/",
    "/admin/review/keys/",
    "/admin/audit/",
    "/admin/review/screen/",
    "/admin/review/train/{brand}/",
    "/admin/adgen/recheck/",
    "/admin/adgen/brief/add/",
    "/admin/adgen/batch/{batch}/change/",
)
SHOW_THEME = """
theme => {
  document.documentElement.classList.toggle("dark", theme === "dark");
  for (const animation of document.getAnimations()) animation.finish();
}"""
FIND_FAULTS = """
([within, values]) => axe
  .run(within, {runOnly: {type: "tag", values}, resultTypes: ["violations"], elementRef: false})
  .then(({violations}) => violations.flatMap(({id, impact, nodes}) =>
    nodes.map(({target, failureSummary}) => `${impact}: ${id} at ${target}: ${failureSummary}`)))"""
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]


def faults(
    page: Page, state: str, *, looks: Iterable[tuple[int, str]] = TWO_LOOKS, within: str = "html"
) -> list[str]:
    """What axe-core finds on the page (or in a part of it) as it stands, a line for each element."""
    found = []
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    for width, theme in looks:
        page.set_viewport_size({"width": width, "height": 900})
        page.evaluate(SHOW_THEME, theme)
        found += [
            f"{state}, {width} px, {theme}: {fault}" for fault in page.evaluate(FIND_FAULTS, [within, TAGS])
        ]
    return found


def test_the_room_in_each_of_its_states(
    open_room: OpenRoom, reviewer: User, brand: Brand, batch: Batch
) -> None:
    Fact.objects.create(brand=brand, subject="beans", relation="come from", object="eleven farms")
    marked = finding(start=4, end=8) | {"source_url": "https://example.com/rule"}
    line = screened_variant(batch=batch, index=0, text="The best espresso", verdict="flag", findings=[marked])
    cluster(line, screened_variant(batch=batch, index=1, text="Best espresso"))
    screened_variant(batch=batch, index=2, slot="google_rsa.description", text="Roasted on Mondays.")
    page = open_room(reviewer)
    for summary in page.locator(".room-context summary").all():
        summary.click()
    found = faults(page, "a marked line", looks=ALL_LOOKS)
    for key, panel in PANELS.items():
        page.keyboard.press(key)
        expect(page.locator(panel)).to_have_attribute("open", "")
        found += faults(page, "open", within=panel)
        page.keyboard.press("Escape")
    page.keyboard.press("?")
    expect(page.locator("#room-help")).to_be_visible()
    found += faults(page, "open", within="#room-help")
    page.keyboard.press("?")
    page.keyboard.press("p")
    expect(page.locator("#room-text")).to_have_text("Paused")
    assert found + faults(page, "paused") == []


def test_an_empty_room_and_the_login(open_room: OpenRoom, reviewer: User, batch: Batch) -> None:
    page = open_room(reviewer)
    expect(page.locator("#room-text")).to_have_text("All caught up")
    found = faults(page, "empty")
    page.context.clear_cookies()
    page.goto("/admin/login/")
    assert found + faults(page, "login") == []


def test_the_other_pages(
    open_room: OpenRoom, owner: User, reviewer: User, variants: list[Variant], brand: Brand
) -> None:
    Variant.objects.update(adapter=AdapterFactory.create(brand=brand))
    decide(reviewer, Action.APPROVE, duration_ms=4_000)
    reject(reviewer)
    figures_count()
    RecheckFactory.create(variant=variants[3])
    page = open_room(owner)
    found = []
    for address in PAGES:
        page.goto(address.format(brand=brand.pk, batch=variants[0].batch_id))
        found += faults(page, address)
    assert found == []


def test_the_pages_of_a_team(
    open_room: OpenRoom, owner: User, reviewer: User, variants: list[Variant], brief: Brief
) -> None:
    disputed(brief.brand, reviewer, member(brief.brand, Role.REVIEWER, "second"))
    gold_mark(manager=owner, variant=screened_variant(batch=variants[0].batch, state=VariantState.APPROVED))
    challenger, rival = (AdapterFactory.create(brand=brief.brand) for _ in range(2))
    for writer in (challenger, rival):
        batch = BatchFactory.create(brief=brief, adapter=writer)
        screened_variant(batch=batch, text=f"By {writer.pk}", adapter=writer)
    trial_open(manager=owner, challenger=challenger, rival=rival)
    page = open_room(owner)
    found = []
    for address in OF_A_TEAM:
        page.goto(address.format(adapter=challenger.pk))
        for summary in page.locator("#content summary:visible").all():
            summary.click()
        found += faults(page, address)
    assert found == []


def test_the_menu_can_be_skipped_and_opened_by_keyboard(
    open_room: OpenRoom, reviewer: User, variants: list[Variant]
) -> None:
    page = open_room(reviewer)
    page.goto("/admin/review/dashboard/")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip the menu")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("main")).to_be_focused()
    page.set_viewport_size({"width": 390, "height": 844})
    entry = page.get_by_role("link", name="Briefs")
    expect(entry).to_be_hidden()
    page.get_by_role("button", name="Menu").press("Enter")
    expect(entry).to_be_visible()
