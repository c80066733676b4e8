"""Adapters by API. Training runs are asked for, and so tested, in `review`."""

from __future__ import annotations

from rest_framework.test import APIClient

from adgen.models import Adapter, AdapterStatus, Brand
from tests.factories import AdapterFactory


def test_promoting_makes_a_champion_and_promoting_the_old_one_goes_back(
    brand: Brand, as_owner: APIClient
) -> None:
    old = AdapterFactory.create(brand=brand, status=AdapterStatus.CHAMPION)
    new = AdapterFactory.create(brand=brand)
    assert as_owner.post(f"/api/v1/adapters/{new.pk}/promote/").json()["status"] == "champion"
    old.refresh_from_db()
    assert old.status == AdapterStatus.RETIRED
    assert as_owner.post(f"/api/v1/adapters/{old.pk}/promote/").json()["status"] == "champion"
    new.refresh_from_db()
    assert new.status == AdapterStatus.RETIRED


def test_the_champion_cannot_be_promoted(brand: Brand, as_owner: APIClient) -> None:
    champion = AdapterFactory.create(brand=brand, status=AdapterStatus.CHAMPION)
    assert as_owner.post(f"/api/v1/adapters/{champion.pk}/promote/").status_code == 409


def test_only_managers_promote(
    brand: Brand, as_marketer: APIClient, as_reviewer: APIClient, as_integration: APIClient
) -> None:
    adapter = AdapterFactory.create(brand=brand)
    for client in (as_marketer, as_reviewer, as_integration):
        assert (
            client.get("/api/v1/adapters/", {"status": "challenger"}).json()["results"][0]["id"] == adapter.pk
        )
        assert client.post(f"/api/v1/adapters/{adapter.pk}/promote/").status_code == 403
    assert Adapter.objects.get().status == AdapterStatus.CHALLENGER
