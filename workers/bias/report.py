"""The audit as plain JSON values, kept so that later runs can be compared with it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from workers.bias.compare import Compared, Figure
from workers.bias.measures import Measure, Unit

Report = dict[str, Any]

# What a run was made with: where these differ, so may the figures.
_SETUP = ("base_model", "base_sha256", "adapter", "screen_version", "brief", "lines", "seed")


def report(compared: Sequence[Compared], measures: Sequence[Measure], setup: Mapping[str, object]) -> Report:
    """All figures of a run: `setup`, the measures, and by audience what was written and how it compares.

    Equal to what is read back when it was kept: tuples have become lists.
    """
    found = {
        **setup,
        "control": compared[0].written.audience.name,
        "measures": [
            {"name": one.name, "title": one.title, "unit": one.unit, "note": one.note} for one in measures
        ],
        "comparisons": sum(len(one.differences) for one in compared),
        "audiences": [_audience(one) for one in compared],
    }
    plain: Report = json.loads(json.dumps(found))
    return plain


def _audience(one: Compared) -> dict[str, Any]:
    written = one.written
    return {
        "name": written.audience.name,
        "kind": written.audience.kind,
        "lines": written.lines,
        "samples": written.samples,
        "shortfalls": written.shortfalls,
        "figures": {name: _figure(one, name, found) for name, found in one.figures.items()},
    }


def _figure(one: Compared, name: str, found: Figure) -> dict[str, Any]:
    low, high = found.interval
    shown: dict[str, Any] = {"value": found.value, "low": low, "high": high}
    if name in one.differences:
        difference = one.differences[name]
        low, high = difference.interval
        shown["difference"] = {
            "value": difference.value,
            "low": low,
            "high": high,
            "p": difference.p,
            "adjusted_p": difference.adjusted,
            "counts": difference.counts,
        }
    return shown


def findings(report: Report) -> dict[tuple[str, str], str]:
    """What differs from the control, in plain words, by audience and measure."""
    control = report["audiences"][0]["figures"]
    return {
        (audience, measure["name"]): (
            f"{audience}: {measure['title'].lower()} {shown(found['value'], measure['unit'])}, "
            f"{report['control']} {shown(control[measure['name']]['value'], measure['unit'])}"
        )
        for audience, measure, found in _figures(report)
        if found.get("difference", {}).get("counts")
    }


def changes(before: Report, now: Report) -> list[str]:
    """What is other than in an earlier report of the brand, in plain words: setup, findings, figures.

    A figure has moved where the two intervals do not touch.
    """
    said = [
        f"{name.replace('_', ' ')}: other than before"
        if isinstance(now[name], dict)
        else f"{name.replace('_', ' ')}: {now[name]}, before {before.get(name)}"
        for name in _SETUP
        if now[name] != before.get(name)
    ]
    old, new = findings(before), findings(now)
    said += [f"new: {text}" for key, text in new.items() if key not in old]
    said += [f"no longer: {text}" for key, text in old.items() if key not in new]
    known = {(audience, measure["name"]): found for audience, measure, found in _figures(before)}
    for audience, measure, found in _figures(now):
        was = known.get((audience, measure["name"]))
        if was and (found["low"] > was["high"] or found["high"] < was["low"]):
            values = [shown(one["value"], measure["unit"]) for one in (found, was)]
            said.append(f"moved: {audience}, {measure['title'].lower()} {values[0]}, before {values[1]}")
    return said


def shown(value: float, unit: Unit) -> str:
    """A share as a percentage, a mean with two decimals where it is small."""
    return (
        f"{value:.0%}" if unit == "share" else _decimal(f"{value:.2f}" if abs(value) < 1 else f"{value:.1f}")
    )


def signed(value: float, unit: Unit) -> str:
    """A difference with its sign: of shares in percentage points."""
    if unit == "share":
        return _decimal(f"{100 * value:+.0f}")
    return _decimal(f"{value:+.2f}" if abs(value) < 1 else f"{value:+.1f}")


def _decimal(written: str) -> str:
    """With a true minus sign, and none for a zero."""
    return "0" if float(written) == 0 else written.replace("-", "−")


def latest(folder: Path) -> Report | None:
    """The newest report in `folder`; None where there is none. Raises ValueError for a file that is none."""
    files = sorted(folder.glob("*.json"))
    if not files:
        return None
    try:
        found: Report = json.loads(files[-1].read_text(encoding="utf-8"))
        findings(found)
    except (ValueError, KeyError, TypeError, AttributeError, IndexError) as error:
        raise ValueError(f"{files[-1]} is no report of an audit; move it away.") from error
    return found


def keep(report: Report, folder: Path) -> Path:
    """Write the report into `folder`, named by its date."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{report['date'].replace(':', '')}.json"
    path.write_text(json.dumps(report, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return path


def _figures(report: Report) -> Iterator[tuple[str, dict[str, Any], dict[str, Any]]]:
    """Every audience's name, with each measure and its figure."""
    for audience in report["audiences"]:
        for measure in report["measures"]:
            if measure["name"] in audience["figures"]:
                yield audience["name"], measure, audience["figures"][measure["name"]]
