"""Training runs and adapters: frozen manifests, one open run a brand, the gate, one champion."""

from __future__ import annotations

import hashlib
import json

import pytest
from django.db import IntegrityError, transaction

from adgen.errors import Invalid, StateConflict, WorkStopped
from adgen.models import Adapter, AdapterStatus, Brand, TrainingRun, WorkState
from adgen.selectors.adapters import champion_adapter, champion_of
from adgen.services.training import (
    MIN_EXAMPLES,
    adapter_promote,
    training_run_cancel,
    training_run_finish,
    training_run_request,
    training_run_retry,
)
from adgen.services.work import lease_renew
from tests.factories import AdapterFactory, BrandFactory, TrainingRunFactory
from tests.work import at_once, claim, examples, expire, state_of

pytestmark = pytest.mark.django_db

BETTER = {"base_loss": 2.5, "heldout_loss": 2.0}
WORSE = {"base_loss": 2.5, "heldout_loss": 2.5}


def request(brand: Brand, count: int = MIN_EXAMPLES) -> TrainingRun:
    return training_run_request(brand=brand, examples=examples(count), requested_by=None, seed=3)


def finish(run: TrainingRun, metrics: dict[str, float], digest: str = "a" * 64) -> Adapter:
    return training_run_finish(lease=claim(run), digest=digest, base_sha256="0" * 64, metrics=metrics)


class TestRequest:
    def test_freezes_the_examples_under_their_digest(self, brand: Brand) -> None:
        run = request(brand, 14)
        assert run.manifest_sha256 == hashlib.sha256(run.manifest.encode()).hexdigest()
        assert [row["text"] for row in json.loads(run.manifest)] == [line.text for line in examples(14)]
        assert (run.state, run.examples, run.seed) == ("queued", 14, 3)

    def test_the_same_examples_give_the_same_digest(self, brand: Brand, other_brand: Brand) -> None:
        assert request(brand).manifest_sha256 == request(other_brand).manifest_sha256

    def test_refuses_too_few_examples(self, brand: Brand) -> None:
        with pytest.raises(Invalid, match=f"at least {MIN_EXAMPLES}"):
            request(brand, MIN_EXAMPLES - 1)
        assert not TrainingRun.objects.exists()

    def test_one_run_a_brand_is_open_at_a_time(self, brand: Brand, other_brand: Brand) -> None:
        request(brand)
        with pytest.raises(StateConflict, match="under way"):
            request(brand)
        request(other_brand)
        assert TrainingRun.objects.count() == 2

    @pytest.mark.django_db(transaction=True)
    def test_of_many_requests_at_once_one_is_taken(self, brand: Brand) -> None:
        def act(number: int) -> bool:
            try:
                request(brand)
            except StateConflict:
                return False
            return True

        assert sorted(at_once(6, act)) == [False] * 5 + [True]
        assert TrainingRun.objects.count() == 1


class TestFinish:
    def test_a_better_adapter_becomes_champion(self, brand: Brand) -> None:
        run = request(brand)
        adapter = finish(run, BETTER)
        run.refresh_from_db()
        assert (run.state, run.metrics, run.adapter) == ("done", BETTER, adapter)
        assert champion_of(brand) == adapter
        assert adapter.gate_note

    def test_an_adapter_that_is_no_better_stays_challenger(self, brand: Brand) -> None:
        adapter = finish(request(brand), WORSE)
        assert adapter.status == AdapterStatus.CHALLENGER
        assert "not promoted" in adapter.gate_note
        assert champion_of(brand) is None

    def test_an_overtaken_worker_leaves_no_adapter(self, brand: Brand) -> None:
        run = request(brand)
        stale = claim(run)
        expire(run)
        claim(run)
        with pytest.raises(WorkStopped):
            training_run_finish(lease=stale, digest="a" * 64, base_sha256="0" * 64, metrics=BETTER)
        assert not Adapter.objects.exists()
        assert state_of(run) == WorkState.RUNNING


class TestCancelAndRetry:
    def test_a_cancelled_run_stops_its_worker_and_leaves_no_adapter(self, brand: Brand) -> None:
        run = request(brand)
        lease = claim(run)
        training_run_cancel(run=run)
        with pytest.raises(WorkStopped):
            lease_renew(lease, step=1)
        with pytest.raises(WorkStopped):
            training_run_finish(lease=lease, digest="a" * 64, base_sha256="0" * 64, metrics=BETTER)
        assert state_of(run) == WorkState.CANCELLED
        assert not Adapter.objects.exists()
        request(brand)

    @pytest.mark.parametrize("state", [WorkState.DONE, WorkState.DEAD, WorkState.CANCELLED])
    def test_a_run_that_is_over_cannot_be_cancelled(self, state: WorkState) -> None:
        run = TrainingRunFactory.create(state=state)
        with pytest.raises(StateConflict):
            training_run_cancel(run=run)
        assert state_of(run) == state

    def test_a_dead_run_can_be_retried(self, brand: Brand) -> None:
        run = TrainingRunFactory.create(brand=brand, state=WorkState.DEAD, attempts=4, error="boom")
        training_run_retry(run=run)
        finish(run, BETTER)
        assert champion_of(brand) is not None

    def test_a_dead_run_is_not_revived_beside_an_open_one(self, brand: Brand) -> None:
        dead = TrainingRunFactory.create(brand=brand, state=WorkState.DEAD)
        request(brand)
        with pytest.raises(StateConflict, match="under way"):
            training_run_retry(run=dead)
        assert state_of(dead) == WorkState.DEAD


class TestChampion:
    def test_is_found_by_slug_before_name(self, brand: Brand) -> None:
        own = AdapterFactory.create(brand=brand, status=AdapterStatus.CHAMPION)
        namesake = BrandFactory.create(name=brand.slug, slug="namesake")
        AdapterFactory.create(brand=namesake, status=AdapterStatus.CHAMPION)
        assert champion_adapter(brand.slug) == champion_adapter(brand.name) == own
        assert champion_adapter("nobody") is None

    def test_the_database_refuses_a_second_champion(self, brand: Brand) -> None:
        AdapterFactory.create(brand=brand, status=AdapterStatus.CHAMPION)
        with pytest.raises(IntegrityError), transaction.atomic():
            AdapterFactory.create(brand=brand, status=AdapterStatus.CHAMPION)
        assert Adapter.objects.count() == 1

    def test_a_promotion_retires_the_champion_and_can_be_taken_back(self, brand: Brand) -> None:
        first = AdapterFactory.create(brand=brand)
        second = AdapterFactory.create(brand=brand)
        for champion, other, status in [
            (first, second, "challenger"),
            (second, first, "retired"),
            (first, second, "retired"),
        ]:
            adapter_promote(adapter=champion, by=None)
            assert champion_of(brand) == champion
            assert champion.promoted_at is not None
            other.refresh_from_db()
            assert other.status == status

    def test_promoting_the_champion_is_refused(self, brand: Brand) -> None:
        champion = AdapterFactory.create(brand=brand, status=AdapterStatus.CHAMPION)
        with pytest.raises(StateConflict):
            adapter_promote(adapter=champion, by=None)
        assert champion_of(brand) == champion

    def test_a_promotion_leaves_other_brands_alone(self, brand: Brand, other_brand: Brand) -> None:
        theirs = AdapterFactory.create(brand=other_brand, status=AdapterStatus.CHAMPION)
        adapter_promote(adapter=AdapterFactory.create(brand=brand), by=None)
        assert champion_of(other_brand) == theirs

    @pytest.mark.django_db(transaction=True)
    def test_promotions_at_once_leave_one_champion(self, brand: Brand) -> None:
        adapters = AdapterFactory.create_batch(6, brand=brand)
        at_once(6, lambda number: adapter_promote(adapter=adapters[number], by=None))
        assert Adapter.objects.filter(status=AdapterStatus.CHAMPION).count() == 1
        assert Adapter.objects.filter(status=AdapterStatus.RETIRED).count() == 5
