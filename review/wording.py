"""Numbers as pages write them."""

from __future__ import annotations

NONE = "–"


def percent(share: float | None) -> str:
    return NONE if share is None else f"{share:.0%}"


def between(interval: tuple[float, float] | None) -> str:
    """Between what the true share most likely lies."""
    return NONE if interval is None else f"{100 * interval[0]:.0f}–{100 * interval[1]:.0f}%"
