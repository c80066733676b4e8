"""Which adapter writes for a brand."""

from __future__ import annotations

from adgen.errors import NotFound
from adgen.models import Adapter, AdapterStatus, Brand
from adgen.selectors.brands import brand_named


def champion_of(brand: Brand) -> Adapter | None:
    """The brand's champion, or None while it writes with the base model alone."""
    return Adapter.objects.filter(brand=brand, status=AdapterStatus.CHAMPION).first()


def champion_adapter(brand_name: str) -> Adapter | None:
    """The champion of the brand with this slug or name; None also where there is no such brand."""
    try:
        return champion_of(brand_named(Brand.objects.all(), brand_name))
    except NotFound:
        return None
