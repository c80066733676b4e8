"""The table of lines: pages both ways, filters, many decided one by one with an answer for each."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from adgen.models import Batch, Brand, Screening, Variant, VariantState
from review.models import Claim, Decision
from review.selectors.filters import QueueFilter
from review.selectors.table import TableFilter, table_page
from review.services.bulk import MOST_ROWS
from tests.factories import (
    AdapterFactory,
    BatchFactory,
    BriefFactory,
    ScreeningFactory,
    finding,
    screened_variant,
)
from tests.review.acts import claim, feed, state, unchanged

TABLE = "/admin/review/table/"
DECIDE = "/admin/review/table/decide/"
UNDO = "/admin/review/table/undo/"

pytestmark = pytest.mark.django_db


@pytest.fixture
def page(reviewer: User) -> Client:
    return client_of(reviewer)


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def pick(*lines: Variant) -> list[str]:
    """What the form sends for chosen lines: each with the screening that stands beside it."""
    return [f"{line.pk}:{Screening.objects.filter(variant=line).latest('id').pk}" for line in lines]


def decide(client: Client, lines: list[str], action: str = "approve", **more: Any) -> Any:
    return client.post(DECIDE, {"line": lines, "action": action, **more})


def texts(client: Client, **query: Any) -> list[str]:
    answer = client.get(TABLE, query)
    assert answer.status_code == 200
    found = answer.context["page"]
    return [row.variant.text for row in found.rows]


def outcomes(answer: Any) -> list[str]:
    return [row["outcome"] for row in answer.json()["rows"]]


class TestPages:
    def test_pages_follow_each_other_in_both_directions(
        self, reviewer: User, brand: Brand, batch: Batch
    ) -> None:
        lines = [screened_variant(batch=batch, index=index) for index in range(7)]
        table = TableFilter(brand=brand, only=QueueFilter())

        def numbers(**at: int | None) -> tuple[list[int], int | None, int | None]:
            found = table_page(reviewer, table, size=3, **at)
            return [lines.index(row.variant) for row in found.rows], found.before, found.after

        first, before, after = numbers()
        assert (first, before) == ([0, 1, 2], None)
        second, before, after = numbers(after=after)
        assert second == [3, 4, 5]
        last, _, end = numbers(after=after)
        assert (last, end) == ([6], None)
        assert numbers(before=before)[:2] == ([0, 1, 2], None)

    def test_any_page_costs_as_many_queries(self, page: Client, batch: Batch) -> None:
        def queries() -> int:
            with CaptureQueriesContext(connection) as made:
                assert page.get(TABLE).status_code == 200
            return len(made)

        screened_variant(batch=batch, index=0)
        page.get(TABLE)
        few = queries()
        for index in range(1, 60):
            screened_variant(batch=batch, index=index)
        assert few == queries() <= 15

    def test_filters_are_those_of_the_queue(self, page: Client, batch: Batch, brand: Brand) -> None:
        adapter = AdapterFactory.create(brand=brand)
        other = BatchFactory.create(brief=BriefFactory.create(brand=brand))
        screened_variant(batch=batch, index=0, text="plain")
        screened_variant(batch=batch, index=1, text="marked", verdict="flag", findings=[finding()])
        screened_variant(batch=batch, index=2, text="adapted", adapter=adapter)
        screened_variant(batch=batch, index=3, text="social", slot="meta.headline")
        screened_variant(batch=batch, index=4, text="rejected", state=VariantState.REJECTED)
        screened_variant(batch=other, index=0, text="elsewhere")
        campaign = batch.brief.campaign_id
        assert texts(page) == ["plain", "marked", "adapted", "social", "elsewhere"]
        assert texts(page, campaign=campaign) == ["plain", "marked", "adapted", "social"]
        assert texts(page, verdict="flag") == ["marked"]
        assert texts(page, adapter=adapter.pk) == ["adapted"]
        assert texts(page, channel="meta") == texts(page, slot="meta.headline") == ["social"]
        assert texts(page, state="rejected") == ["rejected"]
        assert texts(page, campaign=campaign, words="LAIN") == ["plain"]
        assert texts(page, language="en", verdict="pass", rows=500) == [
            "plain",
            "adapted",
            "social",
            "elsewhere",
        ]

    def test_words_are_looked_for_in_a_campaign_alone(self, page: Client, variants: list[Variant]) -> None:
        answer = page.get(TABLE, {"words": "Monday"})
        assert (answer.status_code, "Choose a campaign" in answer.content.decode()) == (400, True)

    def test_a_row_shows_what_the_screen_says_and_who_has_it(
        self, page: Client, owner: User, batch: Batch
    ) -> None:
        line = screened_variant(batch=batch, index=0, verdict="flag", findings=[finding(message="no proof")])
        assert "no proof" in page.get(TABLE).content.decode()
        assert page.get(TABLE).context["page"].rows[0].hindrance == ""
        claim(owner)
        assert "in another reviewer" in page.get(TABLE).context["page"].rows[0].hindrance
        assert Claim.objects.get().variant == line

    def test_blocked_lines_are_for_managers(self, page: Client, owner: User, batch: Batch) -> None:
        screened_variant(batch=batch, index=0, text="bad", state=VariantState.BLOCKED, verdict="block")
        assert texts(page, state="blocked") == []
        assert texts(client_of(owner), state="blocked") == ["bad"]

    @pytest.mark.parametrize(
        "query", ["brand=fjell", "campaign=999", "state=lost", "rows=7", "after=x", "slot=paper", "adapter=x"]
    )
    def test_what_is_not_there_is_a_404(self, page: Client, other_brand: Brand, query: str) -> None:
        assert page.get(f"{TABLE}?{query}").status_code == 404

    def test_outsiders_see_their_own_brand_and_marketers_none(
        self, outsider: User, marketer: User, variants: list[Variant]
    ) -> None:
        assert texts(client_of(outsider)) == []
        assert client_of(outsider).get(TABLE, {"brand": "nordlys"}).status_code == 404
        assert "no brand" in client_of(marketer).get(TABLE).content.decode()


class TestDeciding:
    def test_each_line_is_decided_by_itself_and_tied_to_the_first(
        self, page: Client, variants: list[Variant], brand: Brand
    ) -> None:
        answer = decide(page, pick(*variants[:3]))
        assert outcomes(answer) == ["done"] * 3
        assert len(feed(brand)) == 3
        assert Decision.objects.filter(lead=Decision.objects.earliest("id")).count() == 2
        assert not Claim.objects.exists()

    def test_lines_sent_one_by_one_are_one_step(self, page: Client, variants: list[Variant]) -> None:
        lead = ""
        for line in variants:
            (row,) = decide(page, pick(line), "reject", reason="dull", lead=lead).json()["rows"]
            lead = lead or row["lead"]
        assert page.post(UNDO).json() == {
            "undone": [line.pk for line in reversed(variants)],
            "kept": {},
            "left": 0,
        }
        assert {state(line) for line in variants} == {VariantState.PENDING}
        assert page.post(UNDO).status_code == 409

    def test_many_lines_come_back_in_several_goes(self, page: Client, batch: Batch, brand: Brand) -> None:
        lines = [screened_variant(batch=batch, index=index) for index in range(25)]
        assert outcomes(decide(page, pick(*lines))) == ["done"] * 25
        assert [page.post(UNDO).json()["left"] for _ in range(2)] == [4, 0]
        assert not Variant.objects.filter(state=VariantState.APPROVED).exists()

    def test_a_line_that_cannot_be_decided_is_left_out_and_says_why(
        self, page: Client, owner: User, batch: Batch
    ) -> None:
        held, free, decided, blocked, rescreened, unknown = [
            screened_variant(batch=batch, index=index) for index in range(6)
        ]
        lines = pick(held, free, decided, blocked, rescreened, unknown)
        assert claim(owner).variant == held
        Variant.objects.filter(pk=decided.pk).update(state=VariantState.REJECTED)
        Variant.objects.filter(pk=blocked.pk).update(state=VariantState.BLOCKED)
        ScreeningFactory.create(variant=rescreened, version__digest="screen-2", verdict="flag")
        rows = decide(page, lines).json()["rows"]
        assert [row["outcome"] for row in rows] == ["held", "done", "changed", "blocked", "changed", "done"]
        assert "Another reviewer" in rows[0]["words"]
        assert "rejected" in rows[2]["words"]
        assert "looked at it again" in rows[4]["words"]
        assert [state(line) for line in (held, decided, rescreened)] == ["pending", "rejected", "pending"]
        assert Claim.objects.get().reviewer == owner

    def test_under_four_eyes_an_approval_is_noted(
        self, page: Client, owner: User, brand: Brand, variants: list[Variant]
    ) -> None:
        Brand.objects.filter(pk=brand.pk).update(four_eyes="all")
        assert outcomes(decide(page, pick(variants[0]))) == ["second"]
        assert "judged by you" in page.get(TABLE).context["page"].rows[0].hindrance
        assert outcomes(decide(client_of(owner), pick(variants[0]), "reject", reason="dull")) == ["disputed"]

    @pytest.mark.parametrize(
        ("change", "word"),
        [
            ({"action": "edit"}, "choice"),
            ({"action": "reject"}, "reason"),
            ({"action": "reject", "reason": "other"}, "note"),
            ({"line": ["7"]}, "number:screening"),
            ({"line": ["7:x"]}, "number:screening"),
            ({"line": []}, "Choose 1 to"),
            ({"line": [f"{number}:1" for number in range(1, MOST_ROWS + 2)]}, "Choose 1 to"),
            ({"note": "n" * 501}, "500"),
        ],
    )
    def test_what_makes_no_sense_is_refused_and_changes_nothing(
        self, page: Client, variants: list[Variant], change: dict[str, Any], word: str
    ) -> None:
        with unchanged():
            answer = page.post(DECIDE, {"line": pick(variants[0]), "action": "approve", **change})
        assert (answer.status_code, word in answer.json()["detail"]) == (400, True)

    def test_a_step_that_was_taken_back_is_not_gone_on_with(
        self, page: Client, variants: list[Variant]
    ) -> None:
        lead = decide(page, pick(variants[0])).json()["rows"][0]["lead"]
        page.post(UNDO)
        with unchanged():
            assert decide(page, pick(variants[1]), lead=lead).status_code == 409

    def test_lines_of_others_are_not_there(
        self, page: Client, outsider: User, marketer: User, variants: list[Variant]
    ) -> None:
        lines = pick(*variants)
        with unchanged():
            assert decide(client_of(outsider), lines).status_code == 404
            assert decide(client_of(marketer), lines).status_code == 403
            assert decide(page, [*lines, "999999:1"]).status_code == 404

    def test_without_script_one_form_decides_and_the_page_says_what_became_of_each(
        self, page: Client, owner: User, variants: list[Variant]
    ) -> None:
        theirs = claim(owner).variant
        answer = page.post(TABLE, {"line": pick(*variants), "action": "reject", "reason": "dull"})
        assert answer.status_code == 200
        assert answer.content.decode().count('data-outcome="done"') == 3
        assert answer.content.decode().count('data-outcome="held"') == 1
        assert state(theirs) == VariantState.PENDING
        with unchanged():
            assert page.post(TABLE, {"line": pick(theirs), "action": "reject"}).status_code == 400
