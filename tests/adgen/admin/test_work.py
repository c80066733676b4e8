"""Batches, training runs and adapters at the admin site."""

from __future__ import annotations

import pytest
from django.test import Client

from adgen.models import (
    AdapterStatus,
    Batch,
    BatchState,
    Brand,
    Chunk,
    ChunkKind,
    Rescreen,
    TrainingRun,
    Variant,
    VariantState,
    WorkState,
)
from tests.factories import (
    AdapterFactory,
    ChunkFactory,
    RescreenFactory,
    TrainingRunFactory,
    WorkerPulseFactory,
    old,
)

POLLING = "hx-trigger"
IDLE = "No worker is running"


def fragment(client: Client, batch: Batch) -> str:
    return client.get(f"/admin/adgen/batch/{batch.pk}/progress/").content.decode()


def test_the_page_shows_how_far_a_batch_is_and_goes_on_asking(
    batch: Batch, variants: list[Variant], as_reviewer: Client
) -> None:
    Variant.objects.filter(pk=variants[0].pk).update(state=VariantState.UNSCREENED)
    page = as_reviewer.get(f"/admin/adgen/batch/{batch.pk}/change/").content.decode()
    assert 'value="88"' in page
    assert "candidates sampled" in page
    assert POLLING in page
    assert 'value="88"' in fragment(as_reviewer, batch)


def test_a_batch_that_is_over_is_not_asked_about_any_more(batch: Batch, as_reviewer: Client) -> None:
    Batch.objects.filter(pk=batch.pk).update(state=BatchState.DONE)
    assert POLLING not in fragment(as_reviewer, batch)


def test_a_batch_that_nobody_works_on_says_so(batch: Batch, as_reviewer: Client) -> None:
    assert IDLE in fragment(as_reviewer, batch)
    WorkerPulseFactory.create(seen_at=old(60))
    assert IDLE in fragment(as_reviewer, batch)
    WorkerPulseFactory.create()
    assert IDLE not in fragment(as_reviewer, batch)


def test_problems_are_told_and_dead_chunks_retried(batch: Batch, as_marketer: Client) -> None:
    Batch.objects.filter(pk=batch.pk).update(state=BatchState.FAILED)
    dead = ChunkFactory.create(batch=batch, state=WorkState.DEAD, error="out of <memory>")
    page = as_marketer.get(f"/admin/adgen/batch/{batch.pk}/change/").content.decode()
    assert "out of &lt;memory&gt;" in page
    assert "Retry dead chunks" in page
    as_marketer.post(f"/admin/adgen/batch/{batch.pk}/retry/")
    assert Chunk.objects.get(pk=dead.pk).state == WorkState.QUEUED
    assert Batch.objects.get().state == BatchState.RUNNING


def test_cancelling_stops_the_writing(batch: Batch, as_marketer: Client) -> None:
    ChunkFactory.create(batch=batch, kind=ChunkKind.GENERATE)
    as_marketer.post(f"/admin/adgen/batch/{batch.pk}/cancel/")
    assert Batch.objects.get().state == BatchState.CANCELLED
    again = as_marketer.post(f"/admin/adgen/batch/{batch.pk}/cancel/", follow=True)
    assert "running or failed can be cancelled" in again.content.decode()


@pytest.mark.parametrize("act", ["cancel", "retry"])
def test_a_reviewer_presses_nothing(batch: Batch, as_reviewer: Client, act: str) -> None:
    ChunkFactory.create(batch=batch, state=WorkState.DEAD)
    page = as_reviewer.get(f"/admin/adgen/batch/{batch.pk}/change/").content.decode()
    assert f"/{act}/" not in page
    assert as_reviewer.post(f"/admin/adgen/batch/{batch.pk}/{act}/").status_code == 403
    assert (Batch.objects.get().state, Chunk.objects.get().state) == (BatchState.RUNNING, WorkState.DEAD)


def test_a_training_shows_its_steps_and_is_cancelled_by_managers(
    brand: Brand, as_owner: Client, as_marketer: Client
) -> None:
    run = TrainingRunFactory.create(
        brand=brand, state=WorkState.RUNNING, step=30, steps=120, metrics={"heldout_loss": 1.98765}
    )
    page = as_marketer.get(f"/admin/adgen/trainingrun/{run.pk}/change/").content.decode()
    assert 'value="25"' in page
    assert "1.988" in page
    assert as_marketer.post(f"/admin/adgen/trainingrun/{run.pk}/cancel/").status_code == 403
    assert TrainingRun.objects.get().state == WorkState.RUNNING
    as_owner.post(f"/admin/adgen/trainingrun/{run.pk}/cancel/")
    assert TrainingRun.objects.get().state == WorkState.CANCELLED


def test_a_dead_training_tells_why_and_is_retried(brand: Brand, as_owner: Client) -> None:
    run = TrainingRunFactory.create(brand=brand, state=WorkState.DEAD, error="too few examples")
    assert "too few examples" in as_owner.get(f"/admin/adgen/trainingrun/{run.pk}/change/").content.decode()
    as_owner.post(f"/admin/adgen/trainingrun/{run.pk}/retry/")
    assert TrainingRun.objects.get().state == WorkState.QUEUED


def test_managers_make_a_champion(brand: Brand, as_owner: Client, as_reviewer: Client) -> None:
    adapter = AdapterFactory.create(brand=brand)
    assert as_reviewer.post(f"/admin/adgen/adapter/{adapter.pk}/promote/").status_code == 403
    adapter.refresh_from_db()
    assert adapter.status == AdapterStatus.CHALLENGER
    as_owner.post(f"/admin/adgen/adapter/{adapter.pk}/promote/")
    adapter.refresh_from_db()
    assert adapter.status == AdapterStatus.CHAMPION
    page = as_owner.get(f"/admin/adgen/adapter/{adapter.pk}/change/").content.decode()
    assert "Make champion" not in page


def test_a_rescreen_shows_how_far_it_is_and_can_be_stopped(
    brand: Brand, variants: list[Variant], as_owner: Client, as_reviewer: Client
) -> None:
    work = RescreenFactory.create(
        brand=brand, state=WorkState.RUNNING, lines=4, screened=1, blocked=1, listed=2
    )
    address = f"/admin/adgen/rescreen/{work.pk}/"
    page = as_owner.get(f"{address}change/").content.decode()
    assert 'value="25"' in page
    assert "approved, to look at again" in page
    assert f'hx-get="{address}progress/"' in page
    assert "No worker is running" in page
    assert as_reviewer.post(f"{address}cancel/").status_code == 403
    as_owner.post(f"{address}cancel/")
    work.refresh_from_db()
    assert work.state == WorkState.CANCELLED
    assert "Only a rescreen" in as_owner.post(f"{address}cancel/", follow=True).content.decode()
    Rescreen.objects.update(state=WorkState.DEAD, error="no luck")
    assert "no luck" in as_owner.get(f"{address}change/").content.decode()
    as_owner.post(f"{address}retry/")
    work.refresh_from_db()
    assert work.state == WorkState.QUEUED
