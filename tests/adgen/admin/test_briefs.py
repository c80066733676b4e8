"""Briefs at the admin site."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from adgen.admin.forms import slot_field
from adgen.channels import slot_formats
from adgen.models import Batch, Brand, Brief, Campaign
from tests.factories import BriefFactory

ADD = "/admin/adgen/brief/add/"


def form(of: Brand, **changes: str) -> dict[str, str]:
    return {
        "brand": str(of.pk),
        "campaign": "Spring",
        "product": "espresso subscription",
        "messages": "roasted on Mondays\r\n\r\n skip any month \r\n",
        "tone": "playful",
        "url": "https://example.com/espresso",
        "must_avoid": "cheap",
        "slot_google_rsa__headline": "30",
        "slot_meta__primary_text": "5",
        **changes,
    }


def faults(answer: Any) -> dict[str, list[str]]:
    """What the form says is wrong, by field; nothing may have been stored."""
    assert answer.status_code == 200
    assert not Brief.objects.exists()
    assert not Campaign.objects.exists()
    errors: dict[str, list[str]] = answer.context["adminform"].form.errors
    return errors


def test_a_brief_is_stored_and_leads_to_its_page(brand: Brand, as_marketer: Client) -> None:
    answer = as_marketer.post(ADD, form(brand))
    brief = Brief.objects.get()
    assert answer["Location"] == f"/admin/adgen/brief/{brief.pk}/change/"
    assert (brief.brand, brief.campaign.name, brief.tone) == (brand, "Spring", "playful")
    assert brief.messages == ["roasted on Mondays", "skip any month"]
    assert brief.slots == {"google_rsa.headline": 30, "meta.primary_text": 5}
    assert brief.created_by is not None
    assert brief.created_by.username == "marketer"


@pytest.mark.parametrize(
    ("change", "field", "says"),
    [
        ({"product": ""}, "product", "Required: 1 to 120"),
        ({"product": "x" * 121}, "product", "at most 120"),
        ({"messages": "x" * 161}, "messages", "at most 160"),
        ({"messages": "\n".join(f"{n}" for n in range(13))}, "messages", "at most 12"),
        ({"url": "javascript:alert(1)"}, "url", "https://"),
        ({"must_include": "not cheap"}, "must_include", "avoided"),
        ({"slot_google_rsa__headline": "501"}, "slot_google_rsa__headline", "500"),
        ({"slot_google_rsa__headline": "", "slot_meta__primary_text": ""}, "__all__", "Lines wanted"),
        ({"brand": ""}, "brand", "required"),
        ({"product": "be\x07ans"}, "product", "U+0007"),
    ],
)
def test_a_faulty_field_is_named_as_in_the_api(
    brand: Brand, as_marketer: Client, change: dict[str, str], field: str, says: str
) -> None:
    errors = faults(as_marketer.post(ADD, form(brand, **change)))
    assert says in " ".join(errors[field])


def test_a_word_that_the_brand_never_uses_cannot_be_asked_for(brand: Brand, as_marketer: Client) -> None:
    Brand.objects.filter(pk=brand.pk).update(banned_words=["miracle"])
    errors = faults(as_marketer.post(ADD, form(brand, must_include="a miracle")))
    assert "'miracle', which must be avoided" in " ".join(errors["must_include"])


def test_a_brand_of_others_cannot_be_chosen(brand: Brand, other_brand: Brand, as_marketer: Client) -> None:
    assert other_brand.name not in as_marketer.get(ADD).content.decode()
    assert "brand" in faults(as_marketer.post(ADD, form(other_brand)))


def test_the_only_brand_is_chosen_already(brand: Brand, as_marketer: Client) -> None:
    assert f'<option value="{brand.pk}" selected>' in as_marketer.get(ADD).content.decode()


def test_every_slot_is_offered_with_its_channel_and_what_the_platform_takes(
    brand: Brand, as_marketer: Client
) -> None:
    page = as_marketer.get(ADD).content.decode()
    for slot in slot_formats().values():
        assert f'name="{slot_field(slot.slot)}"' in page
        assert f'aria-label="{slot.label}"' in page
        assert f"Lines wanted: {slot.channel}" in page
    assert "At most 30 characters; an ad takes 3 to 15." in page
    assert "Shows 40 characters, better 27; an ad takes 1 to 5." in page
    assert "At most 70 characters; an ad takes up to 1." in page


def test_a_reviewer_reads_briefs_and_writes_none(brief: Brief, as_reviewer: Client) -> None:
    page = as_reviewer.get(f"/admin/adgen/brief/{brief.pk}/change/").content.decode()
    assert brief.product in page
    assert "Generate" not in page
    assert as_reviewer.get(ADD).status_code == 403
    assert as_reviewer.post(ADD, form(brief.brand)).status_code == 403
    assert as_reviewer.post(f"/admin/adgen/brief/{brief.pk}/generate/").status_code == 403
    assert Brief.objects.count() == 1
    assert not Batch.objects.exists()


def test_a_stored_brief_cannot_be_changed(brief: Brief, as_owner: Client) -> None:
    """What was written for it must stay true; a copy can be changed."""
    address = f"/admin/adgen/brief/{brief.pk}/change/"
    assert as_owner.post(address, form(brief.brand, product="another")).status_code == 403
    assert Brief.objects.get().product == brief.product
    copy = as_owner.get(f"{ADD}?copy={brief.pk}").context["adminform"].form
    assert copy["product"].value() == brief.product
    assert copy["slot_google_rsa__headline"].value() == brief.slots["google_rsa.headline"]


def test_a_brief_of_others_cannot_be_copied(other_brand: Brand, as_owner: Client) -> None:
    foreign = BriefFactory.create(brand=other_brand)
    assert as_owner.get(f"{ADD}?copy={foreign.pk}").status_code == 404


def test_generate_asks_for_a_batch_and_leads_to_it(brief: Brief, as_marketer: Client) -> None:
    answer = as_marketer.post(f"/admin/adgen/brief/{brief.pk}/generate/")
    batch = Batch.objects.get()
    assert answer["Location"] == f"/admin/adgen/batch/{batch.pk}/change/"
    assert batch.requested_by is not None
    assert (batch.brief, batch.requested_by.username) == (brief, "marketer")


def test_a_link_presses_no_button(brief: Brief, as_marketer: Client) -> None:
    assert as_marketer.get(f"/admin/adgen/brief/{brief.pk}/generate/").status_code == 405
    assert not Batch.objects.exists()


def test_a_page_of_another_site_presses_no_button(brief: Brief, marketer: Any) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(marketer)
    assert client.post(f"/admin/adgen/brief/{brief.pk}/generate/").status_code == 403
    assert not Batch.objects.exists()


def test_many_briefs_are_generated_from_the_list(brief: Brief, as_marketer: Client) -> None:
    second = BriefFactory.create(brand=brief.brand)
    chosen = {"action": "generate_all", "_selected_action": [brief.pk, second.pk]}
    as_marketer.post("/admin/adgen/brief/", chosen)
    assert {batch.brief for batch in Batch.objects.all()} == {brief, second}


def test_from_the_list_a_reviewer_generates_nothing(brief: Brief, as_reviewer: Client) -> None:
    as_reviewer.post("/admin/adgen/brief/", {"action": "generate_all", "_selected_action": [brief.pk]})
    assert not Batch.objects.exists()


def test_a_campaign_becomes_special_by_form_of_a_brief(brand: Brand, as_marketer: Client) -> None:
    as_marketer.post(ADD, form(brand, special_category="employment"))
    campaign = Campaign.objects.get()
    assert campaign.special_category == "employment"
    brief = Brief.objects.get()
    page = as_marketer.get(f"/admin/adgen/brief/{brief.pk}/change/").content.decode()
    assert "employment" in page
    copy = as_marketer.get(ADD, {"copy": brief.pk})
    assert copy.status_code == 200
    errors = as_marketer.post(ADD, form(brand, special_category="housing")).context["adminform"].form.errors
    assert "employment" in errors["special_category"][0]
    assert Brief.objects.count() == 1


def test_a_campaigns_category_is_changed_by_its_form(brief: Brief, as_marketer: Client) -> None:
    campaign = brief.campaign
    fields = {"brand": str(campaign.brand_id), "name": campaign.name, "special_category": "housing"}
    as_marketer.post(f"/admin/adgen/campaign/{campaign.pk}/change/", fields)
    campaign.refresh_from_db()
    assert campaign.special_category == "housing"
    faulty = as_marketer.post(
        f"/admin/adgen/campaign/{campaign.pk}/change/", fields | {"special_category": "cars"}
    )
    assert "special_category" in faulty.context["adminform"].form.errors
