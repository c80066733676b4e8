"""Claims by API: chosen part of the queue, reasons, lines in advance, heartbeat, pause."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from rest_framework.test import APIClient

from adgen.models import Brand, Scope, Variant
from review.models import Claim
from tests.factories import api_key
from tests.review.acts import claim, expire, stray_token, unchanged

CLAIM = "/api/v1/review/claim/"
HEARTBEAT = "/api/v1/review/heartbeat/"
PAUSE = "/api/v1/review/pause/"


@pytest.fixture
def api(reviewer: User) -> APIClient:
    client = APIClient()
    client.force_login(reviewer)
    return client


def taken(api: APIClient, **body: Any) -> dict[str, Any]:
    answer = api.post(CLAIM, body, format="json")
    assert answer.status_code == 200
    shown: dict[str, Any] = answer.json()
    return shown


def test_a_claim_says_why_the_line_comes_now(api: APIClient, variants: list[Variant]) -> None:
    Variant.objects.filter(pk=variants[2].pk).update(flagged=True, due="2030-11-28")
    assert taken(api)["why"] == [
        "deadline 28 Nov 2030",
        "uncertain: the screen marked it",
        "its brief's turn",
    ]


def test_a_part_of_the_queue_can_be_asked_for(api: APIClient, variants: list[Variant]) -> None:
    Variant.objects.filter(pk=variants[2].pk).update(slot="meta.headline")
    part = {"brand": "nordlys", "campaign": variants[0].campaign_id, "channel": "meta", "adapter": "base"}
    assert taken(api, **part, verdict="pass", language="en")["variant"]["id"] == variants[2].pk
    assert api.post(CLAIM, {"slot": "x.post"}, format="json").status_code == 204


def test_lines_in_advance_are_asked_for_by_naming_those_in_hand(
    api: APIClient, variants: list[Variant]
) -> None:
    hand: list[int] = []
    for _ in range(3):
        hand.append(taken(api, besides=hand)["variant"]["id"])
    assert hand == [line.pk for line in variants[:3]]
    assert Claim.objects.count() == 3
    # A page that is opened again shows them in the same order.
    again: list[int] = []
    for _ in range(3):
        again.append(taken(api, besides=again)["variant"]["id"])
    assert again == hand
    assert taken(api)["variant"]["id"] == hand[0]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"slot": "google_rsa.title"}, "slot"),
        ({"channel": "billboard"}, "channel"),
        ({"verdict": "block"}, "verdict"),
        ({"adapter": "champion"}, "adapter"),
        ({"campaign": "Spring"}, "campaign"),
        ({"campaign": 2**63}, "campaign"),
        ({"besides": [1] * 21}, "besides"),
        ({"besides": ["first"]}, "besides.0"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_a_part_that_cannot_be_is_refused_by_name(
    api: APIClient, variants: list[Variant], body: dict[str, Any], field: str
) -> None:
    with unchanged():
        answer = api.post(CLAIM, body, format="json")
    assert (answer.status_code, list(answer.json()["errors"])) == (400, [field])


def test_a_campaign_of_others_is_a_404(api: APIClient, variants: list[Variant], outsider: User) -> None:
    stranger = APIClient()
    stranger.force_login(outsider)
    with unchanged():
        answer = stranger.post(CLAIM, {"campaign": variants[0].campaign_id}, format="json")
    assert answer.status_code == 404


def test_a_heartbeat_extends_what_is_left_and_tells_what_is_lost(
    api: APIClient, owner: User, variants: list[Variant]
) -> None:
    first = taken(api)
    expire(Claim.objects.get())
    claim(owner)
    second = taken(api)
    tokens = [first["token"], second["token"]]
    answer = api.post(HEARTBEAT, {"tokens": tokens}, format="json")
    assert answer.status_code == 200
    assert answer.json()["lost"] == [first["token"]]
    assert answer.json()["expires_at"] > second["expires_at"]


@pytest.mark.parametrize(
    ("tokens", "field"),
    [(None, "tokens"), ([], "tokens"), (["x"], "tokens.0"), ([str(stray_token())] * 21, "tokens")],
)
def test_a_heartbeat_names_its_claims(
    api: APIClient, variants: list[Variant], tokens: Any, field: str
) -> None:
    taken(api)
    with unchanged():
        answer = api.post(HEARTBEAT, {"tokens": tokens}, format="json")
    assert (answer.status_code, list(answer.json()["errors"])) == (400, [field])


def test_a_pause_gives_everything_back(api: APIClient, owner: User, variants: list[Variant]) -> None:
    taken(api, besides=[taken(api)["variant"]["id"]])
    assert api.post(PAUSE, {}, format="json").json() == {"released": 2}
    assert claim(owner).variant == variants[0]


@pytest.mark.parametrize("route", [HEARTBEAT, PAUSE])
def test_only_people_hold_lines(variants: list[Variant], brand: Brand, route: str) -> None:
    _, secret = api_key(brand, *Scope)
    body = {"tokens": [str(stray_token())]} if route == HEARTBEAT else {}
    with unchanged():
        keyed = APIClient().post(route, body, format="json", headers={"Authorization": f"Api-Key {secret}"})
        assert (keyed.status_code, APIClient().post(route, body, format="json").status_code) == (403, 401)
