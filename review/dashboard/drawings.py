"""What the page's script draws: the same numbers as the tables, as plain values."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from review.dashboard.parts import adapter_name
from review.selectors.dashboard import Figures, Sums, day_start

# A day with fewer judged lines says nothing about an adapter.
_FEWEST_JUDGED = 5


def drawings(found: Figures) -> dict[str, dict[str, Any]]:
    """The charts by name. Each has `x` in seconds, a `kind`, a `unit` and series of values for each x."""
    days = list(found.days.values())
    at_days = [_seconds(day) for day in found.days]
    return {
        "days": {
            "kind": "stack",
            "unit": "",
            "x": at_days,
            "series": [
                {"label": label, "values": [getattr(sums, action) for sums in days]}
                for label, action in (
                    ("approved", "approve"),
                    ("edited", "edit"),
                    ("rejected", "reject"),
                    ("skipped", "skip"),
                )
            ],
        },
        "hours": {
            "kind": "stack",
            "unit": "",
            "x": [int(hour.timestamp()) for hour in found.hours],
            "series": [{"label": "decisions", "values": list(found.hours.values())}],
        },
        "acceptance": _acceptance(found),
        "seconds": {
            "kind": "lines",
            "unit": " s",
            "x": at_days,
            "series": [{"label": "time each", "values": [_round(sums.seconds) for sums in days]}],
        },
    }


def _acceptance(found: Figures) -> dict[str, Any]:
    days = sorted({day for of in found.adapters for day in of.series})
    return {
        "kind": "lines",
        "unit": "%",
        "x": [_seconds(day) for day in days],
        "series": [
            {"label": adapter_name(of), **_band(of.series.get(day, Sums()) for day in days)}
            for of in found.adapters
            if of.series
        ],
    }


def _band(points: Iterable[Sums]) -> dict[str, list[float | None]]:
    """The shares with the ends of their intervals, in per cent."""
    band: dict[str, list[float | None]] = {"values": [], "low": [], "high": []}
    for sums in points:
        share = sums.accepted
        drawn = share.of >= _FEWEST_JUDGED
        low, high = share.interval if drawn and share.interval else (None, None)
        band["values"].append(_round(share.value, 100) if drawn else None)
        band["low"].append(_round(low, 100))
        band["high"].append(_round(high, 100))
    return band


def _seconds(day: date) -> int:
    return int(day_start(day).timestamp())


def _round(value: float | None, factor: int = 1) -> float | None:
    return None if value is None else round(factor * value, 1)
