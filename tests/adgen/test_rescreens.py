"""Screening again: what asks for it, which lines it meets, and who does it."""

from __future__ import annotations

import pytest
from pytest_django import DjangoAssertNumQueries

from adgen import queue
from adgen.errors import StateConflict, WorkStopped
from adgen.models import (
    Batch,
    Brand,
    Recheck,
    Rescreen,
    RescreenReason,
    Screening,
    ScreenVersion,
    Variant,
    VariantState,
    WorkState,
)
from adgen.selectors import rescreens
from adgen.selectors.briefs import brief_spec
from adgen.selectors.rescreens import next_slice
from adgen.services.rescreens import (
    other_versions_rescreen,
    rescreen_cancel,
    rescreen_request,
    rescreen_retry,
    rescreenings_write,
    screen_version_note,
)
from adgen.services.sweep import sweep
from tests.adgen.rescreening import CLAIM, asked, finish, nothing_changes
from tests.factories import (
    VariantFactory,
    screened_variant,
)
from tests.work import at_once, claim, expire, rescreen, verdict

pytestmark = pytest.mark.django_db


@pytest.fixture
def approved(batch: Batch) -> Variant:
    return screened_variant(batch=batch, index=50, text="Half price in May", state=VariantState.APPROVED)


@pytest.fixture
def small_slices(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rescreens, "SLICE", 3)


def note(digest: str = "screen-2") -> None:
    screen_version_note(digest=digest, model="starter", model_sha256="1" * 64, thresholds={})


def start(digest: str) -> None:
    other_versions_rescreen(version=ScreenVersion.objects.get(pk=digest))


class TestVersions:
    def test_a_new_version_has_every_brand_with_lines_screened_again(
        self, variants: list[Variant], brand: Brand, other_brand: Brand
    ) -> None:
        note()
        work = Rescreen.objects.get()
        assert (work.brand, work.reason, work.version_id) == (brand, "version", "screen-2")
        assert work.last == variants[-1].pk

    def test_a_version_says_what_it_is_made_of(self, db: None) -> None:
        thresholds = {"toxicity": {"flag": 0.5, "block": 0.9}}
        screen_version_note(digest="a1", model="unbiased", model_sha256="2" * 64, thresholds=thresholds)
        version = ScreenVersion.objects.get()
        assert (version.model, version.model_sha256, version.thresholds) == ("unbiased", "2" * 64, thresholds)
        assert version.packs_version
        assert all(isinstance(number, int) for number in version.packs.values())
        assert version.packs

    def test_the_first_version_of_all_has_nothing_to_screen_again(self, batch: Batch) -> None:
        VariantFactory.create(batch=batch)
        note()
        assert not Rescreen.objects.exists()

    def test_a_known_version_starts_nothing(self, variants: list[Variant]) -> None:
        note("screen-1")
        assert not Rescreen.objects.exists()

    def test_a_worker_that_starts_with_an_older_version_has_lines_of_the_newer_screened_again(
        self, variants: list[Variant], brand: Brand
    ) -> None:
        note("screen-2")
        finish(Rescreen.objects.get())
        start("screen-2")
        assert not Rescreen.objects.exclude(state=WorkState.DONE).exists()
        start("screen-1")
        back = Rescreen.objects.exclude(state=WorkState.DONE).get()
        assert (back.brand, back.reason, back.version_id) == (brand, "version", "screen-1")
        claim(back)
        start("screen-1")  # another worker: what is under way goes on
        assert Rescreen.objects.exclude(state=WorkState.DONE).get() == back

    def test_a_newer_version_takes_over_what_an_older_one_has_begun(
        self, variants: list[Variant], small_slices: None
    ) -> None:
        note("screen-2")
        first = Rescreen.objects.get()
        lease = claim(first)
        note("screen-3")
        first.refresh_from_db()
        assert first.state == WorkState.CANCELLED
        assert "Overtaken" in first.error
        assert Rescreen.objects.get(state=WorkState.QUEUED).version_id == "screen-3"
        results = [(variants[0], verdict(variants[0], version="screen-2"))]
        with pytest.raises(WorkStopped):
            rescreenings_write(lease=lease, rescreen=first, results=results)

    def test_what_was_asked_for_and_not_begun_is_done_with_the_new_version(
        self, variants: list[Variant], brand: Brand
    ) -> None:
        work = asked(brand)
        note()
        work.refresh_from_db()
        assert (work.state, work.version_id) == (WorkState.QUEUED, "screen-2")
        assert Rescreen.objects.count() == 1

    @pytest.mark.django_db(transaction=True)
    def test_workers_that_notice_it_at_once_start_one_rescreen(self, variants: list[Variant]) -> None:
        at_once(6, lambda number: note())
        assert ScreenVersion.objects.filter(pk="screen-2").count() == 1
        assert Rescreen.objects.count() == 1


class TestRequests:
    def test_a_brand_without_lines_has_nothing_to_screen(self, other_brand: Brand) -> None:
        assert rescreen_request(brand=other_brand, reason=RescreenReason.ASKED) is None

    def test_what_nobody_has_begun_covers_the_next_request(
        self, variants: list[Variant], brand: Brand
    ) -> None:
        assert asked(brand) == asked(brand)
        assert Rescreen.objects.count() == 1

    def test_what_is_under_way_is_begun_anew_for_its_version(
        self, variants: list[Variant], brand: Brand, small_slices: None
    ) -> None:
        note()
        work = Rescreen.objects.get()
        rescreen(work, lambda line: verdict(line, version="screen-2"))
        again = asked(brand)
        assert again != work
        assert (again.cursor, again.version_id) == (0, "screen-2")
        work.refresh_from_db()
        assert work.state == WorkState.CANCELLED

    @pytest.mark.django_db(transaction=True)
    def test_requests_at_once_leave_one_open(self, variants: list[Variant], brand: Brand) -> None:
        claim(asked(brand))
        at_once(6, lambda number: asked(brand))
        assert Rescreen.objects.filter(state=WorkState.QUEUED).count() == 1

    def test_it_is_cancelled_once_and_its_worker_writes_no_more(
        self, variants: list[Variant], brand: Brand
    ) -> None:
        work = asked(brand)
        lease = claim(work)
        rescreen_cancel(rescreen=work)
        with pytest.raises(WorkStopped):
            rescreenings_write(lease=lease, rescreen=work, results=[(variants[0], verdict(variants[0]))])
        with nothing_changes(), pytest.raises(StateConflict):
            rescreen_cancel(rescreen=work)

    def test_a_dead_one_goes_on_where_it_stopped_unless_another_is_open(
        self, variants: list[Variant], brand: Brand, small_slices: None
    ) -> None:
        work = asked(brand)
        rescreen(work, verdict)
        Rescreen.objects.filter(pk=work.pk).update(state=WorkState.DEAD)
        rescreen_retry(rescreen=work)
        work.refresh_from_db()
        assert (work.state, work.cursor) == (WorkState.QUEUED, variants[2].pk)
        Rescreen.objects.filter(pk=work.pk).update(state=WorkState.DEAD)
        asked(brand)
        with nothing_changes(), pytest.raises(StateConflict, match="under way"):
            rescreen_retry(rescreen=work)

    def test_a_worker_is_woken_for_it_and_it_is_buried_like_other_work(
        self, variants: list[Variant], brand: Brand
    ) -> None:
        work = asked(brand)
        assert (queue.RESCREEN, work.pk) in sweep()
        claim(work)
        expire(work)
        Rescreen.objects.filter(pk=work.pk).update(attempts=99)
        assert sweep() == []
        work.refresh_from_db()
        assert work.state == WorkState.DEAD


class TestSlices:
    def test_lines_in_the_queue_and_in_the_feed_are_met_once_each_in_slices(
        self, variants: list[Variant], approved: Variant, batch: Batch, brand: Brand, small_slices: None
    ) -> None:
        others = [
            screened_variant(batch=batch, index=60 + number, state=VariantState(other))
            for number, other in enumerate(("blocked", "rejected", "edited", "withdrawn"))
        ]
        work = asked(brand)
        met = []
        while work.state == WorkState.QUEUED:
            met += rescreen(work, lambda line: verdict(line, version="screen-2"))
        assert met == [*variants, approved]
        assert (work.state, work.screened) == (WorkState.DONE, 5)
        assert all(line.screenings.count() == 1 for line in others)
        assert {line.screenings.latest("id").version_id for line in met} == {"screen-2"}

    def test_other_work_has_its_turn_between_slices(
        self, variants: list[Variant], brand: Brand, small_slices: None
    ) -> None:
        work = asked(brand)
        rescreen(work, verdict)
        assert (work.state, work.attempts, work.lease_expires_at) == (WorkState.QUEUED, 0, None)
        assert (queue.RESCREEN, work.pk) in sweep()

    def test_a_worker_killed_in_the_middle_costs_what_it_had_in_hand(
        self, variants: list[Variant], brand: Brand
    ) -> None:
        work = asked(brand)
        lease = claim(work)
        first, second, third, fourth = variants
        results = [(first, verdict(first)), (second, verdict(second, "flag", finding=CLAIM))]
        rescreenings_write(lease=lease, rescreen=work, results=results)
        expire(work)
        assert rescreen(work, lambda line: verdict(line, version="screen-1")) == [third, fourth]
        assert (work.state, work.screened) == (WorkState.DONE, 4)
        assert Screening.objects.filter(rescreen=work).count() == 4
        with pytest.raises(WorkStopped):
            rescreenings_write(lease=lease, rescreen=work, results=results)

    def test_a_kill_between_a_failing_line_and_the_cursor_doubles_nothing(
        self, variants: list[Variant], approved: Variant, brand: Brand
    ) -> None:
        """The failing line's verdict is stored before the others'; it is met again."""
        work = asked(brand)
        lease = claim(work)
        rescreenings_write(
            lease=lease, rescreen=work, results=[(approved, verdict(approved, "flag", finding=CLAIM))]
        )
        Rescreen.objects.filter(pk=work.pk).update(cursor=0, screened=0)
        expire(work)
        rescreen(
            work, lambda line: verdict(line, "flag", finding=CLAIM) if line == approved else verdict(line)
        )
        assert approved.screenings.filter(rescreen=work).count() == 1
        assert (Recheck.objects.count(), work.listed) == (1, 1)

    def test_a_slice_costs_the_same_however_many_lines_are_left(
        self, batch: Batch, brand: Brand, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        for index in range(3):
            screened_variant(batch=batch, index=index)
        work = asked(brand)
        with django_assert_num_queries(3):
            assert len([brief_spec(line.batch.brief) for line in next_slice(work).lines]) == 3
        for index in range(3, 40):
            screened_variant(batch=batch, index=index)
        assert asked(brand) == work
        work = Rescreen.objects.select_related("brand").get()
        with django_assert_num_queries(3):
            assert len([brief_spec(line.batch.brief) for line in next_slice(work).lines]) == 40
