"""Steps about several lines on Postgres: whoever locks rows of one line never waits for them in a circle.

Each test is one person in the middle of an act, who will need the brand's audit chain, and another whose step
about several lines comes to what the first has locked.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection, connections, transaction
from rest_framework.test import APIClient

from adgen.models import AuditAction, Batch, Brand, Cluster, ClusterLine, Variant, VariantState
from adgen.processes import wait_until
from adgen.services.audit import audit_record
from adgen.services.deadlines import due_locked
from adgen.services.variants import variant_move
from review.models import Claim
from tests.factories import BatchFactory, screened_variant
from tests.review.acts import claim, state

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one lock, for all rows"),
]

Send = Callable[..., Future[Any]]


@pytest.fixture
def lines(batch: Batch, brand: Brand) -> list[Variant]:
    """Two near-duplicates, of one campaign each."""
    batches = (batch, BatchFactory.create(brief__brand=brand))
    made = [screened_variant(batch=one, text=f"Skip any month {n}") for n, one in enumerate(batches)]
    cluster = Cluster.objects.create(brand=brand, slot=made[0].slot, text=made[0].text, vector=b"")
    ClusterLine.objects.bulk_create(ClusterLine(variant=line, cluster=cluster) for line in made)
    return made


@pytest.fixture
def held(reviewer: User, lines: list[Variant]) -> Claim:
    """The first line in the reviewer's hand, and the second with it."""
    taken = claim(reviewer)
    assert taken.variant == lines[0]
    return taken


@pytest.fixture
def send(reviewer: User) -> Iterator[Send]:
    """Sends a request of the reviewer, with an Idempotency-Key, and comes back once it waits for a lock."""
    api = APIClient()
    api.force_login(reviewer)

    def post(path: str, body: dict[str, Any]) -> Any:
        try:
            key = {"Idempotency-Key": str(uuid.uuid4())}
            return api.post(f"/api/v1/review/{path}/", body, format="json", headers=key)
        finally:
            connections.close_all()

    def waiting(path: str, **body: Any) -> Future[Any]:
        answer = pool.submit(post, path, body)
        wait_until(_somebody_waits, what="the request waits for a lock", seconds=30)
        return answer

    with ThreadPoolExecutor(1) as pool:
        yield waiting


def _somebody_waits() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
        return bool(cursor.fetchone()[0])


def _log(line: Variant, by: User) -> None:
    audit_record(brand=line.brand, actor=by, action=AuditAction.DECISION, subject=line)


def test_a_decision_waits_for_who_is_taking_the_line_with_its_claim_free(
    held: Claim, lines: list[Variant], send: Send
) -> None:
    with transaction.atomic():
        # Whoever looks for a line has it locked, and has not seen yet that another was faster.
        Variant.objects.select_for_update(no_key=True).get(pk=lines[0].pk)
        answer = send("decisions", variant=lines[0].pk, token=str(held.token), action="approve")
        Claim.objects.select_for_update(no_key=True).get(pk=held.pk)
    assert answer.result().status_code == 201


def test_a_decision_about_lines_of_two_campaigns_waits_with_the_audit_chain_free(
    owner: User, held: Claim, lines: list[Variant], send: Send
) -> None:
    with transaction.atomic():
        due_locked(lines[1].campaign_id)
        decision = {"variant": lines[0].pk, "token": str(held.token), "action": "skip"}
        answer = send("decisions", **decision, also=[lines[1].pk])
        _log(lines[1], by=owner)
    assert answer.result().status_code == 201


def test_an_undo_of_several_lines_waits_with_the_audit_chain_free(
    owner: User, held: Claim, lines: list[Variant], send: Send
) -> None:
    api = APIClient()
    api.force_login(held.reviewer)
    decision = {"variant": lines[0].pk, "token": str(held.token), "action": "approve"}
    api.post("/api/v1/review/decisions/", {**decision, "also": [lines[1].pk]}, format="json")
    with transaction.atomic():
        variant_move(variant=lines[0], expected=[VariantState.APPROVED], state=VariantState.REJECTED)
        answer = send("undo")
        _log(lines[0], by=owner)
    assert [kept["variant"] for kept in answer.result().json()["kept"]] == [lines[0].pk]
    assert [state(line) for line in lines] == [VariantState.REJECTED, VariantState.PENDING]
