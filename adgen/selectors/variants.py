"""Variants with what the screen says about them."""

from __future__ import annotations

from django.db.models import OuterRef, QuerySet, Subquery

from adgen.models import Screening, Variant


def latest_verdict() -> Subquery:
    """The verdict of a variant's latest screening, None before the first: an annotation of variants."""
    return Subquery(Screening.objects.filter(variant=OuterRef("pk")).order_by("-id").values("verdict")[:1])


def variants_with_verdict() -> QuerySet[Variant]:
    """All variants, each with its `latest_verdict` as `verdict`."""
    return Variant.objects.annotate(verdict=latest_verdict())
