"""From decisions to a training, in services and by command."""

from __future__ import annotations

import json
from collections.abc import Iterator
from io import StringIO
from threading import Event, Thread
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.db import connection

from adgen.errors import Invalid, StateConflict
from adgen.models import Brand, TrainingRun, Variant, WorkState
from adgen.services.training import training_run_cancel, training_run_finish
from adgen.services.work import lease_renew, work_claim
from review.models import Action
from review.selectors.training import examples_of
from review.services.training import training_request
from tests.factories import ExemplarFactory, WorkerPulseFactory
from tests.review.acts import decide, edit, publish_edit, reject, screen


@pytest.fixture
def exemplars(brand: Brand) -> None:
    for index in range(12):
        ExemplarFactory.create(brand=brand, text=f"A past line, number {index}", ad=f"ad{index // 3}")


def test_a_brand_learns_from_past_ads_approved_lines_and_edits(
    reviewer: User, variants: list[Variant], brand: Brand
) -> None:
    ExemplarFactory.create(brand=brand, text="A past line", ad="ad1", product="filter coffee")
    decide(reviewer, Action.APPROVE)
    edited = edit(reviewer, "Mine")
    screen(edited)
    publish_edit(edited)
    reject(reviewer)
    past, approved, mine = examples_of(brand)
    assert (past.text, past.brief.product, past.group, past.weight) == (
        "A past line",
        "filter coffee",
        "ad ad1",
        1.0,
    )
    assert (approved.text, approved.weight, approved.brief.campaign) == (variants[0].text, 1.0, "Spring")
    assert (mine.text, mine.weight) == ("Mine", 2.0)
    assert approved.group == mine.group == f"brief {variants[0].batch.brief_id}"


def test_a_line_counts_once_per_slot_at_its_heavier_weight(
    reviewer: User, variants: list[Variant], brand: Brand
) -> None:
    ExemplarFactory.create(brand=brand, text="Mine!")
    ExemplarFactory.create(brand=brand, text="Mine!", slot="meta.headline")
    edited = edit(reviewer, "Mine")
    screen(edited)
    publish_edit(edited)
    assert [(example.slot, example.text, example.weight) for example in examples_of(brand)] == [
        ("google_rsa.headline", "Mine", 2.0),
        ("meta.headline", "Mine!", 1.0),
    ]


def test_lines_of_other_brands_are_never_learnt(exemplars: None, other_brand: Brand) -> None:
    assert examples_of(other_brand) == []


def test_a_request_freezes_the_examples(exemplars: None, brand: Brand, owner: User) -> None:
    run = training_request(brand=brand, requested_by=owner)
    assert (run.examples, run.requested_by, run.state) == (12, owner, WorkState.QUEUED)
    assert [line["text"] for line in json.loads(run.manifest)] == [line.text for line in examples_of(brand)]


def test_too_few_lines_are_refused(brand: Brand, owner: User) -> None:
    with pytest.raises(Invalid, match="at least 12"):
        training_request(brand=brand, requested_by=owner)
    assert not TrainingRun.objects.exists()


def test_one_training_at_a_time(exemplars: None, brand: Brand, owner: User) -> None:
    training_request(brand=brand, requested_by=owner)
    with pytest.raises(StateConflict, match="under way"):
        training_request(brand=brand, requested_by=owner)
    assert TrainingRun.objects.count() == 1


def train(*args: str) -> tuple[dict[str, Any], str]:
    """Run the command; returns its JSON and what it wrote on stderr."""
    out, err = StringIO(), StringIO()
    call_command("train", *args, stdout=out, stderr=err)
    return json.loads(out.getvalue()), err.getvalue()


def test_the_command_asks_for_a_training(exemplars: None, brand: Brand) -> None:
    report, _ = train("--brand", brand.slug)
    assert (report["state"], report["examples"], report["adapter"]) == ("queued", 12, None)


@pytest.mark.parametrize(("slug", "message"), [("nope", "Known: nordlys"), ("nordlys", "at least 12")])
def test_the_command_says_why_not(brand: Brand, slug: str, message: str) -> None:
    with pytest.raises(CommandError, match=message):
        train("--brand", slug)
    assert not TrainingRun.objects.exists()


@pytest.fixture
def trainer(transactional_db: None) -> Iterator[list[str]]:
    """A worker in a thread that ends the first training in the way that the test puts into the list."""
    WorkerPulseFactory.create()
    ends: list[str] = []
    stop = Event()

    def work() -> None:
        while not stop.wait(0.05) and not (ends and _end_training(ends[0])):
            pass
        connection.close()

    thread = Thread(target=work)
    thread.start()
    yield ends
    stop.set()
    thread.join()


def _end_training(end: str) -> bool:
    run = TrainingRun.objects.filter(state=WorkState.QUEUED).first()
    if run is None:
        return False
    if end == "cancelled":
        training_run_cancel(run=run)
        return True
    lease = work_claim(model=TrainingRun, pk=run.pk, worker="test")
    assert lease is not None
    lease_renew(lease, step=5, steps=5)
    metrics = {"heldout_loss": 1.5, "base_loss": 2.0}
    training_run_finish(lease=lease, digest="ab" * 32, base_sha256="0" * 64, metrics=metrics)
    return True


def test_waiting_ends_with_the_adapter(trainer: list[str], exemplars: None, brand: Brand) -> None:
    trainer.append("done")
    report, _ = train("--brand", brand.slug, "--wait")
    assert (report["state"], report["adapter"], report["status"]) == ("done", "ab" * 32, "champion")
    assert "1.500" in report["gate_note"]
    assert report["metrics"]["base_loss"] == 2.0


def test_waiting_for_a_training_that_is_cancelled_fails(
    trainer: list[str], exemplars: None, brand: Brand
) -> None:
    trainer.append("cancelled")
    with pytest.raises(CommandError, match="cancelled"):
        train("--brand", brand.slug, "--wait")
