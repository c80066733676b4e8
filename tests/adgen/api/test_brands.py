"""Brands, facts and exemplars by API."""

from __future__ import annotations

from typing import Any

import pytest
from rest_framework.test import APIClient

from adgen.models import Brand, Exemplar, Fact

LINE: dict[str, Any] = {"slot": "google_rsa.headline", "text": "Espresso worth waking for", "ad": "spring-1"}


def test_a_member_sees_the_brand(brand: Brand, as_reviewer: APIClient) -> None:
    shown = as_reviewer.get("/api/v1/brands/nordlys/").json()
    assert (shown["name"], shown["voice"]) == (brand.name, brand.voice)
    assert as_reviewer.get("/api/v1/brands/fjell/").status_code == 404


def test_facts_are_added_listed_and_removed(brand: Brand, as_marketer: APIClient) -> None:
    fact = {"brand": "nordlys", "subject": "mugs", "relation": "are made in", "object": "Bergen"}
    made = as_marketer.post("/api/v1/facts/", fact | {"expires_on": "2027-01-31"})
    assert made.status_code == 201
    pk = made.json()["id"]
    assert as_marketer.get("/api/v1/facts/", {"is_claim": "false"}).json()["results"] == [made.json()]
    assert as_marketer.delete(f"/api/v1/facts/{pk}/").status_code == 204
    assert not Fact.objects.filter(pk=pk).exists()


def test_a_brand_shows_its_words_and_its_competitors(brand: Brand, as_reviewer: APIClient) -> None:
    Brand.objects.update(required_words=["Nordlys"], competitors=["Bean There"])
    shown = as_reviewer.get("/api/v1/brands/nordlys/").json()
    assert (shown["required_words"], shown["competitors"]) == (["Nordlys"], ["Bean There"])


def test_a_fact_is_renewed(brand: Brand, as_marketer: APIClient) -> None:
    fact = Fact.objects.get()
    answer = as_marketer.patch(f"/api/v1/facts/{fact.pk}/", {"expires_on": "2027-12-31"})
    assert (answer.status_code, answer.json()["expires_on"]) == (200, "2027-12-31")
    fact.refresh_from_db()
    assert (fact.object, fact.is_claim) == ("on Mondays", True)


@pytest.mark.parametrize(
    ("change", "status", "field"),
    [
        ({"subject": ""}, 400, "subject"),
        ({"evidence": ""}, 400, "evidence"),
        ({"expires_on": "soon"}, 400, "expires_on"),
        ({"brand": "fjell"}, 400, "brand"),
        ({"object": "in Bergen", "subject": "mugs", "relation": "are made"}, 409, None),
    ],
)
def test_a_faulty_change_of_a_fact_is_refused(
    brand: Brand, as_marketer: APIClient, change: dict[str, Any], status: int, field: str | None
) -> None:
    fact = Fact.objects.get()
    Fact.objects.create(brand=brand, subject="mugs", relation="are made", object="in Bergen")
    before = list(Fact.objects.values())
    answer = as_marketer.patch(f"/api/v1/facts/{fact.pk}/", change)
    assert answer.status_code == status
    assert list(answer.json().get("errors", [])) == ([field] if field else [])
    assert list(Fact.objects.values()) == before


def test_a_reviewer_changes_no_fact(brand: Brand, as_reviewer: APIClient) -> None:
    fact = Fact.objects.get()
    assert as_reviewer.patch(f"/api/v1/facts/{fact.pk}/", {"object": "daily"}).status_code == 403
    assert Fact.objects.get().object == "on Mondays"


@pytest.mark.parametrize(
    ("change", "status", "field"),
    [
        ({"subject": ""}, 400, "subject"),
        ({"object": "x" * 241}, 400, "object"),
        ({"is_claim": True}, 400, "evidence"),
        ({"expires_on": "soon"}, 400, "expires_on"),
        ({"claim": True}, 400, "claim"),
        ({"subject": "nul\x00"}, 400, "subject"),
        ({"brand": "fjell"}, 404, "brand"),
    ],
)
def test_a_faulty_fact_is_refused(
    brand: Brand, other_brand: Brand, as_marketer: APIClient, change: dict[str, Any], status: int, field: str
) -> None:
    fact = {"brand": "nordlys", "subject": "mugs", "relation": "are made in", "object": "Bergen"}
    before = Fact.objects.count()
    answer = as_marketer.post("/api/v1/facts/", fact | change)
    assert answer.status_code == status
    assert list(answer.json()["errors"]) == [field]
    assert Fact.objects.count() == before


def test_a_fact_is_known_once(brand: Brand, as_marketer: APIClient) -> None:
    fact = {"brand": "nordlys", "subject": "beans", "relation": "are roasted", "object": "on Mondays"}
    assert as_marketer.post("/api/v1/facts/", fact).status_code == 409
    assert Fact.objects.count() == 1


def test_exemplars_are_added_once(brand: Brand, as_integration: APIClient) -> None:
    lines = [LINE, LINE | {"text": "Skip any month you like", "messages": ["skip any month"]}]
    first = as_integration.post("/api/v1/exemplars/", {"brand": "nordlys", "lines": lines})
    assert (first.status_code, first.json()) == (201, {"added": 2, "known": 0})
    again = as_integration.post("/api/v1/exemplars/", {"brand": "nordlys", "lines": lines})
    assert again.json() == {"added": 0, "known": 2}
    listed = as_integration.get("/api/v1/exemplars/", {"ad": "spring-1"}).json()["results"]
    assert {row["text"] for row in listed} == {line["text"] for line in lines}


@pytest.mark.parametrize(
    ("change", "field", "says"),
    [
        ({"text": "x" * 31}, "lines.1.text", "at most 30"),
        ({"text": "コーヒー豆の定期便をどうぞ今すぐ"}, "lines.1.text", "at most 30"),
        ({"text": "two\nlines"}, "lines.1.text", "control character"),
        ({"slot": "google.headline"}, "lines.1.slot", "Unknown slot"),
        ({"ad": "x" * 65}, "lines.1.ad", "64"),
        ({"headline": "x"}, "lines.1.headline", "Unknown field"),
    ],
)
def test_one_faulty_exemplar_keeps_all_out(
    brand: Brand, as_marketer: APIClient, change: dict[str, Any], field: str, says: str
) -> None:
    answer = as_marketer.post("/api/v1/exemplars/", {"brand": "nordlys", "lines": [LINE, LINE | change]})
    assert answer.status_code == 400
    assert says in answer.json()["errors"][field][0]
    assert not Exemplar.objects.exists()


def test_more_than_five_hundred_exemplars_are_refused(brand: Brand, as_marketer: APIClient) -> None:
    answer = as_marketer.post("/api/v1/exemplars/", {"brand": "nordlys", "lines": [LINE] * 501})
    assert "500" in answer.json()["errors"]["lines"][0]
    assert not Exemplar.objects.exists()
