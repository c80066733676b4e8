"""What the screen finds on a line that somebody has in hand: nobody approves what they have not seen."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from rest_framework.test import APIClient

from adgen.models import Batch, Brand, Variant, VariantState
from adgen.spec import Finding
from tests.adgen.rescreening import CLAIM as FOUND
from tests.adgen.rescreening import asked
from tests.factories import screened_variant
from tests.review.acts import state, unchanged
from tests.review.test_clusters import cluster
from tests.work import rescreen, verdict

CLAIM = "/api/v1/review/claim/"
DECISIONS = "/api/v1/review/decisions/"

pytestmark = pytest.mark.django_db


@pytest.fixture
def api(reviewer: User) -> APIClient:
    client = APIClient()
    client.force_login(reviewer)
    return client


@pytest.fixture
def line(batch: Batch) -> Variant:
    return screened_variant(batch=batch, text="Half price in May")


def screened_again(brand: Brand, finding: Finding | None) -> None:
    rescreen(asked(brand), lambda line: verdict(line, "flag" if finding else "pass", finding=finding))


def in_hand(api: APIClient) -> dict[str, Any]:
    shown = api.post(CLAIM, {}, format="json").json()
    return {"variant": shown["variant"]["id"], "token": shown["token"]}


def decide(api: APIClient, hand: dict[str, Any], action: str = "approve", **fields: Any) -> Any:
    return api.post(DECISIONS, {**hand, "action": action, **fields}, format="json")


def test_an_approval_waits_until_the_new_findings_were_shown(
    api: APIClient, line: Variant, brand: Brand
) -> None:
    hand = in_hand(api)
    screened_again(brand, FOUND)
    with unchanged():
        answer = decide(api, hand)
    assert answer.status_code == 409
    assert FOUND.message in answer.json()["detail"]
    again = in_hand(api)
    assert again == hand
    assert decide(api, again).status_code == 201
    assert state(line) == VariantState.APPROVED


@pytest.mark.parametrize(
    ("before", "after"),
    [(None, None), (FOUND, None), (FOUND, FOUND)],
    ids=["passed again", "passes by now", "the same finding"],
)
def test_an_approval_stands_where_the_screen_says_no_more_than_was_shown(
    api: APIClient, line: Variant, brand: Brand, before: Finding | None, after: Finding | None
) -> None:
    screened_again(brand, before)
    hand = in_hand(api)
    screened_again(brand, after)
    assert decide(api, hand).status_code == 201


def test_a_line_can_be_rejected_whatever_the_screen_has_found_since(
    api: APIClient, line: Variant, brand: Brand
) -> None:
    hand = in_hand(api)
    screened_again(brand, FOUND)
    assert decide(api, hand, "reject", reason="dull").status_code == 201


def test_a_near_duplicate_with_new_findings_is_left_out_of_an_approval(
    api: APIClient, line: Variant, batch: Batch, brand: Brand
) -> None:
    like = screened_variant(batch=batch, index=1, text="Half price all May")
    cluster(line, like)
    hand = in_hand(api)
    other = line if hand["variant"] == like.pk else like
    rescreen(
        asked(brand),
        lambda met: verdict(met, "flag", finding=FOUND) if met == other else verdict(met),
    )
    [left_out] = decide(api, hand, also=[other.pk]).json()["also"]
    assert (left_out["variant"], left_out["outcome"]) == (other.pk, "changed")
    assert state(other) == VariantState.PENDING
