"""The queue by API: claim, decide, undo; for people only."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from rest_framework.test import APIClient

from adgen.models import Brand, Scope, TrainingRun, Variant, VariantState
from review.models import Action, Claim, Decision
from tests.factories import ExemplarFactory, api_key
from tests.review.acts import claim, feed, reject, state, unchanged

CLAIM = "/api/v1/review/claim/"
DECISIONS = "/api/v1/review/decisions/"
UNDO = "/api/v1/review/undo/"
ROUTES = (CLAIM, DECISIONS, UNDO)


def client_of(user: User) -> APIClient:
    client = APIClient()
    client.force_login(user)
    return client


@pytest.fixture
def api(reviewer: User) -> APIClient:
    return client_of(reviewer)


def taken(api: APIClient) -> dict[str, Any]:
    """Claim a line; the fields that a decision on it needs."""
    answer = api.post(CLAIM, {}, format="json").json()
    return {"variant": answer["variant"]["id"], "token": answer["token"]}


def test_a_claim_carries_the_line_its_screening_and_a_token(api: APIClient, variants: list[Variant]) -> None:
    answer = api.post(CLAIM, {}, format="json")
    assert answer.status_code == 200
    body = answer.json()
    assert body["token"] == str(Claim.objects.get().token)
    assert (body["variant"]["id"], body["variant"]["text"]) == (variants[0].pk, variants[0].text)
    assert (body["variant"]["verdict"], len(body["variant"]["screenings"])) == ("pass", 1)


def test_an_empty_queue_answers_204(api: APIClient, brand: Brand) -> None:
    assert api.post(CLAIM, {"brand": "nordlys"}, format="json").status_code == 204


def test_a_decision_answers_201(api: APIClient, variants: list[Variant], brand: Brand) -> None:
    answer = api.post(DECISIONS, {**taken(api), "action": "approve", "duration_ms": 900}, format="json")
    assert answer.status_code == 201
    body = answer.json()
    assert (body["variant"], body["brand"], body["action"]) == (variants[0].pk, "nordlys", "approve")
    assert (body["duration_ms"], body["edited_variant"], body["undoes"]) == (900, None, None)
    assert len(feed(brand)) == 1


def test_an_edit_names_the_new_variant(api: APIClient, variants: list[Variant]) -> None:
    body = api.post(DECISIONS, {**taken(api), "action": "edit", "text": "Mine"}, format="json").json()
    assert Variant.objects.get(pk=body["edited_variant"]).text == "Mine"


def test_an_undo_answers_with_the_decision_that_it_undoes(api: APIClient, variants: list[Variant]) -> None:
    done = api.post(DECISIONS, {**taken(api), "action": "approve"}, format="json").json()
    answer = api.post(UNDO, {}, format="json")
    assert (answer.status_code, answer.json()["undoes"]) == (201, done["id"])
    assert state(variants[0]) == VariantState.PENDING


def test_a_lost_claim_answers_409_and_saves_nothing(
    api: APIClient, owner: User, variants: list[Variant]
) -> None:
    held = taken(api)
    stolen = {**held, "variant": claim(owner).variant_id}
    with unchanged():
        answer = api.post(DECISIONS, {**stolen, "action": "approve"}, format="json")
    assert (answer.status_code, answer["Content-Type"]) == (409, "application/problem+json")
    assert answer.json()["code"] == "conflict"


def test_nothing_to_undo_answers_409(api: APIClient, variants: list[Variant]) -> None:
    assert api.post(UNDO, {}, format="json").status_code == 409


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"action": "publish"}, "action"),
        ({"action": "undo"}, "action"),
        ({"action": "reject"}, "reason"),
        ({"action": "reject", "reason": "ugly"}, "reason"),
        ({"action": "approve", "token": "x"}, "token"),
        ({"action": "approve", "variant": "first"}, "variant"),
        ({"action": "approve", "duration_ms": -1}, "duration_ms"),
        ({"action": "approve", "note": "n" * 501}, "note"),
        ({"action": "edit", "text": "t" * 1001}, "text"),
        ({"action": "approve", "verdict": "pass"}, "verdict"),
        ({}, "action"),
    ],
)
def test_bad_input_answers_400_and_names_the_field(
    api: APIClient, variants: list[Variant], change: dict[str, Any], field: str
) -> None:
    held = taken(api)
    with unchanged():
        answer = api.post(DECISIONS, {**held, **change}, format="json")
    assert answer.status_code == 400
    assert field in answer.json()["errors"]


@pytest.mark.parametrize("route", [CLAIM, UNDO])
def test_unknown_fields_are_refused(api: APIClient, variants: list[Variant], route: str) -> None:
    with unchanged():
        answer = api.post(route, {"colour": "red"}, format="json")
    assert (answer.status_code, list(answer.json()["errors"])) == (400, ["colour"])


@pytest.mark.parametrize("route", ROUTES)
def test_an_api_key_never_decides(variants: list[Variant], brand: Brand, route: str) -> None:
    _, secret = api_key(brand, *Scope)
    with unchanged():
        answer = APIClient().post(route, {}, format="json", headers={"Authorization": f"Api-Key {secret}"})
    assert answer.status_code == 403
    assert "need a person" in answer.json()["detail"]


@pytest.mark.parametrize("route", ROUTES)
def test_a_stranger_is_turned_away(variants: list[Variant], route: str) -> None:
    with unchanged():
        assert APIClient().post(route, {}, format="json").status_code == 401


def test_an_outsider_finds_neither_brand_nor_line(
    reviewer: User, outsider: User, variants: list[Variant]
) -> None:
    held = claim(reviewer)
    client = client_of(outsider)
    body = {"variant": held.variant_id, "token": str(held.token), "action": "approve"}
    with unchanged():
        assert client.post(DECISIONS, body, format="json").status_code == 404
        assert client.post(CLAIM, {"brand": "nordlys"}, format="json").status_code == 404


def test_a_marketer_may_not_review(reviewer: User, marketer: User, variants: list[Variant]) -> None:
    held = claim(reviewer)
    client = client_of(marketer)
    body = {"variant": held.variant_id, "token": str(held.token), "action": "approve"}
    with unchanged():
        assert client.post(DECISIONS, body, format="json").status_code == 403
        assert client.post(CLAIM, {"brand": "nordlys"}, format="json").status_code == 403


def test_a_decision_sent_again_with_its_key_is_made_once(api: APIClient, variants: list[Variant]) -> None:
    body = {**taken(api), "action": "approve"}
    headers = {"Idempotency-Key": "the-first"}
    first = api.post(DECISIONS, body, format="json", headers=headers)
    again = api.post(DECISIONS, body, format="json", headers=headers)
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert Decision.objects.filter(action=Action.APPROVE).count() == 1


def test_a_manager_asks_for_a_training(
    owner: User, reviewer: User, outsider: User, brand: Brand, variants: list[Variant]
) -> None:
    for index in range(12):
        ExemplarFactory.create(brand=brand, text=f"A past line, number {index}")
    reject(reviewer)
    for user, status in ((reviewer, 403), (outsider, 404), (owner, 201), (owner, 409)):
        answer = client_of(user).post("/api/v1/training-runs/", {"brand": brand.slug}, format="json")
        assert answer.status_code == status
        assert TrainingRun.objects.count() == (status in (201, 409))
    assert TrainingRun.objects.get().requested_by == owner
