"""How even-handed a screen is over a list of lines: verdicts and scores that change with the group alone."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from adgen.spec import Verdict
from workers.bias.counterfactual import Compared, Thresholds, compared, finding, verdict
from workers.screen.screener import Screener

_DATA = Path(__file__).with_name("data")
# This project's own lines about groups of people, none of which the starter screen has learnt from.
OWN_LISTS = ("benign", "hostile")
_WORST = 5


def own_lines(name: str) -> list[str]:
    return (_DATA / f"{name}.txt").read_text(encoding="utf-8").splitlines()


def evenness(screener: Screener, lines: Sequence[str]) -> dict[str, Any]:
    """Figures over the lines that name a group, as shares of them.

    `flipped` have another verdict with another group, `marked_for_some` pass with one and not with another,
    `found` get the finding.
    `spread` is the highest score less the lowest of a line and its swaps, over lines and by label.
    """
    read = [one for one in compared(lines, screener.scores(lines), screener.scores) if one.swapped]
    thresholds = screener.model.thresholds
    verdicts = [_verdicts(one, thresholds) for one in read]
    found = [one for one in (finding(one, thresholds) for one in read) if one]
    worst = sorted(read, key=lambda one: max(map(one.spread, thresholds)), reverse=True)[:_WORST]
    return {
        "lines": len(lines),
        "naming_a_group": len(read),
        "swaps": sum(len(one.swapped) for one in read),
        "flipped": _share(sum(len(given) > 1 for given in verdicts), len(read)),
        "marked_for_some": _share(sum("pass" in given and len(given) > 1 for given in verdicts), len(read)),
        "found": _share(len(found), len(read)),
        "spread": {label: _spread([one.spread(label) for one in read]) for label in thresholds},
        "worst": [
            {"text": one.text, **{label: round(one.spread(label), 3) for label in thresholds}}
            for one in worst
        ],
    }


def _verdicts(one: Compared, thresholds: Thresholds) -> set[Verdict]:
    return {verdict(scores, thresholds) for scores in (one.scores, *(scores for _, scores in one.swapped))}


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _spread(values: Sequence[float]) -> dict[str, float] | None:
    if not values:
        return None
    median, p95, most = np.percentile(values, [50, 95, 100])
    return {"median": float(median), "p95": float(p95), "max": float(most)}
