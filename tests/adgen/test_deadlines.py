"""Lines in the queue follow their campaign's deadline, a few with each sweep."""

from __future__ import annotations

from datetime import date

import pytest
from django.contrib.auth.models import User
from django.test import Client

from adgen.models import Batch, Campaign, Variant, VariantState
from adgen.models.briefs import NO_DEADLINE
from adgen.services.sweep import sweep
from tests.factories import BatchFactory, screened_variant
from tests.review.acts import set_deadline

SOON, LATER = date(2030, 11, 28), date(2030, 12, 5)


def dues() -> list[date]:
    return list(Variant.objects.order_by("pk").values_list("due", flat=True))


def test_a_sweep_moves_waiting_lines_of_the_campaign_alone(batch: Batch) -> None:
    moving = screened_variant(batch=batch, index=0)
    decided = screened_variant(batch=batch, index=1, state=VariantState.REJECTED)
    screened_variant(batch=BatchFactory.create(brief__brand=batch.brand), index=0)
    set_deadline(batch.brief.campaign, SOON)
    assert Variant.objects.filter(due=SOON).count() == 0
    sweep()
    assert list(Variant.objects.filter(due=SOON)) == [moving]
    set_deadline(batch.brief.campaign, None)
    sweep()
    assert dues() == [NO_DEADLINE] * 3
    assert decided.due == NO_DEADLINE


def test_a_long_queue_moves_bit_by_bit(batch: Batch, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("adgen.services.deadlines._STEP", 2)
    monkeypatch.setattr("adgen.services.deadlines._STEPS_PER_SWEEP", 2)
    for index in range(7):
        screened_variant(batch=batch, index=index)
    set_deadline(batch.brief.campaign, SOON)
    moved = []
    while Campaign.objects.filter(deadline_moved=True).exists():
        sweep()
        moved.append(dues().count(SOON))
    # The last sweep finds nothing left to move.
    assert moved == [4, 7, 7]


def test_a_deadline_that_changes_on_the_way_holds(batch: Batch, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("adgen.services.deadlines._STEP", 2)
    monkeypatch.setattr("adgen.services.deadlines._STEPS_PER_SWEEP", 1)
    for index in range(3):
        screened_variant(batch=batch, index=index)
    for deadline in (SOON, LATER):
        set_deadline(batch.brief.campaign, deadline)
        sweep()
    while Campaign.objects.filter(deadline_moved=True).exists():
        sweep()
    assert dues() == [LATER] * 3


def test_a_deadline_changed_on_the_campaign_s_page_moves_them_too(
    batch: Batch, marketer: User, client: Client
) -> None:
    screened_variant(batch=batch, index=0)
    campaign = batch.brief.campaign
    form = {"brand": campaign.brand_id, "name": campaign.name, "deadline": "2030-11-28"}
    client.force_login(marketer)
    answer = client.post(f"/admin/adgen/campaign/{campaign.pk}/change/", form)
    assert answer.status_code == 302
    sweep()
    assert dues() == [SOON]
