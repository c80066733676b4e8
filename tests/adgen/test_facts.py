"""Facts and rules of a brand: a change of what copy rests on has its lines screened again."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from adgen.errors import Invalid
from adgen.models import (
    Batch,
    Brand,
    Fact,
    Rescreen,
    RescreenReason,
    Variant,
    WorkState,
)
from adgen.services.brands import brand_change
from adgen.services.briefs import campaign_change
from adgen.services.facts import fact_add, fact_change, fact_remove
from adgen.services.sweep import sweep
from tests.adgen.rescreening import finish, nothing_changes
from tests.work import at_once

pytestmark = pytest.mark.django_db


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
