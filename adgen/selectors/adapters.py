"""Which adapter writes for a brand."""

from __future__ import annotations

from django.db.models import Q

from adgen.models import Adapter, AdapterStatus, Brand


def champion_of(brand: Brand) -> Adapter | None:
    """The brand's champion, or None while it writes with the base model alone."""
    return Adapter.objects.filter(brand=brand, status=AdapterStatus.CHAMPION).first()


def champion_adapter(brand_name: str) -> Adapter | None:
    """The champion of the brand with this name or slug."""
    brand = Q(brand__name=brand_name) | Q(brand__slug=brand_name)
    return Adapter.objects.filter(brand, status=AdapterStatus.CHAMPION).first()
