"""Where the marks of a chart stand: one row an audience, its difference to the control with its interval."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

# Units of the drawing; it is about as wide as a phone, where they are pixels.
WIDTH = 360
_LEFT, _RIGHT = 190, 340
_ROW, _HEADING, _AXIS, _TOP = 21, 28, 40, 4


@dataclass(frozen=True)
class Row:
    """One audience at height `y`; `low`, `at` and `high` are places along the axis."""

    name: str
    y: float
    low: float
    at: float
    high: float
    counts: bool

    @property
    def diamond(self) -> str:
        return f"M{self.at:.1f} {self.y - 6} l6 6 l-6 6 l-6 -6z"


@dataclass(frozen=True)
class Chart:
    """All marks of a chart. `headings` and `ticks` are texts with their places."""

    height: float
    zero: float
    axis: float
    headings: Sequence[tuple[float, str]]
    rows: Sequence[Row]
    ticks: Sequence[tuple[float, str]]
    width: int = WIDTH


def chart(found: Sequence[tuple[str, str, dict[str, Any]]], written: Callable[[float], str]) -> Chart:
    """The chart of audiences by kind, name and difference (`value`, `low`, `high`, `counts`), in their order.

    The axis is as wide to either side of zero, so that nothing looks larger for its sign. `written` is how
    a tick is labelled.
    """
    ends = (abs(difference[end]) for _, _, difference in found for end in ("low", "high"))
    limit = _round_up(max(ends, default=0.0))
    headings: list[tuple[float, str]] = []
    rows: list[Row] = []
    y, last = float(_TOP), ""
    for kind, name, difference in found:
        if kind != last:
            y, last = y + _HEADING, kind
            headings.append((y - 8, kind))
        y += _ROW
        low, at, high = (_place(difference[key], limit) for key in ("low", "value", "high"))
        rows.append(Row(name, y - _ROW / 2, low, at, high, difference["counts"]))
    ticks = [(_place(value, limit), written(value)) for value in (-limit, 0.0, limit)]
    return Chart(y + _AXIS, _place(0.0, limit), y + 4, headings, rows, ticks)


def _place(value: float, limit: float) -> float:
    return round(_LEFT + (_RIGHT - _LEFT) * (value + limit) / (2 * limit), 1)


def _round_up(value: float) -> float:
    """The next round number, 1 for nothing."""
    if value <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(value))
    return next(step * power for step in (1, 2, 3, 4, 5, 6, 8, 10) if step * power >= value - 1e-12)
