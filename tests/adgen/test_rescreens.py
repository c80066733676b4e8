"""Screening again: what asks for it, which lines it meets, and what becomes of those that fail."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from adgen import queue
from adgen.errors import Invalid, NotAllowed, NotFound, StateConflict, WorkStopped
from adgen.models import (
    Batch,
    Brand,
    Fact,
    Recheck,
    Release,
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
from adgen.services.brands import brand_change
from adgen.services.briefs import campaign_change
from adgen.services.facts import fact_add, fact_change, fact_remove
from adgen.services.rescreens import (
    rescreen_cancel,
    rescreen_request,
    rescreen_retry,
    rescreenings_write,
    screen_version_note,
)
from adgen.services.sweep import sweep
from adgen.services.variants import variant_release
from adgen.spec import Finding
from tests.factories import (
    VariantFactory,
    finding,
    old,
    screened_variant,
)
from tests.work import at_once, claim, expire, rescreen, verdict

pytestmark = pytest.mark.django_db

CLAIM = Finding("claims.number", "flag", 0, 5, "“50%”: nothing backs it.")
SLUR = Finding("model.toxicity", "block", 0, 5, "Reads as rude (toxicity 0.97, flagged from 0.50).")


def note(digest: str = "screen-2") -> None:
    screen_version_note(digest=digest, model="starter", model_sha256="1" * 64, thresholds={})


def asked(brand: Brand, reason: RescreenReason = RescreenReason.ASKED) -> Rescreen:
    work = rescreen_request(brand=brand, reason=reason)
    assert work is not None
    return work


def finish(work: Rescreen) -> None:
    """Work it off; everything passes."""
    while work.state == WorkState.QUEUED:
        Rescreen.objects.filter(pk=work.pk).update(available_at=old(1))
        rescreen(work, lambda line: verdict(line, version="screen-2"))


def state(line: Variant) -> str:
    return str(Variant.objects.values_list("state", flat=True).get(pk=line.pk))


@contextmanager
def nothing_changes() -> Iterator[None]:
    def rows() -> list[list[tuple[object, ...]]]:
        models = (Rescreen, Variant, Screening, Recheck, Release, Fact)
        return [list(model._default_manager.order_by("pk").values_list()) for model in models]

    before = rows()
    yield
    assert rows() == before


@pytest.fixture
def approved(batch: Batch) -> Variant:
    return screened_variant(batch=batch, index=50, text="Half price in May", state=VariantState.APPROVED)


@pytest.fixture
def small_slices(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rescreens, "SLICE", 3)


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


class TestVerdicts:
    def test_a_blocked_line_leaves_the_queue(self, variants: list[Variant], brand: Brand) -> None:
        work = asked(brand)
        rescreen(
            work, lambda line: verdict(line, "block", finding=SLUR) if line == variants[1] else verdict(line)
        )
        assert [state(line) for line in variants] == ["pending", "blocked", "pending", "pending"]
        assert (work.blocked, work.listed) == (1, 0)

    def test_a_flagged_line_stays_with_its_new_reasons(self, variants: list[Variant], brand: Brand) -> None:
        rescreen(asked(brand), lambda line: verdict(line, "flag", finding=CLAIM))
        assert {state(line) for line in variants} == {"pending"}
        assert variants[0].screenings.latest("id").findings[0]["rule"] == "claims.number"

    def test_an_edit_that_was_about_to_be_published_takes_a_second_look(
        self, batch: Batch, brand: Brand
    ) -> None:
        flagged, blocked, passed = (
            screened_variant(batch=batch, index=index, state=VariantState.CLEARED) for index in range(3)
        )
        verdicts = {
            flagged: lambda: verdict(flagged, "flag", finding=CLAIM),
            blocked: lambda: verdict(blocked, "block", finding=SLUR),
            passed: lambda: verdict(passed),
        }
        rescreen(asked(brand), lambda line: verdicts[line]())
        assert [state(line) for line in (flagged, blocked, passed)] == ["pending", "blocked", "cleared"]

    @pytest.mark.parametrize("said", [("flag", CLAIM), ("block", SLUR)])
    def test_an_approved_line_that_fails_is_listed_and_stays_in_the_feed(
        self, approved: Variant, brand: Brand, said: tuple[str, Finding]
    ) -> None:
        work = asked(brand)
        rescreen(work, lambda line: verdict(line, said[0], finding=said[1]))  # type: ignore[arg-type]
        assert state(approved) == "approved"
        listed = Recheck.objects.get()
        assert (listed.variant, listed.brand, listed.state) == (approved, brand, "open")
        assert listed.screening.findings[0]["rule"] == said[1].rule
        assert (work.listed, work.blocked) == (1, 0)

    def test_what_a_person_has_seen_lists_no_line(self, batch: Batch, brand: Brand) -> None:
        """The line was flagged for the same reason when it was approved."""
        seen = finding(message=CLAIM.message) | {"rule": CLAIM.rule}
        screened_variant(batch=batch, verdict="flag", findings=[seen], state=VariantState.APPROVED)
        rescreen(asked(brand), lambda line: verdict(line, "flag", finding=CLAIM))
        assert not Recheck.objects.exists()

    def test_a_listed_line_is_remembered_once_until_it_is_dealt_with(
        self, approved: Variant, brand: Brand
    ) -> None:
        rescreen(asked(brand), lambda line: verdict(line, "flag", finding=CLAIM))
        rescreen(asked(brand), lambda line: verdict(line, "block", finding=SLUR))
        listed = Recheck.objects.get()
        assert listed.screening.verdict == "block"
        finish(asked(brand))
        assert Recheck.objects.get().state == "open"

    def test_a_line_approved_while_it_is_screened_is_listed(
        self, variants: list[Variant], brand: Brand
    ) -> None:
        line = variants[0]

        def approve_meanwhile(met: Variant) -> object:
            Variant.objects.filter(pk=line.pk).update(state=VariantState.APPROVED)
            return verdict(met, "block", finding=SLUR) if met == line else verdict(met)

        rescreen(asked(brand), approve_meanwhile)  # type: ignore[arg-type]
        assert state(line) == "approved"
        assert Recheck.objects.get().variant == line


class TestReleases:
    @pytest.fixture
    def blocked(self, batch: Batch) -> Variant:
        return screened_variant(
            batch=batch, index=70, text="Damn fine coffee", verdict="block", state=VariantState.BLOCKED
        )

    def test_a_manager_shows_a_blocked_line_and_says_why(self, blocked: Variant, owner: User) -> None:
        release = variant_release(variant=blocked, manager=owner, note=" an idiom ")
        assert (release.manager, release.note, release.screening.verdict) == (owner, "an idiom", "block")
        assert state(blocked) == "pending"

    def test_a_released_line_is_not_taken_out_of_the_queue_again(
        self, blocked: Variant, owner: User, brand: Brand
    ) -> None:
        variant_release(variant=blocked, manager=owner, note="an idiom")
        rescreen(asked(brand), lambda line: verdict(line, "block", finding=SLUR))
        assert state(blocked) == "pending"
        assert blocked.screenings.latest("id").verdict == "block"

    def test_nobody_else_may_and_a_note_is_needed(
        self, blocked: Variant, variants: list[Variant], owner: User, reviewer: User, outsider: User
    ) -> None:
        for user, line, reason, refusal in (
            (reviewer, blocked, "fine", NotAllowed),
            (outsider, blocked, "fine", NotFound),
            (owner, blocked, "  ", Invalid),
            (owner, blocked, "n" * 501, Invalid),
            (owner, variants[0], "fine", StateConflict),
        ):
            with nothing_changes(), pytest.raises(refusal):
                variant_release(variant=line, manager=user, note=reason)


class TestFactsAndRules:
    @pytest.fixture
    def fact(self, brand: Brand, variants: list[Variant]) -> Fact:
        return Fact.objects.get()

    def test_each_change_of_a_claim_asks_for_a_rescreen(self, fact: Fact, brand: Brand) -> None:
        fact_change(fact=fact, changes={"object": "on Tuesdays"})
        finish(Rescreen.objects.get())
        mugs = fact_add(
            brand=brand, subject="mugs", relation="hold", object="300 ml", is_claim=True, evidence="label"
        )
        finish(Rescreen.objects.get(state=WorkState.QUEUED))
        fact_remove(fact=mugs)
        assert Rescreen.objects.filter(reason=RescreenReason.BRAND).count() == 3

    def test_what_copy_may_not_state_changes_nothing(self, fact: Fact, brand: Brand) -> None:
        plain = fact_add(brand=brand, subject="mugs", relation="come from", object="Bergen")
        fact_change(fact=plain, changes={"object": "Oslo"})
        fact_remove(fact=plain)
        assert not Rescreen.objects.exists()

    def test_a_fact_that_becomes_a_claim_needs_evidence(self, fact: Fact, brand: Brand) -> None:
        plain = fact_add(brand=brand, subject="mugs", relation="come from", object="Bergen")
        with nothing_changes(), pytest.raises(Invalid, match="evidence"):
            fact_change(fact=plain, changes={"is_claim": True})

    def test_changes_in_a_row_cost_one_rescreen(self, fact: Fact, brand: Brand) -> None:
        for number in range(5):
            fact_change(fact=fact, changes={"object": f"on day {number}"})
        work = Rescreen.objects.get()
        assert work.available_at > timezone.now()
        assert sweep() == []

    @pytest.mark.parametrize("field", ["banned_words", "required_words", "competitors"])
    def test_another_rule_of_the_brand_asks_for_a_rescreen(
        self, variants: list[Variant], brand: Brand, owner: User, field: str
    ) -> None:
        setattr(brand, field, ["espresso"])
        brand_change(brand=brand, fields=[field], by=owner)
        assert Rescreen.objects.get().reason == RescreenReason.BRAND

    def test_another_voice_does_not(self, variants: list[Variant], brand: Brand, owner: User) -> None:
        brand.voice = "loud"
        brand_change(brand=brand, fields=["voice"], by=owner)
        assert not Rescreen.objects.exists()

    def test_a_campaign_that_becomes_special_asks_for_a_rescreen(
        self, variants: list[Variant], batch: Batch
    ) -> None:
        campaign = batch.brief.campaign
        campaign.special_category = "housing"
        campaign_change(campaign=campaign, fields=["special_category"])
        assert Rescreen.objects.get().reason == RescreenReason.BRAND

    def test_an_expired_claim_asks_for_a_rescreen_once(self, fact: Fact) -> None:
        yesterday = timezone.localdate() - timedelta(days=1)
        Fact.objects.filter(pk=fact.pk).update(expires_on=yesterday)
        sweep()
        work = Rescreen.objects.get()
        assert work.reason == RescreenReason.EXPIRY
        finish(work)
        sweep()
        assert Rescreen.objects.count() == 1

    def test_a_claim_holds_until_the_end_of_its_last_day(self, fact: Fact) -> None:
        Fact.objects.filter(pk=fact.pk).update(expires_on=timezone.localdate())
        sweep()
        assert not Rescreen.objects.exists()

    def test_a_renewed_claim_is_noticed_again_when_it_expires_again(self, fact: Fact) -> None:
        Fact.objects.filter(pk=fact.pk).update(lapse_noticed=True)
        renewed = fact_change(fact=fact, changes={"expires_on": timezone.localdate() + timedelta(days=1)})
        assert not renewed.lapse_noticed

    @pytest.mark.django_db(transaction=True)
    def test_sweeps_at_once_notice_an_expiry_once(self, fact: Fact) -> None:
        Fact.objects.filter(pk=fact.pk).update(expires_on=timezone.localdate() - timedelta(days=1))
        at_once(4, lambda number: sweep())
        assert Rescreen.objects.count() == 1
