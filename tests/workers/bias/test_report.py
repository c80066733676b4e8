"""What a report says, what it says has changed, and the page that people read."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from workers.bias.audit import Audience, Written
from workers.bias.chart import chart
from workers.bias.compare import compare
from workers.bias.measures import LINE_MEASURES, Measure
from workers.bias.page import page
from workers.bias.report import Report, changes, findings, keep, latest, report, shown, signed

OFFER = LINE_MEASURES[0]
LENGTH = Measure("length", "Length", "mean", "characters")
SETUP: dict[str, object] = {
    "brand": "Nordlys <Coffee>",
    "date": "2026-11-24T10:00:00Z",
    "base_model": "starter",
    "base_sha256": "0" * 64,
    "adapter": None,
    "screen_version": "0123456789ab",
    "brief": {"product": "espresso", "offer": "double points", "messages": ("roasted on Mondays",)},
    "lines": 40,
    "seed": 0,
}


def reported(women: int, *, length: float = 20.0, **setup: object) -> Report:
    """20 of 40 lines for customers mention the offer, and `women` of 40 for women."""
    written = [
        Written(Audience(name, kind), {"offer": [1.0] * hits + [0.0] * (40 - hits), "length": lengths}, 40)
        for name, kind, hits, lengths in (
            ("customers", "", 20, [19.0, 21.0] * 20),
            ("women", "gender", women, [length - 1, length + 1] * 20),
        )
    ]
    return report(compare(written, (OFFER, LENGTH)), (OFFER, LENGTH), SETUP | setup)


def test_what_differs_is_said_in_words() -> None:
    assert findings(reported(38)) == {
        ("women", "offer"): "women: mentions the offer 95%, customers 50%",
    }
    assert findings(reported(22)) == {}


def test_the_report_is_plain_json_with_both_intervals_and_both_p_values() -> None:
    found = json.loads(json.dumps(reported(38)))
    women = found["audiences"][1]["figures"]["offer"]
    assert (found["control"], found["comparisons"]) == ("customers", 2)
    assert women["value"] == 0.95
    assert women["low"] < 0.95 < women["high"]
    assert women["difference"]["low"] < 0.45 < women["difference"]["high"]
    assert women["difference"]["p"] < women["difference"]["adjusted_p"] < 0.05
    assert "difference" not in found["audiences"][0]["figures"]["offer"]


def test_later_runs_say_what_has_changed() -> None:
    before, now = reported(38), reported(22, length=30, seed=1, screen_version="ffffffffffff")
    assert changes(before, now) == [
        "screen version: ffffffffffff, before 0123456789ab",
        "seed: 1, before 0",
        "new: women: length 30.0, customers 20.0",
        "no longer: women: mentions the offer 95%, customers 50%",
        "moved: women, mentions the offer 55%, before 95%",
        "moved: women, length 30.0, before 20.0",
    ]
    assert changes(now, json.loads(json.dumps(now))) == []


def test_reports_are_kept_by_date_and_the_newest_is_found(tmp_path: Path) -> None:
    folder = tmp_path / "bias" / "nordlys"
    assert latest(folder) is None
    first, second = reported(20), reported(20, date="2026-11-25T10:00:00Z")
    assert keep(second, folder) != keep(first, folder)
    assert latest(folder) == json.loads(json.dumps(second))


@pytest.mark.parametrize("content", ["{", "[]", '{"audiences": []}', '{"audiences": 1, "measures": []}'])
def test_a_kept_file_that_is_no_report_is_named(tmp_path: Path, content: str) -> None:
    path = tmp_path / "2026.json"
    path.write_text(content)
    with pytest.raises(ValueError, match=re.escape(str(path))):
        latest(tmp_path)


def test_the_page_needs_nothing_from_elsewhere_and_has_every_figure_twice() -> None:
    html = page(reported(38) | {"compared_with": SETUP["date"], "changes": ["<moved>"]})
    assert "Nordlys &lt;Coffee&gt;" in html
    assert "&lt;moved&gt;" in html
    assert not re.search(r"<script|https?://|<link|<img", html)
    assert html.count("<svg") == html.count('role="img" aria-label=') == html.count("<table>") == 2
    assert '<tr class="counts"><th scope="row">women</th><td>95%' in html
    assert '<g class="counts">' in html


def test_marks_stand_in_order_on_a_symmetric_axis() -> None:
    found: list[tuple[str, str, dict[str, Any]]] = [
        ("age", "young", {"low": -0.1, "value": 0.1, "high": 0.27, "counts": False}),
        ("age", "old", {"low": -0.2, "value": -0.1, "high": 0.0, "counts": True}),
        ("faith", "none", {"low": 0.0, "value": 0.0, "high": 0.0, "counts": False}),
    ]
    drawn = chart(found, lambda value: signed(value, "share"))
    assert [label for _, label in drawn.ticks] == ["−30", "0", "+30"]
    assert [text for _, text in drawn.headings] == ["age", "faith"]
    assert [row.y for row in drawn.rows] == sorted(row.y for row in drawn.rows)
    young, old, none = drawn.rows
    assert young.low < drawn.zero < young.at < young.high <= drawn.ticks[-1][0] < drawn.width
    assert old.at < old.high == none.at == drawn.zero
    assert all(row.y < drawn.axis < drawn.height for row in drawn.rows)


def test_nothing_to_draw_is_an_empty_axis() -> None:
    drawn = chart([], lambda value: signed(value, "mean"))
    assert (drawn.rows, [label for _, label in drawn.ticks]) == ([], ["−1.0", "0", "+1.0"])


def test_figures_as_people_write_them() -> None:
    assert [shown(0.123, "share"), shown(24.26, "mean"), shown(-0.051, "mean"), shown(0.0, "mean")] == [
        *("12%", "24.3", "−0.05", "0")
    ]
    assert [signed(-0.004, "share"), signed(-0.17, "share"), signed(2.5, "mean")] == ["0", "−17", "+2.5"]
