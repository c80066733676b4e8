"""Who is let into the API, as whom, and what a scope or a role allows."""

from __future__ import annotations

import base64
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from rest_framework.test import APIClient

from adgen.models import ApiKey, Brand, Brief, Fact, Scope
from tests.adgen.api.conftest import with_key
from tests.factories import PASSWORD, BrandFactory, api_key

FACT = {"subject": "mugs", "relation": "are made in", "object": "Bergen"}


def test_without_credentials_the_answer_is_401_and_names_the_scheme(brand: Brand) -> None:
    answer = APIClient().get("/api/v1/briefs/")
    assert answer.status_code == 401
    assert answer["WWW-Authenticate"] == "Api-Key"
    assert answer["Content-Type"] == "application/problem+json"


def test_a_key_reads_its_brand_only(brand: Brand, other_brand: Brand) -> None:
    _, secret = api_key(brand, Scope.READ)
    slugs = [row["slug"] for row in with_key(secret).get("/api/v1/brands/").json()["results"]]
    assert slugs == [brand.slug]


@pytest.mark.parametrize("secret", ["nonsense", "aaaaaaaa.bbbb", "", "ü.ö"])
def test_an_unknown_key_is_refused(brand: Brand, secret: str) -> None:
    client = APIClient()
    answer = client.get("/api/v1/brands/", HTTP_AUTHORIZATION=f"Api-Key {secret}".encode().decode("latin-1"))
    assert answer.status_code == 401


@pytest.mark.parametrize("name", ["owner", "a\0b", "x" * 300])
def test_a_wrong_password_and_a_name_that_nobody_can_have_are_refused_alike(owner: User, name: str) -> None:
    credentials = base64.b64encode(f"{name}:wrong".encode()).decode()
    answer = APIClient().get("/api/v1/brands/", HTTP_AUTHORIZATION=f"Basic {credentials}")
    assert answer.status_code == 401
    assert answer.json()["detail"] == "Invalid username/password."


def test_a_revoked_key_is_refused(brand: Brand) -> None:
    key, secret = api_key(brand, Scope.READ)
    ApiKey.objects.filter(pk=key.pk).update(revoked=True)
    assert with_key(secret).get("/api/v1/brands/").status_code == 401


def test_an_expired_key_is_refused(brand: Brand) -> None:
    key, secret = api_key(brand, Scope.READ)
    ApiKey.objects.filter(pk=key.pk).update(expiry_date=timezone.now() - timedelta(seconds=1))
    answer = with_key(secret).get("/api/v1/brands/")
    assert answer.status_code == 401
    assert "expired" in answer.json()["detail"]


def test_a_key_without_the_scope_is_told_which_one_it_lacks(brand: Brand) -> None:
    _, secret = api_key(brand, Scope.FEED)
    answer = with_key(secret).get("/api/v1/briefs/")
    assert answer.status_code == 403
    assert "'read'" in answer.json()["detail"]


def test_a_key_that_may_only_read_writes_nothing(brand: Brand) -> None:
    _, secret = api_key(brand, Scope.READ)
    before = Fact.objects.count()
    assert with_key(secret).post("/api/v1/facts/", {"brand": brand.slug, **FACT}).status_code == 403
    assert Fact.objects.count() == before


def test_a_scope_is_missing_only_after_the_object_is(brief: Brief, other_brand: Brand) -> None:
    """Another brand's key learns nothing from the difference between 403 and 404."""
    _, own = api_key(brief.brand, Scope.FEED)
    _, foreign = api_key(other_brand, Scope.FEED)
    assert with_key(own).get(f"/api/v1/briefs/{brief.pk}/").status_code == 403
    assert with_key(foreign).get(f"/api/v1/briefs/{brief.pk}/").status_code == 404


def test_no_key_can_do_what_takes_a_person(brand: Brand, as_integration: APIClient) -> None:
    answer = as_integration.get("/api/v1/api-keys/")
    assert answer.status_code == 403
    assert "person" in answer.json()["detail"]


def test_a_person_may_use_name_and_password(owner: User) -> None:
    credentials = base64.b64encode(f"owner:{PASSWORD}".encode()).decode()
    answer = APIClient().get("/api/v1/brands/", HTTP_AUTHORIZATION=f"Basic {credentials}")
    assert answer.status_code == 200


def test_guessing_a_password_locks_the_name_for_that_address(owner: User) -> None:
    def try_password(password: str) -> int:
        credentials = base64.b64encode(f"owner:{password}".encode()).decode()
        return APIClient().get("/api/v1/brands/", HTTP_AUTHORIZATION=f"Basic {credentials}").status_code

    assert try_password(PASSWORD) == 200
    for guess in range(10):
        assert try_password(f"guess-{guess}") == 401
    assert try_password(PASSWORD) == 401


def test_a_session_needs_the_csrf_token_to_write(owner: User, brand: Brand) -> None:
    client = APIClient(enforce_csrf_checks=True)
    client.force_login(owner)
    before = Fact.objects.count()
    assert client.post("/api/v1/facts/", {"brand": brand.slug, **FACT}).status_code == 403
    assert Fact.objects.count() == before


@pytest.mark.parametrize(
    ("caller", "status"), [("as_owner", 201), ("as_marketer", 201), ("as_reviewer", 403)]
)
def test_marketers_and_managers_write_reviewers_read(
    brand: Brand, caller: str, status: int, request: pytest.FixtureRequest
) -> None:
    client: APIClient = request.getfixturevalue(caller)
    before = Fact.objects.count()
    assert client.get("/api/v1/facts/").status_code == 200
    assert client.post("/api/v1/facts/", {"brand": brand.slug, **FACT}).status_code == status
    assert Fact.objects.count() - before == (status == 201)


def test_a_brand_is_named_by_slug_before_name(as_owner: APIClient, brand: Brand, owner: User) -> None:
    """A brand called like another one's slug must not catch what is meant for that one."""
    decoy = BrandFactory.create(name=brand.slug, slug="decoy")
    decoy.memberships.create(user=owner, role="manager")
    answer = as_owner.post("/api/v1/facts/", {"brand": brand.slug, **FACT})
    assert answer.json()["brand"] == brand.slug
