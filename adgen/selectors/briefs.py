"""Briefs as the ML code takes them."""

from __future__ import annotations

from adgen.models import Brand, Brief
from adgen.spec import BrandSpec, BriefSpec


def brand_spec(brand: Brand) -> BrandSpec:
    return BrandSpec(
        name=brand.name,
        language=brand.language,
        voice=brand.voice,
        special_category=brand.special_category or None,
        banned_words=tuple(brand.banned_words),
    )


def brief_spec(brief: Brief) -> BriefSpec:
    return BriefSpec(
        brand=brand_spec(brief.brand),
        product=brief.product,
        slots=dict(brief.slots),
        campaign=brief.campaign.name,
        audience=brief.audience,
        messages=tuple(brief.messages),
        offer=brief.offer,
        tone=brief.tone,
        keywords=tuple(brief.keywords),
        url=brief.url,
        must_include=tuple(brief.must_include),
        must_avoid=tuple(brief.must_avoid),
    )
