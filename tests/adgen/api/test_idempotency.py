"""A POST that is sent again is answered again, not done again."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from rest_framework.test import APIClient

from adgen.errors import StateConflict
from adgen.models import Batch, Brand, Brief, Fact, IdempotencyKey
from adgen.services.idempotency import ABANDONED, KEPT, answer_once
from tests.adgen.api.conftest import signed_in
from tests.work import at_once


def ask(
    client: APIClient, brief: Brief, key: str = "order-1", **body: object
) -> tuple[int, dict[str, object]]:
    answer = client.post("/api/v1/batches/", {"brief": brief.pk, **body}, HTTP_IDEMPOTENCY_KEY=key)
    return answer.status_code, answer.json()


def test_the_same_request_gets_the_same_answer_and_is_done_once(brief: Brief, as_marketer: APIClient) -> None:
    first = ask(as_marketer, brief)
    assert first[0] == 201
    assert ask(as_marketer, brief) == first
    assert Batch.objects.count() == 1


def test_without_a_key_each_request_is_done(brief: Brief, as_marketer: APIClient) -> None:
    for _ in range(2):
        as_marketer.post("/api/v1/batches/", {"brief": brief.pk})
    assert Batch.objects.count() == 2


def test_the_key_with_another_body_is_refused(brief: Brief, as_marketer: APIClient) -> None:
    ask(as_marketer, brief)
    status, problem = ask(as_marketer, brief, seed=5)
    assert (status, problem["code"]) == (422, "idempotency_key_reused")
    assert Batch.objects.count() == 1


def test_the_key_with_another_address_is_refused(brief: Brief, as_marketer: APIClient) -> None:
    _, batch = ask(as_marketer, brief)
    for _ in range(2):
        answer = as_marketer.post(f"/api/v1/batches/{batch['id']}/cancel/", HTTP_IDEMPOTENCY_KEY="order-1")
        assert answer.status_code == 422
    assert Batch.objects.get().state == "running"


def test_keys_of_two_callers_have_nothing_to_do_with_each_other(
    brief: Brief, as_marketer: APIClient, as_owner: APIClient, as_integration: APIClient
) -> None:
    ids = {ask(client, brief)[1]["id"] for client in (as_marketer, as_owner, as_integration)}
    assert len(ids) == 3


def test_a_refusal_is_not_remembered_so_that_the_mended_request_may_use_the_key(
    brief: Brief, as_marketer: APIClient
) -> None:
    assert ask(as_marketer, brief, slots={"nowhere": 1})[0] == 400
    assert not IdempotencyKey.objects.exists()
    assert ask(as_marketer, brief)[0] == 201


def test_while_the_first_is_under_way_the_second_waits(brief: Brief, as_marketer: APIClient) -> None:
    ask(as_marketer, brief)
    IdempotencyKey.objects.update(status=None, body=None)
    assert ask(as_marketer, brief)[0] == 409
    assert Batch.objects.count() == 1


def test_work_whose_process_died_is_done_by_the_next_request(brief: Brief, as_marketer: APIClient) -> None:
    ask(as_marketer, brief)
    Batch.objects.all().delete()
    IdempotencyKey.objects.update(status=None, body=None, taken_at=timezone.now() - ABANDONED)
    assert ask(as_marketer, brief)[0] == 201
    assert Batch.objects.count() == 1


def test_an_overtaken_first_request_changes_nothing(brand: Brand) -> None:
    def slow() -> tuple[int, object]:
        Fact.objects.create(brand=brand, subject="slow", relation="is", object="late")
        IdempotencyKey.objects.update(taken_at=timezone.now())  # another request takes over meanwhile
        return 201, {}

    with pytest.raises(StateConflict):
        answer_once(caller="user:1", key="k", fingerprint="f", work=slow)
    assert not Fact.objects.filter(subject="slow").exists()


@pytest.mark.django_db(transaction=True)
def test_of_many_at_once_one_is_done(brief: Brief, marketer: User) -> None:
    answers = at_once(6, lambda _: ask(signed_in(marketer), brief)[0])
    assert set(answers) <= {201, 409}
    assert 201 in answers
    assert Batch.objects.count() == 1


def test_answers_are_forgotten_after_a_day(brief: Brief, as_marketer: APIClient) -> None:
    ask(as_marketer, brief)
    IdempotencyKey.objects.update(taken_at=timezone.now() - KEPT - timedelta(seconds=1))
    ask(as_marketer, brief)
    assert Batch.objects.count() == 2
    assert IdempotencyKey.objects.count() == 1


def test_an_endless_key_is_refused(brief: Brief, as_marketer: APIClient) -> None:
    assert ask(as_marketer, brief, key="k" * 201)[0] == 400
    assert not Batch.objects.exists()


def test_the_slash_at_the_end_makes_no_other_request(brief: Brief, as_marketer: APIClient) -> None:
    first = ask(as_marketer, brief)
    again = as_marketer.post("/api/v1/batches", {"brief": brief.pk}, HTTP_IDEMPOTENCY_KEY="order-1")
    assert (again.status_code, again.json()) == first
    assert Batch.objects.count() == 1
