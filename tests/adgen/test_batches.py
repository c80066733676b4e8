"""Batches: cut into chunks, written line by line, screened, settled, cancelled, retried."""

from __future__ import annotations

import pytest
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

from adgen.errors import Invalid, StateConflict, WorkStopped
from adgen.models import (
    AdapterStatus,
    Batch,
    BatchState,
    Brief,
    Chunk,
    ChunkKind,
    Screening,
    Variant,
    VariantState,
    WorkState,
)
from adgen.selectors.batches import batch_progress
from adgen.services.batches import (
    MAX_VARIANTS,
    batch_cancel,
    batch_request,
    chunk_fail,
    chunk_finish,
    chunk_generated,
    chunk_retry,
)
from adgen.services.variants import screenings_write
from adgen.services.work import lease_renew
from adgen.spec import Verdict
from tests.factories import AdapterFactory, ChunkFactory, VariantFactory, old
from tests.work import at_once, chunks_of, claim, expire, generate, screen, state_of, verdict, write

pytestmark = pytest.mark.django_db

HEADLINE = "google_rsa.headline"
DESCRIPTION = "google_rsa.description"


def request(brief: Brief, **counts: int) -> Batch:
    """A batch of `headlines` and `descriptions`."""
    slots = {HEADLINE: counts.get("headlines", 0), DESCRIPTION: counts.get("descriptions", 0)}
    wanted = {slot: count for slot, count in slots.items() if count}
    return batch_request(brief=brief, requested_by=None, counts=wanted, seed=7)


class TestRequest:
    def test_cuts_each_slot_into_chunks_that_cover_it_once(self, brief: Brief, settings: Settings) -> None:
        settings.ADGEN_CHUNK_SIZE = 4
        batch = request(brief, headlines=9, descriptions=2)
        chunks = chunks_of(batch.pk, ChunkKind.GENERATE)
        assert [(chunk.slot, chunk.start, chunk.count) for chunk in chunks] == [
            (HEADLINE, 0, 4),
            (HEADLINE, 4, 4),
            (HEADLINE, 8, 1),
            (DESCRIPTION, 9, 2),
        ]
        assert batch.requested == 11

    def test_asks_for_what_the_brief_asks_for(self, brief: Brief) -> None:
        batch = batch_request(brief=brief, requested_by=None)
        assert batch.requested == sum(brief.slots.values())

    def test_takes_the_champion_of_the_day(self, brief: Brief) -> None:
        champion = AdapterFactory.create(brand=brief.brand, status=AdapterStatus.CHAMPION)
        assert request(brief, headlines=1).adapter == champion

    @pytest.mark.parametrize("counts", [{HEADLINE: 0}, {HEADLINE: -1}, {HEADLINE: MAX_VARIANTS + 1}])
    def test_refuses_too_few_and_too_many(self, brief: Brief, counts: dict[str, int]) -> None:
        with pytest.raises(Invalid, match=f"1 to {MAX_VARIANTS}"):
            batch_request(brief=brief, requested_by=None, counts=counts)
        assert not Batch.objects.exists()

    def test_refuses_a_slot_that_no_channel_has(self, brief: Brief) -> None:
        with pytest.raises(Invalid) as refused:
            batch_request(brief=brief, requested_by=None, counts={"fax.headline": 1})
        assert "Unknown slot 'fax.headline'" in refused.value.fields["slots"][0]
        assert not Batch.objects.exists()

    def test_wakes_workers_once_when_it_is_committed(
        self, brief: Brief, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
    ) -> None:
        with django_capture_on_commit_callbacks(execute=True) as callbacks:
            request(brief, headlines=100)
        assert len(callbacks) == 1


class TestWriting:
    def test_lines_get_the_indexes_of_their_chunk_in_turn(self, brief: Brief, settings: Settings) -> None:
        settings.ADGEN_CHUNK_SIZE = 2
        batch = request(brief, headlines=4)
        for chunk in chunks_of(batch.pk, ChunkKind.GENERATE):
            generate(chunk)
        rows = Variant.objects.order_by("index").values_list("index", "state", "base_model")
        assert list(rows) == [(index, "unscreened", "starter") for index in range(4)]

    def test_every_line_names_the_adapter_of_its_batch(self, brief: Brief) -> None:
        champion = AdapterFactory.create(brand=brief.brand, status=AdapterStatus.CHAMPION)
        batch = request(brief, headlines=2)
        generate(chunks_of(batch.pk, ChunkKind.GENERATE)[0])
        assert set(Variant.objects.values_list("adapter", flat=True)) == {champion.pk}

    def test_a_line_that_the_batch_has_is_refused(self, brief: Brief, settings: Settings) -> None:
        settings.ADGEN_CHUNK_SIZE = 2
        first, second = chunks_of(request(brief, headlines=4).pk, ChunkKind.GENERATE)
        assert write(claim(first), first, "Espresso worth waking for")
        assert not write(claim(second), second, "espresso  worth waking for.")
        assert Variant.objects.get().text == "Espresso worth waking for"

    def test_another_slot_may_have_the_same_line(self, brief: Brief) -> None:
        first, second = chunks_of(request(brief, headlines=1, descriptions=1).pk, ChunkKind.GENERATE)
        assert write(claim(first), first, "Roasted on Mondays")
        assert write(claim(second), second, "Roasted on Mondays")

    def test_a_full_chunk_takes_no_further_line(self, brief: Brief) -> None:
        (chunk,) = chunks_of(request(brief, headlines=1).pk, ChunkKind.GENERATE)
        lease = claim(chunk)
        assert write(lease, chunk, "Roasted on Mondays")
        assert not write(lease, chunk, "Skip any month")
        assert Variant.objects.count() == 1

    def test_an_overtaken_worker_writes_no_line(self, brief: Brief) -> None:
        (chunk,) = chunks_of(request(brief, headlines=3).pk, ChunkKind.GENERATE)
        stale = claim(chunk)
        assert write(stale, chunk, "Roasted on Mondays")
        expire(chunk)
        successor = claim(chunk)
        with pytest.raises(WorkStopped):
            write(stale, chunk, "Skip any month")
        with pytest.raises(WorkStopped):
            chunk_generated(lease=stale, chunk=chunk, reason="")
        assert Variant.objects.count() == 1
        assert not Chunk.objects.filter(kind=ChunkKind.SCREEN).exists()
        assert write(successor, chunk, "Skip any month")
        assert list(Variant.objects.order_by("index").values_list("index", flat=True)) == [0, 1]

    def test_counts_half_as_far_as_its_candidates_are_sampled(self, brief: Brief) -> None:
        batch = request(brief, headlines=4)
        (chunk,) = chunks_of(batch.pk, ChunkKind.GENERATE)
        lease = claim(chunk)
        lease_renew(lease, sampled=6, planned=8)
        progress = batch_progress(batch)
        assert (progress.sampled, progress.written, progress.percent) == (6, 0, 38)
        lease_renew(lease, sampled=8, planned=8)
        write(lease, chunk, "Roasted on Mondays")
        assert batch_progress(batch).percent == 50

    def test_what_could_not_be_written_is_declared(self, brief: Brief) -> None:
        batch = request(brief, headlines=4)
        generate(chunks_of(batch.pk, ChunkKind.GENERATE)[0], lines=3)
        chunk = Chunk.objects.get(kind=ChunkKind.GENERATE)
        assert (chunk.state, chunk.shortfall, chunk.shortfall_reason) == ("done", 1, "no more ideas")
        assert batch_progress(batch).problems == (f"1 of 4 {HEADLINE}: no more ideas",)

    def test_a_chunk_without_any_line_asks_for_no_screening(self, brief: Brief) -> None:
        batch = request(brief, headlines=4)
        generate(chunks_of(batch.pk, ChunkKind.GENERATE)[0], lines=0)
        batch.refresh_from_db()
        assert (batch.state, Chunk.objects.count()) == (BatchState.DONE, 1)
        assert batch_progress(batch).percent == 100


class TestScreening:
    @pytest.fixture
    def chunk(self, brief: Brief) -> Chunk:
        """A screen chunk over three written lines."""
        batch = request(brief, headlines=3)
        generate(chunks_of(batch.pk, ChunkKind.GENERATE)[0])
        return Chunk.objects.get(kind=ChunkKind.SCREEN)

    def test_follows_the_writing_over_the_same_range(self, chunk: Chunk) -> None:
        assert (chunk.slot, chunk.start, chunk.count) == (HEADLINE, 0, 3)

    def test_decides_what_reaches_the_queue(self, chunk: Chunk) -> None:
        screen(chunk, ["pass", "flag", "block"])
        states = Variant.objects.order_by("index").values_list("state", flat=True)
        assert list(states) == ["pending", "pending", "blocked"]
        assert Screening.objects.count() == 3

    def test_closes_the_batch(self, chunk: Chunk) -> None:
        assert batch_progress(chunk.batch).percent == 50
        screen(chunk)
        chunk.batch.refresh_from_db()
        assert chunk.batch.state == BatchState.DONE
        assert chunk.batch.finished_at is not None
        assert batch_progress(chunk.batch).percent == 100

    def test_run_again_after_a_death_doubles_no_verdict(self, chunk: Chunk) -> None:
        lease = claim(chunk)
        first = Variant.objects.get(index=0)
        screenings_write(lease=lease, results=[(first, verdict(first))])
        expire(chunk)
        screen(chunk)
        assert Screening.objects.count() == 3
        assert Variant.objects.filter(state=VariantState.PENDING).count() == 3

    def test_an_overtaken_worker_stores_no_verdict(self, chunk: Chunk) -> None:
        stale = claim(chunk)
        expire(chunk)
        claim(chunk)
        line = Variant.objects.get(index=0)
        with pytest.raises(WorkStopped):
            screenings_write(lease=stale, results=[(line, verdict(line))])
        assert not Screening.objects.exists()
        assert set(Variant.objects.values_list("state", flat=True)) == {VariantState.UNSCREENED}

    @pytest.fixture
    def edited(self, batch: Batch) -> Variant:
        """A person's wording of a line, with its screening asked for."""
        edited = VariantFactory.create(
            batch=batch, index=4, edited_from=VariantFactory.create(batch=batch, index=0)
        )
        ChunkFactory.create(batch=batch, kind=ChunkKind.SCREEN, start=4, count=1)
        return edited

    def test_an_edited_line_that_passes_is_cleared_for_publication(self, edited: Variant) -> None:
        screen(Chunk.objects.get())
        edited.refresh_from_db()
        assert edited.state == VariantState.CLEARED
        publish = Chunk.objects.get(kind=ChunkKind.PUBLISH)
        assert (publish.start, publish.count, publish.state) == (4, 1, "queued")

    @pytest.mark.parametrize(("said", "state"), [("flag", "pending"), ("block", "blocked")])
    def test_an_edited_line_that_does_not_pass_is_not_published(
        self, edited: Variant, said: Verdict, state: str
    ) -> None:
        screen(Chunk.objects.get(), [said])
        edited.refresh_from_db()
        assert edited.state == state
        assert not Chunk.objects.filter(kind=ChunkKind.PUBLISH).exists()

    def test_a_line_taken_back_meanwhile_stays_taken_back(self, edited: Variant) -> None:
        lease = claim(Chunk.objects.get())
        Variant.objects.filter(pk=edited.pk).update(state=VariantState.WITHDRAWN)
        screenings_write(lease=lease, results=[(edited, verdict(edited))])
        edited.refresh_from_db()
        assert edited.state == VariantState.WITHDRAWN
        assert not Chunk.objects.filter(kind=ChunkKind.PUBLISH).exists()


class TestFailure:
    def test_a_chunk_out_of_attempts_fails_its_batch_and_one_retry_revives_both(
        self, brief: Brief, settings: Settings
    ) -> None:
        settings.ADGEN_MAX_ATTEMPTS = 2
        batch = request(brief, headlines=2)
        (chunk,) = chunks_of(batch.pk, ChunkKind.GENERATE)
        for attempt in (1, 2):
            chunk_fail(lease=claim(chunk), chunk=chunk, failure=RuntimeError(f"boom {attempt}"))
            Chunk.objects.update(available_at=old(1))
        batch.refresh_from_db()
        assert (batch.state, state_of(chunk)) == (BatchState.FAILED, WorkState.DEAD)
        progress = batch_progress(batch)
        assert (progress.dead_chunks, progress.problems) == (1, (f"{chunk}: boom 2",))

        chunk_retry(chunk=chunk)
        batch.refresh_from_db()
        assert (batch.state, batch.finished_at) == (BatchState.RUNNING, None)
        generate(chunk)
        screen(Chunk.objects.get(kind=ChunkKind.SCREEN))
        batch.refresh_from_db()
        assert batch.state == BatchState.DONE

    def test_a_batch_fails_only_when_nothing_is_open_any_more(self, brief: Brief, settings: Settings) -> None:
        settings.ADGEN_CHUNK_SIZE, settings.ADGEN_MAX_ATTEMPTS = 2, 1
        batch = request(brief, headlines=4)
        dying, living = chunks_of(batch.pk, ChunkKind.GENERATE)
        chunk_fail(lease=claim(dying), chunk=dying, failure=RuntimeError("boom"))
        assert Batch.objects.get().state == BatchState.RUNNING
        generate(living)
        screen(Chunk.objects.get(kind=ChunkKind.SCREEN))
        assert Batch.objects.get().state == BatchState.FAILED

    def test_a_living_chunk_cannot_be_retried(self, brief: Brief) -> None:
        batch = request(brief, headlines=2)
        (chunk,) = chunks_of(batch.pk, ChunkKind.GENERATE)
        claim(chunk)
        with pytest.raises(StateConflict):
            chunk_retry(chunk=chunk)
        assert state_of(chunk) == WorkState.RUNNING


class TestCancel:
    def test_stops_the_writer_and_screens_what_is_written(self, brief: Brief) -> None:
        batch = request(brief, headlines=3, descriptions=2)
        writing, _ = chunks_of(batch.pk, ChunkKind.GENERATE)
        lease = claim(writing)
        write(lease, writing, "Roasted on Mondays")
        batch_cancel(batch=batch)
        with pytest.raises(WorkStopped):
            write(lease, writing, "Skip any month")
        with pytest.raises(WorkStopped):
            chunk_generated(lease=lease, chunk=writing, reason="")
        screen(Chunk.objects.get(kind=ChunkKind.SCREEN))
        assert Variant.objects.get().state == VariantState.PENDING
        batch.refresh_from_db()
        assert batch.state == BatchState.CANCELLED
        assert {state_of(chunk) for chunk in chunks_of(batch.pk, ChunkKind.GENERATE)} == {"cancelled"}

    def test_gives_up_on_dead_chunks_and_screens_their_lines_too(
        self, brief: Brief, settings: Settings
    ) -> None:
        settings.ADGEN_MAX_ATTEMPTS = 1
        batch = request(brief, headlines=3)
        (chunk,) = chunks_of(batch.pk, ChunkKind.GENERATE)
        lease = claim(chunk)
        write(lease, chunk, "Roasted on Mondays")
        chunk_fail(lease=lease, chunk=chunk, failure=RuntimeError("boom"))
        batch_cancel(batch=batch)
        screen(Chunk.objects.get(kind=ChunkKind.SCREEN))
        assert Variant.objects.get().state == VariantState.PENDING
        assert (Batch.objects.get().state, state_of(chunk)) == (BatchState.CANCELLED, WorkState.CANCELLED)

    @pytest.mark.parametrize("state", [BatchState.DONE, BatchState.CANCELLED])
    def test_a_batch_that_is_over_cannot_be_cancelled(self, batch: Batch, state: BatchState) -> None:
        Batch.objects.update(state=state)
        with pytest.raises(StateConflict):
            batch_cancel(batch=batch)
        assert Batch.objects.get().state == state


@pytest.mark.django_db(transaction=True)
class TestAtOnce:
    """The same with real threads; on Postgres these are the tests of the locks."""

    def test_the_last_chunks_to_finish_together_close_the_batch(self, batch: Batch) -> None:
        chunks = [ChunkFactory.create(batch=batch, kind=ChunkKind.SCREEN, start=n) for n in range(8)]
        leases = [claim(chunk) for chunk in chunks]
        at_once(8, lambda number: chunk_finish(lease=leases[number], chunk=chunks[number]))
        assert Batch.objects.get().state == BatchState.DONE

    def test_writers_who_have_the_same_line_keep_it_once(self, brief: Brief, settings: Settings) -> None:
        settings.ADGEN_CHUNK_SIZE = 1
        chunks = chunks_of(request(brief, headlines=6).pk, ChunkKind.GENERATE)
        leases = [claim(chunk) for chunk in chunks]
        written = at_once(6, lambda number: write(leases[number], chunks[number], "Roasted on Mondays"))
        assert sorted(written) == [False] * 5 + [True]
        assert Variant.objects.count() == 1

    def test_cancelling_while_chunks_end_blocks_nobody_and_leaves_nothing_in_limbo(
        self, brief: Brief, settings: Settings
    ) -> None:
        settings.ADGEN_CHUNK_SIZE = 1
        batch = request(brief, headlines=8)
        chunks = chunks_of(batch.pk, ChunkKind.GENERATE)
        leases = [claim(chunk) for chunk in chunks]
        for number, (lease, chunk) in enumerate(zip(leases, chunks, strict=True)):
            write(lease, chunk, f"Fresh beans, roast {number}")

        def act(number: int) -> str:
            try:
                if number == 8:
                    batch_cancel(batch=batch)
                else:
                    chunk_generated(lease=leases[number], chunk=chunks[number], reason="")
            except WorkStopped:
                return "stopped"
            return "done"

        at_once(9, act)
        assert Batch.objects.get().state == BatchState.CANCELLED
        assert {state_of(chunk) for chunk in chunks} <= {WorkState.DONE, WorkState.CANCELLED}
        assert [chunk.start for chunk in chunks_of(batch.pk, ChunkKind.SCREEN)] == list(range(8))
