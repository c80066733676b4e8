"""What becomes of lines that fail when they are screened again, and of blocked ones that a manager shows."""

from __future__ import annotations

from dataclasses import asdict

import pytest
from django.contrib.auth.models import User

from adgen.errors import Invalid, NotAllowed, NotFound, StateConflict
from adgen.models import (
    Batch,
    Brand,
    Recheck,
    Variant,
    VariantState,
)
from adgen.services.variants import variant_release
from adgen.spec import Finding
from tests.adgen.rescreening import CLAIM, SLUR, asked, finish, nothing_changes, state
from tests.factories import (
    screened_variant,
)
from tests.work import rescreen, verdict

pytestmark = pytest.mark.django_db


@pytest.fixture
def approved(batch: Batch) -> Variant:
    return screened_variant(batch=batch, index=50, text="Half price in May", state=VariantState.APPROVED)


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
        seen = asdict(CLAIM) | {"message": "“50%” is backed by nothing."}
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
