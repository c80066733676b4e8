"""The feed of approved copy: ordered, complete, resumable, one brand's own."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from django.contrib.auth.models import User
from rest_framework.response import Response
from rest_framework.test import APIClient

from adgen.models import Batch, Brand, Scope, Variant
from review.api.feed import cursor_of
from review.models import Action
from tests.factories import AdapterFactory, api_key, screened_variant
from tests.review.acts import decide, unchanged, undo_last

FEED = "/api/v1/approved/"


class Puller:
    """An integration that pulls the feed with its key."""

    def __init__(self, brand: Brand, *scopes: Scope) -> None:
        _, secret = api_key(brand, *scopes)
        self.client = APIClient(headers={"Authorization": f"Api-Key {secret}"})

    def get(self, headers: dict[str, str] | None = None, **query: Any) -> Response:
        return self.client.get(FEED, query, headers=headers)

    def pull(self, **query: Any) -> dict[str, Any]:
        answer = self.get(**query)
        assert answer.status_code == 200
        return answer.json()  # type: ignore[attr-defined]


@pytest.fixture
def puller(brand: Brand) -> Puller:
    return Puller(brand, Scope.FEED)


def approve(reviewer: User, times: int = 1) -> None:
    for _ in range(times):
        decide(reviewer, Action.APPROVE)


def test_an_entry_carries_all_that_an_integration_needs(puller: Puller, reviewer: User, batch: Batch) -> None:
    adapter = AdapterFactory.create(brand=batch.brand)
    variant = screened_variant(batch=batch, index=0, text="Roasted on Mondays", adapter=adapter)
    decision = decide(reviewer, Action.APPROVE)
    assert puller.pull()["entries"] == [
        {
            "seq": 1,
            "kind": "approved",
            "id": variant.pk,
            "slot": "google_rsa.headline",
            "text": "Roasted on Mondays",
            "brief": batch.brief_id,
            "campaign": "Spring",
            "adapter": adapter.digest,
            "decided_at": decision.created_at.isoformat().replace("+00:00", "Z"),
            "reviewer": reviewer.pk,
        }
    ]


def test_a_line_of_the_base_model_names_no_adapter(
    puller: Puller, reviewer: User, variants: list[Variant]
) -> None:
    approve(reviewer)
    assert puller.pull()["entries"][0]["adapter"] is None


def test_a_retraction_is_a_tombstone_without_the_text(
    puller: Puller, reviewer: User, variants: list[Variant]
) -> None:
    approve(reviewer)
    undo_last(reviewer)
    _, tombstone = puller.pull()["entries"]
    assert set(tombstone) == {"seq", "kind", "id", "decided_at", "reviewer"}
    assert (tombstone["kind"], tombstone["id"]) == ("retracted", variants[0].pk)


def test_pages_follow_each_other_without_gap_or_repeat(
    puller: Puller, reviewer: User, variants: list[Variant]
) -> None:
    approve(reviewer, 4)
    undo_last(reviewer)
    page = puller.pull(limit=2)
    pages = [page]
    while page["has_more"]:
        page = puller.pull(cursor=page["next_cursor"], limit=2)
        pages.append(page)
    seen = [[entry["seq"] for entry in page["entries"]] for page in pages]
    assert seen == [[1, 2], [3, 4], [5]]


def test_the_last_cursor_goes_on_where_the_feed_grew(
    puller: Puller, reviewer: User, variants: list[Variant]
) -> None:
    approve(reviewer)
    page = puller.pull()
    assert puller.pull(cursor=page["next_cursor"]) == {
        "entries": [],
        "next_cursor": page["next_cursor"],
        "has_more": False,
    }
    approve(reviewer)
    assert [entry["seq"] for entry in puller.pull(cursor=page["next_cursor"])["entries"]] == [2]


def test_a_pull_that_would_bring_nothing_answers_304(
    puller: Puller, reviewer: User, variants: list[Variant]
) -> None:
    approve(reviewer)
    answer = puller.get()
    etag, cursor = answer["ETag"], answer.json()["next_cursor"]  # type: ignore[attr-defined]
    assert etag == '"1"'
    again = puller.get(cursor=cursor, headers={"If-None-Match": etag})
    assert (again.status_code, again.content, again["ETag"]) == (304, b"", etag)
    approve(reviewer)
    assert puller.get(cursor=cursor, headers={"If-None-Match": etag}).status_code == 200


def test_who_still_has_to_catch_up_is_never_sent_away(
    puller: Puller, reviewer: User, variants: list[Variant]
) -> None:
    approve(reviewer, 3)
    page = puller.get(limit=1)
    rest = puller.get(
        cursor=page.json()["next_cursor"],  # type: ignore[attr-defined]
        headers={"If-None-Match": page["ETag"]},
    )
    assert rest.status_code == 200


def test_an_empty_feed_is_a_page_without_entries(puller: Puller) -> None:
    assert puller.pull() == {"entries": [], "next_cursor": cursor_of(0), "has_more": False}


def encoded(plain: str) -> str:
    return base64.urlsafe_b64encode(plain.encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    "cursor",
    ["x", "1", "%%%", "é", encoded("seq:-1"), encoded("seq:01"), encoded("seq:" + "9" * 30), encoded("id:1")],
)
def test_a_cursor_that_we_did_not_make_is_refused(puller: Puller, cursor: str) -> None:
    answer = puller.get(cursor=cursor)
    assert answer.status_code == 400
    assert list(answer.json()["errors"]) == ["cursor"]  # type: ignore[attr-defined]


def test_a_cursor_ahead_of_the_feed_is_refused(puller: Puller) -> None:
    answer = puller.get(cursor=cursor_of(1))
    assert (answer.status_code, list(answer.json()["errors"])) == (400, ["cursor"])  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("query", "field"), [({"limit": 0}, "limit"), ({"limit": 501}, "limit"), ({"page": 2}, "page")]
)
def test_bad_queries_name_the_parameter(puller: Puller, query: dict[str, Any], field: str) -> None:
    answer = puller.get(**query)
    assert (answer.status_code, list(answer.json()["errors"])) == (400, [field])  # type: ignore[attr-defined]


def test_a_key_needs_the_scope(brand: Brand) -> None:
    assert Puller(brand, Scope.READ, Scope.WRITE).get().status_code == 403


def test_a_key_sees_its_own_brand_alone(reviewer: User, variants: list[Variant], other_brand: Brand) -> None:
    approve(reviewer)
    stranger = Puller(other_brand, Scope.FEED)
    assert stranger.pull()["entries"] == []
    assert stranger.get(brand="nordlys").status_code == 404


def test_a_member_names_the_brand(
    reviewer: User, marketer: User, outsider: User, variants: list[Variant]
) -> None:
    approve(reviewer)
    client = APIClient()
    client.force_login(marketer)
    assert client.get(FEED).status_code == 400
    assert len(client.get(FEED, {"brand": "nordlys"}).json()["entries"]) == 1
    client.force_login(outsider)
    assert client.get(FEED, {"brand": "nordlys"}).status_code == 404


def test_the_slash_at_the_end_is_optional(puller: Puller) -> None:
    assert puller.client.get("/api/v1/approved").status_code == 200


def test_a_stranger_is_turned_away(brand: Brand) -> None:
    assert APIClient().get(FEED, {"brand": "nordlys"}).status_code == 401


def test_pulling_costs_the_same_at_any_length(
    puller: Puller,
    reviewer: User,
    variants: list[Variant],
    django_assert_num_queries: Any,
) -> None:
    approve(reviewer, 4)
    for limit in (1, 4):
        with unchanged(), django_assert_num_queries(3):
            puller.pull(limit=limit)
