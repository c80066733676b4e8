"""API keys by API: for managers, and secret."""

from __future__ import annotations

import pytest
from rest_framework.test import APIClient

from adgen.models import ApiKey, Brand, Scope
from tests.adgen.api.conftest import with_key
from tests.factories import api_key

KEY = {"brand": "nordlys", "name": "shop feed", "scopes": ["read", "feed"]}


def test_a_new_key_works_and_its_secret_is_shown_once(brand: Brand, as_owner: APIClient) -> None:
    made = as_owner.post("/api/v1/api-keys/", KEY)
    assert made.status_code == 201
    secret = made.json()["secret"]
    assert with_key(secret).get("/api/v1/brands/").status_code == 200
    listed = as_owner.get("/api/v1/api-keys/")
    assert secret.split(".")[1] not in listed.content.decode()
    assert ApiKey.objects.get().hashed_key not in listed.content.decode()
    assert listed.json()["results"][0]["scopes"] == ["read", "feed"]


def test_a_revoked_key_is_dead_at_once_and_for_ever(brand: Brand, as_owner: APIClient) -> None:
    key, secret = api_key(brand, Scope.READ)
    assert as_owner.delete(f"/api/v1/api-keys/{key.prefix}/").status_code == 204
    assert with_key(secret).get("/api/v1/brands/").status_code == 401
    assert as_owner.delete(f"/api/v1/api-keys/{key.prefix}/").status_code == 409


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"scopes": []}, "scopes"),
        ({"scopes": ["admin"]}, "scopes.0"),
        ({"name": ""}, "name"),
        ({"expires_at": "2001-01-01T00:00:00Z"}, "expires_at"),
        ({"user": 1}, "user"),
    ],
)
def test_a_faulty_request_makes_no_key(
    brand: Brand, as_owner: APIClient, change: dict[str, object], field: str
) -> None:
    answer = as_owner.post("/api/v1/api-keys/", KEY | change)
    assert answer.status_code == 400
    assert field in answer.json()["errors"]
    assert not ApiKey.objects.exists()


def test_only_managers_see_and_make_keys(
    brand: Brand, as_marketer: APIClient, as_outsider: APIClient
) -> None:
    key, _ = api_key(brand, Scope.READ)
    assert as_marketer.get("/api/v1/api-keys/").json()["results"] == []
    assert as_marketer.post("/api/v1/api-keys/", KEY).status_code == 403
    assert as_marketer.delete(f"/api/v1/api-keys/{key.prefix}/").status_code == 403
    assert as_outsider.post("/api/v1/api-keys/", KEY).status_code == 404
    assert as_outsider.delete(f"/api/v1/api-keys/{key.prefix}/").status_code == 404
    assert [row.revoked for row in ApiKey.objects.all()] == [False]
