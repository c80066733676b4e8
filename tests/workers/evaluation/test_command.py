"""`manage.py evaluate copy`: figures on stdout, lines and a page in a folder."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from adgen.channels import slot_format

BRIEFS: list[dict[str, Any]] = [
    {
        "brand": {"name": "Nordlys Coffee"},
        "product": "espresso subscription",
        "audience": "home baristas",
        "messages": ["roasted on Mondays", "skip any month"],
        "slots": {"google_rsa.headline": 6, "meta.primary_text": 2},
    },
    {
        "brand": {"name": "Fjell <Boots>", "exemplars": ["Wet path? Dry feet.", "Up early. Home late."]},
        "product": "hiking boots",
        "slots": {"google_rsa.description": 4},
    },
]


@pytest.fixture
def briefs(tmp_path: Path) -> Path:
    path = tmp_path / "briefs.jsonl"
    path.write_text("\n".join(map(json.dumps, BRIEFS)) + "\n\n")
    return path


def evaluated(path: Path, **options: object) -> dict[str, Any]:
    """The figures of a run, whose lines and page go beside the briefs."""
    out = StringIO()
    call_command("evaluate", "copy", str(path), out=path.parent / "out", stdout=out, **options)
    figures: dict[str, Any] = json.loads(out.getvalue())
    return figures


def refusal(path: Path, **options: object) -> str:
    with pytest.raises(CommandError) as error:
        call_command("evaluate", "copy", str(path), out=path.parent / "out", **options)
    assert not (path.parent / "out").exists()
    return str(error.value)


@pytest.mark.django_db
def test_every_brief_is_written_for_measured_and_shown(briefs: Path) -> None:
    figures = evaluated(briefs)
    lines = [json.loads(line) for line in (briefs.parent / "out" / "lines.jsonl").read_text().splitlines()]
    page = (briefs.parent / "out" / "index.html").read_text()

    assert (figures["model"], figures["briefs"], figures["lines"], figures["shortfalls"]) == (
        "starter",
        2,
        12,
        0,
    )
    assert figures["inside_limit"] == figures["brand_exact"] == figures["product_exact"] == 1.0
    assert 0 < figures["raw_inside_limit"] <= 1
    assert 0 <= figures["copied"] <= 1
    assert figures["duplicates"] == 0
    assert set(figures["coverage"]) == {"brand", "product", "messages", "audience"}
    assert sum(figures["verdicts"].values()) == pytest.approx(1)
    assert set(figures["style"]) == {"case", "ending", "length", "all"}
    assert figures["lines_per_s"] > 0

    assert [line["brief"] for line in lines] == [1] * 8 + [2] * 4
    for line in lines:
        assert line["width"] <= line["limit"] == slot_format(line["slot"]).limit
    assert page.count("<li>") == 12
    assert "Fjell &lt;Boots&gt;" in page
    for word in ("src=", "href=", "@import", "url(", "<script"):
        assert word not in page


@pytest.mark.django_db
def test_lines_can_be_spread_over_the_slots_and_be_written_without_exemplars(briefs: Path) -> None:
    figures = evaluated(briefs, count=3, no_exemplars=True)
    assert figures["lines"] == 6
    assert set(figures["style"]) == {"case", "ending", "length", "all"}
    lines = (briefs.parent / "out" / "lines.jsonl").read_text().splitlines()
    slots = [json.loads(line)["slot"] for line in lines]
    assert slots == [*["google_rsa.headline"] * 2, "meta.primary_text", *["google_rsa.description"] * 3]


@pytest.mark.parametrize("count", [0, 1, 501])
def test_a_count_that_cannot_be_spread_is_refused(briefs: Path, count: int) -> None:
    assert "--count takes 2 to 500 lines" in refusal(briefs, count=count)


def test_a_faulty_brief_is_named_by_its_line(briefs: Path) -> None:
    with briefs.open("a") as file:
        file.write('{"brand": "Fjell", "slots": {}}\n')
    message = refusal(briefs)
    assert f"{briefs}, line 4 is no usable brief" in message
    assert "product: Required" in message


def test_a_missing_file_is_said_to_be_missing(tmp_path: Path) -> None:
    assert "No such file" in refusal(tmp_path / "none.jsonl")
