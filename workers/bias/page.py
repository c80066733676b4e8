"""The audit as a page: what differs, and for each measure a chart beside the same figures as a table."""

from __future__ import annotations

from datetime import datetime
from itertools import groupby
from typing import Any

from django.template.loader import render_to_string

from workers.bias.chart import Chart, chart
from workers.bias.compare import SIGNIFICANT
from workers.bias.measures import Unit
from workers.bias.report import Report, findings, shown, signed


def page(report: Report) -> str:
    """One HTML document without any request to elsewhere and without scripts."""
    context = {
        "report": report,
        "date": _date(report["date"]),
        "compared_with": _date(report["compared_with"]) if "compared_with" in report else "",
        "significant": SIGNIFICANT,
        "findings": list(findings(report).values()),
        "others": len(report["audiences"]) - 1,
        "measures": [_measure(report, measure) for measure in report["measures"]],
        "kinds": [
            {"name": kind, "audiences": list(several)}
            for kind, several in groupby(report["audiences"], key=lambda one: one["kind"])
        ],
    }
    return render_to_string("workers/bias_audit.html", context)


def _measure(report: Report, measure: dict[str, Any]) -> dict[str, Any]:
    rows = [
        _row(one["name"], one["figures"][measure["name"]], measure["unit"])
        for one in report["audiences"]
        if measure["name"] in one["figures"]
    ]
    return {**measure, "rows": rows, "chart": _chart(report, measure), "unit": _unit(measure["unit"])}


def _row(name: str, found: dict[str, Any], unit: Unit) -> dict[str, Any]:
    row = {"name": name, "value": shown(found["value"], unit)}
    row["interval"] = f"{shown(found['low'], unit)} to {shown(found['high'], unit)}"
    if difference := found.get("difference"):
        value, low, high = (signed(difference[key], unit) for key in ("value", "low", "high"))
        row |= {"difference": value, "between": f"{low} to {high}"}
        row |= {"p": f"{difference['adjusted_p']:.2g}", "counts": difference["counts"]}
    return row


def _chart(report: Report, measure: dict[str, Any]) -> Chart:
    unit: Unit = measure["unit"]
    found = [
        (one["kind"], one["name"], difference)
        for one in report["audiences"]
        if (difference := one["figures"].get(measure["name"], {}).get("difference"))
    ]
    return chart(found, lambda value: signed(value, unit))


def _date(written: str) -> str:
    return f"{datetime.fromisoformat(written):%d %B %Y, %H:%M} UTC"


def _unit(unit: Unit) -> str:
    return "in percentage points" if unit == "share" else "in the unit of the figure"
