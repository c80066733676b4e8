"""A constraint that several models share."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import models


def one_of(field: str, values: Iterable[str], *, name: str) -> models.CheckConstraint:
    """A database constraint: `field` holds one of `values`."""
    return models.CheckConstraint(condition=models.Q(**{f"{field}__in": sorted(values)}), name=name)
