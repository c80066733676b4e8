"""How an edited line reaches the feed: screened first, once, whatever happens to the workers."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.db import connection, transaction
from django.db.utils import DatabaseError

from adgen import queue
from adgen.celery import app
from adgen.errors import WorkStopped
from adgen.models import Brand, Chunk, Variant, VariantState, WorkState
from review.models import Action, Decision, Publication
from review.services.publications import edit_publish
from review.tasks import publish
from tests import work
from tests.review.acts import decide, edit, feed, publish_edit, screen, state, unchanged, undo_last


def chunk_of(variant: Variant) -> Chunk:
    return Chunk.objects.get(batch=variant.batch_id, kind="publish", start=variant.index)


def test_an_edited_line_is_published_once_it_has_passed_the_screen(
    reviewer: User, variants: list[Variant], brand: Brand
) -> None:
    edited = edit(reviewer, "Mine")
    screen(edited)
    assert (edited.state, feed(brand)) == (VariantState.CLEARED, [])
    publish_edit(edited)
    assert (edited.state, feed(brand)) == (VariantState.APPROVED, [(1, "approved", "Mine")])
    assert chunk_of(edited).state == WorkState.DONE
    assert Publication.objects.get().decision.action == Action.EDIT


def test_a_flagged_edit_goes_back_to_the_queue(reviewer: User, variants: list[Variant]) -> None:
    edited = edit(reviewer)
    screen(edited, "flag")
    assert edited.state == VariantState.PENDING
    assert not Chunk.objects.filter(kind="publish").exists()


def test_running_the_chunk_again_publishes_nothing_twice(
    reviewer: User, variants: list[Variant], brand: Brand
) -> None:
    edited = edit(reviewer)
    screen(edited)
    publish_edit(edited)
    with unchanged():
        publish(chunk_of(edited).pk)
    # A person may retry what is done only by force; even then the line is in the feed once.
    Chunk.objects.filter(pk=chunk_of(edited).pk).update(state=WorkState.QUEUED)
    publish_edit(edited)
    assert len(feed(brand)) == 1


def test_a_worker_that_lost_its_lease_publishes_nothing(reviewer: User, variants: list[Variant]) -> None:
    edited = edit(reviewer)
    screen(edited)
    stale = work.claim(chunk_of(edited), worker="paused")
    work.expire(chunk_of(edited))
    work.claim(chunk_of(edited), worker="other")
    with unchanged(), pytest.raises(WorkStopped):
        edit_publish(lease=stale, chunk=chunk_of(edited))


def test_an_edit_taken_back_before_it_was_published_stays_out(
    reviewer: User, variants: list[Variant], brand: Brand
) -> None:
    edited = edit(reviewer)
    screen(edited)
    undo_last(reviewer)
    publish_edit(edited)
    assert (edited.state, feed(brand)) == (VariantState.WITHDRAWN, [])
    assert chunk_of(edited).state == WorkState.DONE


def test_a_failure_is_written_on_the_chunk_and_tried_again(
    reviewer: User, variants: list[Variant], brand: Brand
) -> None:
    edited = edit(reviewer)
    screen(edited)
    # An entry that has the next number already, as only a fault could make it.
    other = decide(reviewer, Action.SKIP)
    Publication.objects.create(brand=brand, seq=1, kind="approved", variant=variants[1], decision=other)
    publish_edit(edited)
    chunk = chunk_of(edited)
    assert (chunk.state, chunk.attempts, edited.state) == (WorkState.QUEUED, 1, VariantState.CLEARED)
    assert "publication" in chunk.error
    assert Brand.objects.get(pk=brand.pk).publication_seq == 0


def test_the_task_goes_by_the_name_that_the_web_side_queues() -> None:
    assert app.tasks[queue.PUBLISH].name == queue.PUBLISH == publish.name


@pytest.mark.parametrize("table", ["review_decision", "review_publication"])
@pytest.mark.parametrize("statement", ["UPDATE {} SET created_at = created_at", "DELETE FROM {}"])
def test_the_database_refuses_to_change_what_was_decided(
    reviewer: User, variants: list[Variant], table: str, statement: str
) -> None:
    decide(reviewer, Action.APPROVE)
    with unchanged(), pytest.raises(DatabaseError, match="append-only"):
        _execute(statement.format(table))
    assert (state(variants[0]), Decision.objects.count()) == (VariantState.APPROVED, 1)


def _execute(statement: str) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
