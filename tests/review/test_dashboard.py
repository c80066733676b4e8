"""The dashboard: who sees whose figures, what they are, and that each leads to the lines behind it."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from adgen.models import Batch, Brand, Role, Variant
from adgen.services.brands import membership_add
from review.dashboard.cells import Cell, Table, Tile
from review.models import Action, MarkKind
from review.selectors.intervals import wilson
from review.services.figures import figures_count
from review.services.marks import mark_create
from tests.factories import AdapterFactory, BatchFactory, finding, screened_variant
from tests.review.acts import decide, edit, reject, undo_last
from tests.review.test_figures import at

PAGE = "/admin/review/dashboard/"
VENDOR = Path("review/static/review/vendor")


@pytest.fixture
def decided(reviewer: User, owner: User, brand: Brand, batch: Batch) -> Brand:
    """Twelve lines of an adapter and of the base model, decided by two people on two days."""
    adapter = AdapterFactory.create(brand=brand)
    for index in range(14):
        screened_variant(batch=batch, index=index, adapter=adapter if index % 2 else None)
    with at(timezone.now() - timedelta(days=2)):
        for user in (reviewer, reviewer, owner):
            decide(user, Action.APPROVE, duration_ms=8_000)
        reject(owner)
        reject(reviewer)
        decide(owner, Action.REJECT, reason="off_brand")
    decide(reviewer, Action.SKIP)
    edit(reviewer)
    reject(owner)
    undo_last(owner)
    reject(owner)
    figures_count()
    return brand


def at_the_page(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def page(user: User, **query: str) -> Any:
    answer = at_the_page(user).get(PAGE, query)
    assert answer.status_code == 200
    return answer.context


def tiles(context: Any) -> dict[str, str]:
    shown: Iterable[Tile] = context["tiles"]
    return {tile.label: tile.value.text for tile in shown}


def table(context: Any, title: str) -> dict[str, list[str]]:
    """The rows of a table by their name."""
    tables: list[Table] = [*context["charts"], *context["tables"]]
    [found] = [table for table in tables if table.title == title]
    return {row[0].text: [cell.text for cell in row[1:]] for row in found.rows}


def cells(context: Any) -> list[Cell]:
    tables: list[Table] = [*context["charts"], *context["tables"]]
    return [
        *(tile.value for tile in context["tiles"]),
        *(cell for table in tables for row in table.rows for cell in row),
    ]


def test_a_manager_sees_everybodys_figures(owner: User, decided: Brand) -> None:
    context = page(owner)
    shown = tiles(context)
    assert shown["Decisions"] == "9"
    assert shown["Approved unchanged"] == "38%"  # 3 of 8
    assert shown["Rejected"] == "50%"
    assert shown["Edited"] == "12%"
    assert shown["Time a decision takes"] == "8.0 s"
    assert shown["In the queue"] == "6"  # one of them skipped
    assert table(context, "Why lines are rejected") == {"dull": ["3", "75%"], "off-brand": ["1", "25%"]}
    assert {name: row[0] for name, row in table(context, "Reviewers").items()} == {
        "owner": "4",
        "reviewer": "4",
    }


def test_a_reviewer_sees_their_own(reviewer: User, decided: Brand) -> None:
    context = page(reviewer)
    assert context["own"]
    assert tiles(context)["Decisions"] == "5"
    assert list(table(context, "Reviewers")) == ["reviewer"]
    assert sum(context["drawings"]["hours"]["series"][0]["values"]) == 2


def test_adapters_are_compared(owner: User, decided: Brand) -> None:
    rows = table(page(owner), "Adapters")
    assert len(rows) == 2
    assert rows["the base model alone"][:3] == ["4", "50%", "15–85%"]


def test_a_decision_taken_back_counts_nowhere(owner: User, reviewer: User, variants: list[Variant]) -> None:
    decide(reviewer, Action.APPROVE)
    undo_last(reviewer)
    figures_count()
    assert tiles(page(owner))["Decisions"] == "0"
    assert tiles(page(owner))["Approved unchanged"] == "–"


@pytest.mark.parametrize("who", ["owner", "reviewer"])
def test_each_number_leads_to_the_lines_behind_it(
    request: pytest.FixtureRequest, decided: Brand, other_brand: Brand, who: str
) -> None:
    user: User = request.getfixturevalue(who)
    # Lines of a brand in which the user only writes briefs are in their lists, but in none of the figures.
    membership_add(user=user, brand=other_brand, role=Role.MARKETER)
    stranger = User.objects.create(username="stranger")
    membership_add(user=stranger, brand=other_brand, role=Role.REVIEWER)
    for index in range(2):
        screened_variant(batch=BatchFactory.create(brief__brand=other_brand), index=index)
        reject(stranger)
    client = at_the_page(user)
    linked = {cell for cell in cells(page(user)) if cell.url}
    assert len([cell for cell in linked if cell.text.isdigit()]) > 20
    for cell in linked:
        answer = client.get(cell.url)
        assert answer.status_code == 200, cell
        if cell.text.isdigit():
            assert len(answer.context["cl"].result_list) == int(cell.text), cell


def test_the_period_is_kept_to(owner: User, reviewer: User, variants: list[Variant]) -> None:
    with at(timezone.now() - timedelta(days=20)):
        reject(reviewer)
    reject(reviewer)
    figures_count()
    for days, decisions in (("7", "1"), ("30", "2"), ("90", "2"), ("", "2"), ("400", "2"), ("x", "2")):
        assert tiles(page(owner, days=days))["Decisions"] == decisions


def test_a_manager_of_two_brands_sees_both_or_one(
    owner: User, decided: Brand, other_brand: Brand, outsider: User
) -> None:
    screened_variant(batch=BatchFactory.create(brief__brand=other_brand), index=0)
    reject(outsider)
    figures_count()
    membership_add(user=owner, brand=other_brand, role=Role.MANAGER)
    assert [tiles(page(owner, brand=slug))["Decisions"] for slug in ("", "nordlys", "fjell")] == [
        "10",
        "9",
        "1",
    ]
    assert list(table(page(owner), "Queues")) == ["Nordlys Coffee", "Fjell Boots"]


def test_who_manages_one_brand_and_reviews_for_another_sees_each_by_their_role(
    owner: User, decided: Brand, other_brand: Brand, outsider: User
) -> None:
    batch = BatchFactory.create(brief__brand=other_brand)
    for index in range(2):
        screened_variant(batch=batch, index=index)
    reject(outsider)
    figures_count()
    membership_add(user=owner, brand=other_brand, role=Role.REVIEWER)
    assert tiles(page(owner))["Decisions"] == "9"
    theirs = page(owner, brand="fjell")
    assert (theirs["own"], tiles(theirs)["Decisions"]) == (True, "0")


def test_figures_of_other_brands_do_not_exist(
    decided: Brand, outsider: User, marketer: User, owner: User
) -> None:
    for user in (outsider, marketer):
        assert at_the_page(user).get(PAGE, {"brand": "nordlys"}).status_code == 404
    assert tiles(page(outsider))["Decisions"] == "0"
    assert "review for no brand" in at_the_page(marketer).get(PAGE).content.decode()


def test_the_menu_shows_the_dashboard_to_reviewers(reviewer: User, marketer: User) -> None:
    link = f'href="{PAGE}"'
    assert link in at_the_page(reviewer).get("/admin/").content.decode()
    assert link not in at_the_page(marketer).get("/admin/").content.decode()


def test_marks_say_how_often_the_screen_was_right(owner: User, reviewer: User, batch: Batch) -> None:
    for index in range(4):
        variant = screened_variant(batch=batch, index=index, verdict="flag", findings=[finding()])
        if index == 0:
            mark_create(reviewer=reviewer, variant=variant, kind=MarkKind.WRONG, rule="claim")
        reject(reviewer)
    figures_count()
    assert tiles(page(owner))["Screen right on marked lines"] == "75%"


def test_nothing_counted_yet_is_said(owner: User, brand: Brand) -> None:
    answer = at_the_page(owner).get(PAGE)
    assert "Nothing is counted yet" in answer.content.decode()


def test_the_page_costs_the_same_for_more_decisions(
    owner: User, reviewer: User, decided: Brand, batch: Batch
) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            page(owner)
        return len(queries)

    cost()  # the first page fills caches of its own
    before = cost()
    for index in range(5):
        screened_variant(batch=batch, index=100 + index)
        reject(reviewer)
    figures_count()
    assert cost() == before


def test_no_script_of_ours_is_inline(owner: User, decided: Brand) -> None:
    content = at_the_page(owner).get(PAGE).content.decode()
    ours = content[content.index('class="page board"') :]
    inline = re.findall(r"<script(?![^>]*\bsrc=)([^>]*)>", ours.split("</main>")[0])
    assert ' id="board-drawings" type="application/json"' in inline
    assert not re.search(r"\son\w+=|javascript:", ours.split("</main>")[0])


@pytest.mark.parametrize(
    ("hits", "of", "low", "high"),
    [(0, 10, 0.0, 0.278), (8, 10, 0.490, 0.943), (10, 10, 0.722, 1.0), (500, 1000, 0.469, 0.531)],
)
def test_intervals_are_wilsons(hits: int, of: int, low: float, high: float) -> None:
    assert list(wilson(hits, of)) == pytest.approx([low, high], abs=5e-4)


def test_the_vendored_files_are_the_ones_written_down() -> None:
    told = dict(re.findall(r"`(uPlot\S+)` \|.*`([0-9a-f]{64})`", (VENDOR / "README.md").read_text()))
    assert told == {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in VENDOR.iterdir()
        if path.suffix in {".js", ".css"}
    }
