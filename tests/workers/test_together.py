"""Writers that share an engine: one minibatch for all, adapters, faults and stops each their own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from adgen.errors import ModelUnavailable, WorkStopped
from adgen.models import Brief, ChunkKind, Variant, WorkState
from adgen.services.batches import batch_cancel, batch_request
from tests.factories import BriefFactory
from tests.fakes import never, save_adapter, save_forcing_adapter
from tests.work import chunks_of
from tests.workers.sampling import ragged_prompts, samples
from workers import runtime
from workers.base import BaseModel
from workers.codec import Prompt
from workers.engines import Sample
from workers.engines.together import Seat, Together
from workers.engines.transformers import TransformersEngine
from workers.tasks import generate_task

Work = Callable[[Seat], Any]


class Counting(TransformersEngine):
    """Notes how many rows each call brings."""

    def __init__(self, base: BaseModel) -> None:
        super().__init__(base)
        self.calls: list[int] = []

    def sample(self, prompts: Sequence[Prompt], *args: Any, **options: Any) -> list[Sample]:
        self.calls.append(len(prompts))
        return super().sample(prompts, *args, **options)


@pytest.fixture
def engine(tiny_base: BaseModel) -> Counting:
    return Counting(tiny_base)


@pytest.fixture
def prompts(tiny_base: BaseModel) -> list[Prompt]:
    return ragged_prompts(tiny_base, 6)


def ids(lines: Sequence[Sample]) -> list[list[int]]:
    return [line.ids for line in lines]


def written(engine: TransformersEngine, works: Sequence[Work]) -> list[Any]:
    """What each writer came to, or what it raised."""
    results: list[Any] = [None] * len(works)

    def writer(number: int) -> Callable[[Seat], None]:
        def write(seat: Seat) -> None:
            try:
                results[number] = works[number](seat)
            except Exception as error:
                results[number] = error

        return write

    Together(engine).run([writer(number) for number in range(len(works))])
    return results


def test_rows_of_all_writers_run_together_and_are_what_they_are_alone(
    engine: Counting, prompts: list[Prompt]
) -> None:
    def work(at: int) -> Work:
        return lambda seat: ids(samples(seat, prompts[at : at + 2], tokens=4))

    lines = written(engine, [work(0), work(2), work(4)])
    assert engine.calls == [6]
    assert lines == [ids(samples(engine, prompts[at : at + 2], tokens=4)) for at in (0, 2, 4)]


def test_each_writer_has_its_own_adapter(
    engine: Counting, prompts: list[Prompt], tiny_base: BaseModel, tmp_path: Path
) -> None:
    letters = [{65, 66}, {67, 68}]
    folders = [
        save_forcing_adapter(tiny_base, tmp_path / str(min(ids)), (min(ids), max(ids))) for ids in letters
    ]

    def work(folder: Path | None) -> Work:
        def write(seat: Seat) -> tuple[set[int], list[float]]:
            seat.use_adapter(folder)
            assert seat.is_adapted == (folder is not None)
            lines = [line.ids for _ in range(3) for line in samples(seat, prompts[:2], tokens=3)]
            return {token for line in lines for token in line}, seat.score(prompts[:2], lines[:2])

        return write

    first, second, plain = written(engine, [work(folders[0]), work(folders[1]), work(None)])
    assert first[0] <= letters[0]
    assert second[0] <= letters[1]
    assert not plain[0] <= letters[0] | letters[1]
    assert engine.calls == [6, 6, 6]
    assert first[1] == second[1] != plain[1]


def test_a_writer_that_is_done_is_not_waited_for(engine: Counting, prompts: list[Prompt]) -> None:
    def work(turns: int) -> Work:
        return lambda seat: [samples(seat, prompts[:2], tokens=2) for _ in range(turns)]

    assert [len(lines) for lines in written(engine, [work(turns) for turns in (0, 1, 3)])] == [0, 1, 3]
    assert engine.calls == [4, 2, 2]


def test_a_damaged_adapter_is_the_fault_of_its_writer_alone(
    engine: Counting, prompts: list[Prompt], tiny_base: BaseModel, tmp_path: Path
) -> None:
    damaged = save_adapter(tiny_base, tmp_path, revision="0" * 64)

    def faulty(seat: Seat) -> list[Sample]:
        seat.use_adapter(damaged)
        return samples(seat, prompts[:2], tokens=2)

    fault, lines = written(engine, [faulty, lambda seat: ids(samples(seat, prompts[:2], tokens=2))])
    assert isinstance(fault, ModelUnavailable)
    assert lines == ids(samples(engine, prompts[:2], tokens=2))


def test_a_writer_that_is_stopped_stops_no_other(engine: Counting, prompts: list[Prompt]) -> None:
    def work(should_stop: Callable[[], bool]) -> Work:
        return lambda seat: seat.sample(
            prompts[:2], [0, 1], temperature=1.0, top_p=0.95, max_new_tokens=3, should_stop=should_stop
        )

    stopped, lines = written(engine, [work(lambda: True), work(never)])
    assert isinstance(stopped, WorkStopped)
    assert len(lines) == 2
    assert all(isinstance(end, WorkStopped) for end in written(engine, [work(lambda: True)] * 2))


@pytest.mark.django_db(transaction=True)
def test_a_worker_with_room_writes_the_chunks_of_several_brands_at_once(
    brief: Brief, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = Counting(runtime.base_model())
    monkeypatch.setattr(runtime, "engine", lambda: engine)
    monkeypatch.setattr(runtime, "chunks_beside", lambda: 7)
    counts = {"google_rsa.headline": 4}
    briefs = [brief, BriefFactory.create(), BriefFactory.create()]
    batches = [batch_request(brief=one, requested_by=None, counts=counts, seed=5) for one in briefs]
    batch_cancel(batch=batches[2])
    (chunk,) = chunks_of(batches[0].pk, ChunkKind.GENERATE)
    generate_task.apply(args=(chunk.pk,))
    for batch in batches[:2]:
        (chunk,) = chunks_of(batch.pk, ChunkKind.GENERATE)
        assert (chunk.state, chunk.error) == (WorkState.DONE, "")
        assert Variant.objects.filter(batch=batch).count() == 4
    assert not Variant.objects.filter(batch=batches[2]).exists()
    assert len({one.brand_id for one in briefs}) == 3
    assert engine.calls[0] == 16
