"""Briefs as they come in."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction

from adgen.errors import StateConflict
from adgen.models import Brand, Brief, Campaign
from adgen.spec import BriefSpec

DEFAULT_CAMPAIGN = "General"


def brief_create(*, brand: Brand, spec: BriefSpec, created_by: User | None) -> Brief:
    """Store a checked brief; its campaign is made where the brand has none of that name."""
    [brief] = briefs_create(briefs=[(brand, spec)], created_by=created_by)
    return brief


def briefs_create(*, briefs: Sequence[tuple[Brand, BriefSpec]], created_by: User | None) -> list[Brief]:
    """Store checked briefs, all or none, in few statements: while they run, nobody else can write."""
    campaigns: dict[tuple[int, str], Campaign] = {}
    rows = []
    with transaction.atomic():
        for brand, spec in briefs:
            name = spec.campaign or DEFAULT_CAMPAIGN
            if (brand.pk, name) not in campaigns:
                campaigns[brand.pk, name], _ = Campaign.objects.get_or_create(brand=brand, name=name)
            rows.append(_brief(brand, campaigns[brand.pk, name], spec, created_by))
        return Brief.objects.bulk_create(rows, batch_size=500)


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


def campaign_create(*, brand: Brand, name: str, deadline: date | None = None) -> Campaign:
    try:
        with transaction.atomic():
            return Campaign.objects.create(brand=brand, name=name, deadline=deadline)
    except IntegrityError:
        raise StateConflict(f"{brand} has a campaign {name!r} already.") from None
