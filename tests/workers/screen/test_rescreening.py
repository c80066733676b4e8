"""A worker with a new screen: it is noticed, and what is in the queue and in the feed is screened again."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from adgen.models import (
    Batch,
    Brand,
    ChunkKind,
    Fact,
    Recheck,
    Rescreen,
    RescreenReason,
    Screening,
    ScreenVersion,
    Variant,
    VariantState,
    WorkState,
)
from adgen.services.rescreens import rescreen_request
from adgen.services.sweep import sweep
from tests.factories import ChunkFactory, ScreenVersionFactory, VariantFactory, old, screened_variant
from tests.work import expire
from workers import rescreening, runtime
from workers.screen.model import ScreenModel, Threshold
from workers.screen.screener import Screener, ScreenItem
from workers.tasks import rescreen_task, screen_task, screen_version_task

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _this_screen(screener: Screener, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runtime, "screener", lambda: screener)


@pytest.fixture
def merciless(model: ScreenModel) -> Screener:
    """The same model, to which nothing is innocent."""
    nothing = dict.fromkeys(model.labels, Threshold(0.0, 0.0))
    return Screener(ScreenModel(model.detoxify, nothing, model.sha256))


def work_off(work: Rescreen) -> None:
    rescreen_task.apply(args=(work.pk,))
    work.refresh_from_db()


def asked(brand: Brand) -> Rescreen:
    work = rescreen_request(brand=brand, reason=RescreenReason.ASKED)
    assert work is not None
    return work


def test_the_first_screening_writes_down_what_screened(batch: Batch, screener: Screener) -> None:
    line = VariantFactory.create(batch=batch, index=0)
    chunk = ChunkFactory.create(batch=batch, kind=ChunkKind.SCREEN, start=0, count=1)
    screen_task.apply(args=(chunk.pk,))
    version = line.screenings.get().version
    assert (version.digest, version.model_sha256) == (screener.version, screener.model.sha256)
    assert version.model == "starter"
    toxicity = screener.model.thresholds["toxicity"]
    assert version.thresholds["toxicity"] == {"flag": toxicity.flag, "block": toxicity.block}
    assert not Rescreen.objects.exists()


def test_a_stricter_screen_is_noticed_and_empties_the_queue_but_not_the_feed(
    variants: list[Variant], batch: Batch, merciless: Screener, monkeypatch: pytest.MonkeyPatch
) -> None:
    approved = screened_variant(batch=batch, index=9, text="Once more, please", state=VariantState.APPROVED)
    monkeypatch.setattr(runtime, "screener", lambda: merciless)
    screen_version_task.apply()
    work = Rescreen.objects.get()
    assert (work.reason, work.version_id, work.lines) == ("version", merciless.version, 0)
    work_off(work)
    assert (work.state, work.lines, work.screened, work.blocked, work.listed) == ("done", 5, 5, 4, 1)
    assert set(Variant.objects.exclude(pk=approved.pk).values_list("state", flat=True)) == {"blocked"}
    approved.refresh_from_db()
    assert approved.state == VariantState.APPROVED
    assert Recheck.objects.get().variant == approved


def test_a_worker_with_another_version_leaves_it_alone(
    variants: list[Variant], brand: Brand, screener: Screener
) -> None:
    ScreenVersionFactory.create(digest=screener.version)
    newer = ScreenVersionFactory.create(digest="newer")
    work = rescreen_request(brand=brand, reason=RescreenReason.VERSION, version=newer)
    assert work is not None
    work_off(work)
    assert (work.state, work.attempts, work.cursor) == (WorkState.QUEUED, 0, 0)
    assert "newer" in work.error
    assert work.available_at > timezone.now()
    assert not Screening.objects.exclude(rescreen=None).exists()


def test_a_claim_that_expires_lists_the_approved_line_that_states_it(
    batch: Batch, brand: Brand, screener: Screener
) -> None:
    Fact.objects.update(subject="espresso", relation="is roasted", object="by hand in Bergen")
    stated = screened_variant(
        batch=batch,
        index=0,
        text="Espresso, roasted by hand in Bergen",
        slot="x.post",
        state=VariantState.APPROVED,
    )
    screened_variant(
        batch=batch, index=1, text="A cup by the window", slot="x.post", state=VariantState.APPROVED
    )
    screen_version_task.apply()
    work_off(Rescreen.objects.get())
    assert not Recheck.objects.exists()
    Fact.objects.update(expires_on=timezone.localdate() - timedelta(days=1))
    sweep()
    work_off(Rescreen.objects.get(reason=RescreenReason.EXPIRY))
    listed = Recheck.objects.get()
    assert listed.variant == stated
    assert "expired" in listed.screening.findings[-1]["message"]


def test_what_was_written_for_a_slot_that_is_gone_is_screened_without_its_rules(
    batch: Batch, brand: Brand
) -> None:
    line = screened_variant(batch=batch, index=0, text="A cup by the window")
    Variant.objects.filter(pk=line.pk).update(slot="myspace.headline")
    work = asked(brand)
    work_off(work)
    assert (work.state, work.screened) == (WorkState.DONE, 1)


def test_a_worker_overtaken_in_the_middle_doubles_nothing(
    variants: list[Variant], brand: Brand, screener: Screener, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It stalls in its second minibatch; another takes over, and then it comes back."""
    monkeypatch.setattr(rescreening, "MINIBATCH", 2)
    work = asked(brand)

    class Stalling(Screener):
        calls = 0

        def screen(self, items: Any, progress: Any = None) -> Any:
            self.calls += 1
            if self.calls == 2:
                expire(work)
                monkeypatch.setattr(runtime, "screener", lambda: screener)
                rescreen_task.apply(args=(work.pk,))
            return super().screen(items, progress)

    stalling = Stalling(screener.model)
    monkeypatch.setattr(runtime, "screener", lambda: stalling)
    work_off(work)
    assert (work.state, work.screened, work.fence) == (WorkState.DONE, 4, 2)
    assert sorted(Screening.objects.filter(rescreen=work).values_list("variant", flat=True)) == [
        variant.pk for variant in variants
    ]


def test_a_screen_that_fails_leaves_the_lines_as_they_were_and_is_tried_again(
    variants: list[Variant], brand: Brand, screener: Screener, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(items: list[ScreenItem]) -> None:
        raise RuntimeError("out of luck")

    broken = Screener(screener.model)
    monkeypatch.setattr(broken, "screen", fail)
    monkeypatch.setattr(runtime, "screener", lambda: broken)
    work = asked(brand)
    work_off(work)
    assert (work.state, work.attempts, work.error) == (WorkState.QUEUED, 1, "out of luck")
    assert not Screening.objects.exclude(rescreen=None).exists()
    Rescreen.objects.update(available_at=old(1))
    monkeypatch.setattr(runtime, "screener", lambda: screener)
    work_off(work)
    assert work.state == WorkState.DONE
    assert ScreenVersion.objects.filter(pk=screener.version).exists()
