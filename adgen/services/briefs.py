"""Briefs as they come in."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction

from adgen.errors import StateConflict
from adgen.models import Brand, Brief, Campaign, RescreenReason
from adgen.selectors.briefs import campaign_name
from adgen.services.rescreens import rescreen_request
from adgen.spec import BriefSpec


def brief_create(*, brand: Brand, spec: BriefSpec, created_by: User | None) -> Brief:
    """Store a checked brief; its campaign is made where the brand has none of that name."""
    [brief] = briefs_create(briefs=[(brand, spec)], created_by=created_by)
    return brief


def briefs_create(*, briefs: Sequence[tuple[Brand, BriefSpec]], created_by: User | None) -> list[Brief]:
    """Store checked briefs, all or none, in few statements: while they run, nobody else can write.

    A new campaign takes the special ad category of its briefs (`refuse_other_category` keeps them alike).
    """
    campaigns: dict[tuple[int, str], Campaign] = {}
    rows = []
    with transaction.atomic():
        for (brand, name), category in _categories(briefs).items():
            campaign, _ = Campaign.objects.get_or_create(
                brand=brand, name=name, defaults={"special_category": category}
            )
            if category and campaign.special_category != category:
                raise StateConflict(f"The campaign {name!r} is no {category} campaign; nothing was stored.")
            campaigns[brand.pk, name] = campaign
        for brand, spec in briefs:
            rows.append(_brief(brand, campaigns[brand.pk, campaign_name(spec)], spec, created_by))
        return Brief.objects.bulk_create(rows, batch_size=500)


def _categories(briefs: Sequence[tuple[Brand, BriefSpec]]) -> dict[tuple[Brand, str], str]:
    """The campaigns that briefs name, each with the special ad category that one of them gives."""
    categories: dict[tuple[Brand, str], str] = {}
    for brand, spec in briefs:
        key = (brand, campaign_name(spec))
        categories[key] = categories.get(key) or spec.special_category or ""
    return categories


def _brief(brand: Brand, campaign: Campaign, spec: BriefSpec, created_by: User | None) -> Brief:
    return Brief(
        brand=brand,
        campaign=campaign,
        product=spec.product,
        audience=spec.audience,
        messages=list(spec.messages),
        offer=spec.offer,
        tone=spec.tone,
        keywords=list(spec.keywords),
        url=spec.url,
        must_include=list(spec.must_include),
        must_avoid=list(spec.must_avoid),
        slots=dict(spec.slots),
        created_by=created_by,
    )


def campaign_create(
    *, brand: Brand, name: str, deadline: date | None = None, special_category: str = ""
) -> Campaign:
    try:
        with transaction.atomic():
            return Campaign.objects.create(
                brand=brand, name=name, deadline=deadline, special_category=special_category
            )
    except IntegrityError:
        raise StateConflict(f"{brand} has a campaign {name!r} already.") from None


def campaign_change(*, campaign: Campaign, fields: Sequence[str]) -> None:
    """Store `fields`. With another special ad category the brand's lines are screened again.

    With another deadline its lines in the queue move to their new place within a few sweeps.
    """
    if "deadline" in fields:
        campaign.deadline_moved, fields = True, [*fields, "deadline_moved"]
    with transaction.atomic():
        campaign.save(update_fields=fields)
        if "special_category" in fields:
            rescreen_request(brand=campaign.brand, reason=RescreenReason.BRAND)
