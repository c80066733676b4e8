"""How sure a share is."""

from __future__ import annotations

import math

_Z = 1.96  # 95%


def wilson(hits: int, of: int) -> tuple[float, float]:
    """The 95% Wilson interval of `hits` out of `of` (at least one), both ends from 0 to 1."""
    share = hits / of
    centre = (share + _Z**2 / (2 * of)) / (1 + _Z**2 / of)
    half = _Z / (1 + _Z**2 / of) * math.sqrt(share * (1 - share) / of + _Z**2 / (4 * of**2))
    return max(0.0, centre - half), min(1.0, centre + half)
