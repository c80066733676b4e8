"""Batches and variants by API."""

from __future__ import annotations

from typing import Any

import pytest
from rest_framework.test import APIClient

from adgen.models import AdapterStatus, Batch, BatchState, Brief, Chunk, Variant, VariantState, WorkState
from tests.factories import (
    AdapterFactory,
    BatchFactory,
    BriefFactory,
    ChunkFactory,
    finding,
    screened_variant,
)


def test_a_batch_takes_its_lines_from_the_brief_and_its_adapter_from_the_brand(
    brief: Brief, as_marketer: APIClient
) -> None:
    champion = AdapterFactory.create(brand=brief.brand, status=AdapterStatus.CHAMPION)
    answer = as_marketer.post("/api/v1/batches/", {"brief": brief.pk, "seed": 7})
    assert answer.status_code == 201
    shown = answer.json()
    assert (shown["requested"], shown["seed"], shown["adapter"]) == (4, 7, champion.pk)
    assert shown["state"] == "running"
    assert shown["progress"]["percent"] == 0
    assert Chunk.objects.filter(batch=shown["id"]).count() == 1


def test_a_batch_may_ask_for_other_lines(brief: Brief, as_integration: APIClient) -> None:
    answer = as_integration.post("/api/v1/batches/", {"brief": brief.pk, "slots": {"x.post": 70}})
    assert answer.json()["requested"] == 70
    assert sum(Chunk.objects.values_list("count", flat=True)) == 70


@pytest.mark.parametrize(
    ("body", "field", "says"),
    [
        ({}, "brief", "required"),
        ({"brief": "one"}, "brief", "integer"),
        ({"slots": {"google_rsa.headlines": 3}}, "slots", "google_rsa.headlines"),
        ({"slots": {"x.post": 0}}, "slots.x.post", "1"),
        ({"slots": {"x.post": 5001}}, "slots.x.post", "5000"),
        ({"slots": {"x.post": 5000, "meta.headline": 1}}, "slots", "5000"),
        ({"slots": {}}, "slots", "empty"),
        ({"seed": -1}, "seed", "0"),
        ({"seed": 2**31}, "seed", str(2**31 - 1)),
        ({"sloths": {}}, "sloths", "slots"),
    ],
)
def test_a_faulty_request_is_refused(
    brief: Brief, as_marketer: APIClient, body: dict[str, Any], field: str, says: str
) -> None:
    answer = as_marketer.post("/api/v1/batches/", ({"brief": brief.pk} if body else {}) | body)
    assert answer.status_code == 400
    assert says in " ".join(answer.json()["errors"][field])
    assert not Batch.objects.exists()
    assert not Chunk.objects.exists()


def test_a_brief_of_others_does_not_exist(as_outsider: APIClient, brief: Brief) -> None:
    answer = as_outsider.post("/api/v1/batches/", {"brief": brief.pk})
    missing = as_outsider.post("/api/v1/batches/", {"brief": 10**30})
    assert answer.status_code == missing.status_code == 404
    assert not Batch.objects.exists()


def test_progress_counts_what_is_screened_and_says_what_stands_in_the_way(
    batch: Batch, variants: list[Variant], as_reviewer: APIClient
) -> None:
    Variant.objects.filter(pk=variants[0].pk).update(state=VariantState.BLOCKED)
    Variant.objects.filter(pk=variants[1].pk).update(state=VariantState.UNSCREENED)
    ChunkFactory.create(batch=batch, state=WorkState.DEAD, error="out of memory")
    progress = as_reviewer.get(f"/api/v1/batches/{batch.pk}/").json()["progress"]
    assert progress | {"problems": None} == {
        "percent": 88,  # three lines, and half of one
        "requested": 4,
        "written": 4,
        "screened": 3,
        "shortfall": 0,
        "sampled": 0,
        "blocked": 1,
        "dead_chunks": 1,
        "problems": None,
    }
    assert "out of memory" in progress["problems"][0]


def test_a_running_batch_can_be_cancelled_once(brief: Brief, as_marketer: APIClient) -> None:
    pk = as_marketer.post("/api/v1/batches/", {"brief": brief.pk}).json()["id"]
    assert as_marketer.post(f"/api/v1/batches/{pk}/cancel/").json()["state"] == "cancelled"
    again = as_marketer.post(f"/api/v1/batches/{pk}/cancel/")
    assert again.status_code == 409
    assert again.json()["code"] == "conflict"
    assert set(Chunk.objects.values_list("state", flat=True)) == {WorkState.CANCELLED}


def test_dead_chunks_are_retried(batch: Batch, as_marketer: APIClient) -> None:
    Batch.objects.filter(pk=batch.pk).update(state=BatchState.FAILED)
    dead = ChunkFactory.create(batch=batch, state=WorkState.DEAD, attempts=4)
    answer = as_marketer.post(f"/api/v1/batches/{batch.pk}/retry/")
    assert answer.json()["state"] == "running"
    dead.refresh_from_db()
    assert (dead.state, dead.attempts) == (WorkState.QUEUED, 0)
    assert as_marketer.post(f"/api/v1/batches/{batch.pk}/retry/").status_code == 409


def test_a_reviewer_starts_and_stops_nothing(batch: Batch, as_reviewer: APIClient) -> None:
    assert as_reviewer.post("/api/v1/batches/", {"brief": batch.brief_id}).status_code == 403
    assert as_reviewer.post(f"/api/v1/batches/{batch.pk}/cancel/").status_code == 403
    assert Batch.objects.get().state == BatchState.RUNNING


def test_variants_are_found_by_batch_brief_slot_state_and_verdict(
    batch: Batch, variants: list[Variant], as_integration: APIClient
) -> None:
    flagged = screened_variant(
        batch=batch, index=9, text="Best beans ever", verdict="flag", findings=[finding()]
    )
    blocked = screened_variant(
        batch=batch, index=10, text="Damned beans", verdict="block", state=VariantState.BLOCKED
    )
    elsewhere = BatchFactory.create(brief=BriefFactory.create(brand=batch.brand))
    there = screened_variant(batch=elsewhere, index=0, slot="x.post", text="Monday again")

    def found(**filters: str | int) -> list[int]:
        rows = as_integration.get("/api/v1/variants/", filters).json()["results"]
        return [row["id"] for row in rows]

    own = [variant.pk for variant in reversed(variants)]
    assert found(batch=batch.pk) == [flagged.pk, *own]
    assert found(brief=elsewhere.brief_id) == found(slot="x.post") == [there.pk]
    assert found(verdict="flag") == [flagged.pk]
    assert found(batch=elsewhere.pk, verdict="block") == []
    # What the screen holds back is not for integrations.
    assert found(state="blocked") == found(verdict="block") == []
    assert as_integration.get(f"/api/v1/variants/{blocked.pk}/").status_code == 404


def test_a_variant_shows_why_the_screen_stopped_it(batch: Batch, as_reviewer: APIClient) -> None:
    variant = screened_variant(batch=batch, text="Best beans ever", verdict="flag", findings=[finding()])
    shown = as_reviewer.get(f"/api/v1/variants/{variant.pk}/").json()
    assert shown["verdict"] == "flag"
    [screening] = shown["screenings"]
    assert screening["findings"] == [finding()]


def test_variants_of_others_are_in_no_list(variants: list[Variant], as_outsider: APIClient) -> None:
    assert as_outsider.get("/api/v1/variants/").json()["results"] == []
    assert as_outsider.get("/api/v1/variants/", {"batch": variants[0].batch_id}).json()["results"] == []
