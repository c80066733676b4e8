"""Finding the brand that a brief names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models import Q, QuerySet

from adgen.errors import Invalid, NotFound
from adgen.models import Brand


def brand_named(brands: QuerySet[Brand], name: str) -> Brand:
    """The one of `brands` with this slug or name; raises NotFound, whether or not others have one."""
    named = brands.filter(Q(slug=name) | Q(name=name))
    # One brand's name may be another's slug; the slug wins.
    brand = min(named, key=lambda brand: brand.slug != name, default=None)
    if brand is None:
        detail = f"No brand {name!r} that you belong to; give its name or its slug."
        raise NotFound(detail, fields={"brand": [detail]})
    return brand


def refuse_other_voice(brand: Brand, given: object) -> None:
    """Raise Invalid where a brief's `brand` object says other things about the brand than are stored.

    A brief is read in the brand's stored voice; to take another one silently would mislead its author.
    """
    if not isinstance(given, Mapping):
        return
    stored: dict[str, Any] = {
        "language": brand.language,
        "voice": brand.voice,
        "special_category": brand.special_category or None,
        "banned_words": brand.banned_words,
        "required_words": brand.required_words,
        "competitors": brand.competitors,
    }
    faults = {
        f"brand.{field}": [f"The brand has {value!r}; leave it out here, or change it on the brand."]
        for field, value in stored.items()
        if given.get(field) not in (None, "", value)
    }
    faults |= {
        f"brand.{field}": [f"The brand has its own {field}; leave them out here, or add them to the brand."]
        for field in ("facts", "exemplars")
        if given.get(field)
    }
    if faults:
        raise Invalid(f"The brief describes {brand} otherwise than it is stored.", fields=faults)
