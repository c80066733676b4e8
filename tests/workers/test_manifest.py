"""What a training run froze comes back as it was, and a writing brand's voice reaches the right prompts."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from adgen.errors import WorkStopped
from adgen.models import Batch, Brand, Chunk
from adgen.services.training import training_run_request
from adgen.spec import ExemplarSpec, FactSpec
from tests.factories import AdapterFactory, ChunkFactory, ExemplarFactory
from tests.work import examples
from workers import jobs, runtime
from workers.tasks import generate_task

pytestmark = pytest.mark.django_db


def test_facts_and_words_of_the_brand_come_back(brand: Brand) -> None:
    facts = (FactSpec("roasted on Mondays", "log", date(2027, 6, 30)), FactSpec("eleven farms", "ledger"))
    given = [
        replace(
            row, brief=replace(row.brief, brand=replace(row.brief.brand, facts=facts, competitors=("B",)))
        )
        for row in examples(12)
    ]
    run = training_run_request(brand=brand, examples=given, requested_by=None)
    assert [jobs._example(row) for row in json.loads(run.manifest)] == given


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[tuple[ExemplarSpec, ...]]:
    """The exemplars of each brief that a chunk would be written for; nothing is written."""
    seen: list[tuple[ExemplarSpec, ...]] = []

    def look(engine: Any, *, brief: Any, **rest: Any) -> Any:
        seen.append(brief.brand.exemplars)
        raise WorkStopped("seen enough")

    monkeypatch.setattr(jobs, "generate", look)
    monkeypatch.setattr(runtime, "adapter_folder", lambda digest: None)
    return seen


def test_the_base_model_alone_is_shown_how_the_brand_sounds(
    batch: Batch, told: list[tuple[ExemplarSpec, ...]]
) -> None:
    early = ExemplarFactory.create(brand=batch.brand)
    Batch.objects.update(created_at=early.created_at.replace(year=early.created_at.year + 1))
    write(ChunkFactory.create(batch=batch))
    assert told == [(ExemplarSpec(early.slot, early.text),)]


def test_an_adapter_has_learnt_it_and_is_shown_none(
    batch: Batch, told: list[tuple[ExemplarSpec, ...]]
) -> None:
    ExemplarFactory.create(brand=batch.brand)
    Batch.objects.update(adapter=AdapterFactory.create(brand=batch.brand))
    write(ChunkFactory.create(batch=batch))
    assert told == [()]


def write(chunk: Chunk) -> None:
    generate_task.apply(args=(chunk.pk,))
