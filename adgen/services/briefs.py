"""Briefs as they come in."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.db import transaction

from adgen.models import Brand, Brief, Campaign
from adgen.spec import BriefSpec

DEFAULT_CAMPAIGN = "General"


def brief_create(*, brand: Brand, spec: BriefSpec, created_by: User | None) -> Brief:
    """Store a checked brief; its campaign is made where the brand has none of that name."""
    with transaction.atomic():
        campaign, _ = Campaign.objects.get_or_create(brand=brand, name=spec.campaign or DEFAULT_CAMPAIGN)
        return Brief.objects.create(
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
