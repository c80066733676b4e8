"""Small helpers that several models share."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable

from django.db import models


def one_of(field: str, values: Iterable[str], *, name: str) -> models.CheckConstraint:
    """A database constraint: `field` holds one of `values`."""
    return models.CheckConstraint(condition=models.Q(**{f"{field}__in": sorted(values)}), name=name)


def text_key(text: str) -> str:
    """Digest by which two lines count as the same: case, spacing and end punctuation do not matter."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    plain = re.sub(r"\s+", " ", plain).strip().rstrip(".!")
    return hashlib.sha256(plain.encode()).hexdigest()
