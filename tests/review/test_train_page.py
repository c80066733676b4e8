"""The page that asks for a training."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.test import Client

from adgen.models import Brand, TrainingRun, WorkState
from tests.factories import ExemplarFactory, TrainingRunFactory


@pytest.fixture
def as_owner(owner: User) -> Client:
    client = Client()
    client.force_login(owner)
    return client


def test_a_training_is_asked_for_with_what_there_is_to_learn(brand: Brand, as_owner: Client) -> None:
    ExemplarFactory.create_batch(12, brand=brand)
    address = f"/admin/review/train/{brand.pk}/"
    assert address in as_owner.get(f"/admin/adgen/brand/{brand.pk}/change/").content.decode()
    assert "12 lines" in as_owner.get(address).content.decode()
    answer = as_owner.post(address)
    run = TrainingRun.objects.get()
    assert answer["Location"] == f"/admin/adgen/trainingrun/{run.pk}/change/"
    assert (run.brand, run.examples, run.state) == (brand, 12, WorkState.QUEUED)
    assert run.requested_by is not None
    assert run.requested_by.username == "owner"


def test_too_little_to_learn_from_is_said_before_and_refused_after(brand: Brand, as_owner: Client) -> None:
    address = f"/admin/review/train/{brand.pk}/"
    assert "at least 12" in as_owner.get(address).content.decode()
    assert "at least 12" in as_owner.post(address, follow=True).content.decode()
    assert not TrainingRun.objects.exists()


def test_one_training_at_a_time(brand: Brand, as_owner: Client) -> None:
    ExemplarFactory.create_batch(12, brand=brand)
    TrainingRunFactory.create(brand=brand, state=WorkState.RUNNING)
    address = f"/admin/review/train/{brand.pk}/"
    assert "running already" in as_owner.get(address).content.decode()
    assert "under way" in as_owner.post(address, follow=True).content.decode()
    assert TrainingRun.objects.count() == 1


@pytest.mark.parametrize("role", ["marketer", "reviewer"])
def test_only_managers_train(brand: Brand, role: str, request: pytest.FixtureRequest) -> None:
    ExemplarFactory.create_batch(12, brand=brand)
    client = Client()
    client.force_login(request.getfixturevalue(role))
    assert client.post(f"/admin/review/train/{brand.pk}/").status_code == 403
    assert "/admin/review/train/" not in client.get(f"/admin/adgen/brand/{brand.pk}/change/").content.decode()
    assert not TrainingRun.objects.exists()
