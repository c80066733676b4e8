"""Every refusal is a problem document, and none tells more than it should."""

from __future__ import annotations

import base64
from typing import Any
from urllib.parse import unquote

import pytest
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient
from rest_framework.throttling import UserRateThrottle

from adgen.models import Brand, Brief


def problem(answer: Any, status: int) -> dict[str, Any]:
    assert answer.status_code == status
    assert answer["Content-Type"] == "application/problem+json"
    document: dict[str, Any] = answer.json()
    assert document["status"] == status
    assert {"type", "title", "code", "detail"} <= set(document)
    return document


def test_an_unknown_object(brand: Brand, as_owner: APIClient) -> None:
    problem(as_owner.get("/api/v1/briefs/999999/"), 404)
    problem(as_owner.get(f"/api/v1/briefs/{10**30}/"), 404)
    problem(as_owner.get("/api/v1/briefs/one/"), 404)
    problem(as_owner.get("/api/v1/briefs/%00/"), 404)


def test_an_unknown_address(as_owner: APIClient) -> None:
    for path in ("/api/v1/nothing/", "/api/v1/brands/a%20b/", "/api/v1/briefs//"):
        assert unquote(path) in problem(as_owner.get(path), 404)["detail"]


def test_a_method_that_the_address_has_not(brief: Brief, as_owner: APIClient) -> None:
    problem(as_owner.put(f"/api/v1/briefs/{brief.pk}/", {}), 405)
    problem(as_owner.delete("/api/v1/briefs/"), 405)
    problem(as_owner.options("/api/v1/briefs/"), 405)


def test_a_body_that_is_no_json(as_owner: APIClient) -> None:
    answer = as_owner.post("/api/v1/briefs/", "{", content_type="application/json")
    assert "JSON" in problem(answer, 400)["detail"]
    problem(as_owner.post("/api/v1/briefs/", "a,b", content_type="text/csv"), 415)


@pytest.mark.parametrize("body", ["[]", "5", "null", '"text"'])
def test_a_body_that_is_no_object(as_owner: APIClient, body: str) -> None:
    problem(as_owner.post("/api/v1/briefs/", body, content_type="application/json"), 400)


def test_an_unknown_query_parameter_is_named_instead_of_ignored(brand: Brand, as_owner: APIClient) -> None:
    document = problem(as_owner.get("/api/v1/variants/", {"stat": "pending"}), 400)
    assert "'state'" in document["errors"]["stat"][0]


@pytest.mark.parametrize(
    "query",
    [
        {"state": "gone"},
        {"verdict": "maybe"},
        {"slot": "a\0b"},
        {"batch": "x"},
        {"batch": "1.5"},
        {"batch": str(2**63)},
        {"brief": "9" * 400},
    ],
)
def test_a_faulty_filter_is_a_refusal(brand: Brand, as_owner: APIClient, query: dict[str, str]) -> None:
    document = problem(as_owner.get("/api/v1/variants/", query), 400)
    assert list(document["errors"]) == list(query)


@pytest.mark.parametrize(
    "position", ["nonsense", "p=abc", f"p={10**30}", "p=1.5", "p=%00", "o=x", "o=-1&p=1"]
)
def test_a_forged_cursor_names_no_page(brand: Brand, as_owner: APIClient, position: str) -> None:
    cursor = base64.b64encode(position.encode()).decode()
    answer = as_owner.get("/api/v1/briefs/", {"cursor": cursor})
    if answer.status_code == 200:
        assert answer.json()["results"] == []
    else:
        problem(answer, 404)


def test_a_body_too_large_is_refused_unread(
    brand: Brand, as_owner: APIClient, as_integration: APIClient, settings: Settings
) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 2**20
    for client in (as_owner, as_integration):
        answer = client.post("/api/v1/briefs/", {"briefs": ["x" * 2**20]})
        assert "at most 1 MB" in problem(answer, 413)["detail"]


def test_a_body_nested_without_end_is_refused(brand: Brand, as_owner: APIClient) -> None:
    endless = "[" * 100_000
    problem(as_owner.post("/api/v1/briefs/", endless, content_type="application/json"), 400)


def test_too_many_requests_say_when_to_come_back(
    brand: Brand, as_owner: APIClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(UserRateThrottle, "THROTTLE_RATES", {"user": "2/min"})
    answers = [as_owner.get("/api/v1/briefs/") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    problem(answers[2], 429)
    assert 0 < int(answers[2]["Retry-After"]) <= 60


def test_a_fault_of_ours_is_told_without_its_traceback(
    brand: Brand, as_owner: APIClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> object:
        raise RuntimeError("the secret inside")

    monkeypatch.setattr("adgen.api.briefs.BriefViewSet.get_queryset", broken)
    as_owner.raise_request_exception = False
    answer = as_owner.get("/api/v1/briefs/")
    problem(answer, 500)
    assert "secret inside" not in answer.content.decode()
