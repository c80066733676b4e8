"""Variants with what the screen says about them."""

from __future__ import annotations

from django.db.models import OuterRef, QuerySet, Subquery

from adgen.models import Screening, Variant


def variants_with_verdict() -> QuerySet[Variant]:
    """All variants, each with `verdict`: that of its latest screening, None before the first."""
    latest = Screening.objects.filter(variant=OuterRef("pk")).order_by("-id").values("verdict")[:1]
    return Variant.objects.annotate(verdict=Subquery(latest))
