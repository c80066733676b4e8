"""The briefs that the copywriter is judged on: readable, varied, and of nothing that it was trained on."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from adgen.briefs import brief_from_json
from adgen.channels import slot_format
from workers.starter import copywriter
from workers.starter.copywriter.wordlists import CORPUS

FOLDER = Path(copywriter.__file__).with_name("evaluation")
SIZES = {"held_out_briefs": 100, "held_out_styles": 12, "development_briefs": 320}


def rows(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (FOLDER / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()]


def strings(row: dict[str, Any]) -> list[str]:
    """What only this brief may say."""
    return [row["brand"]["name"], row["product"], *row.get("messages", []), *filter(None, [row.get("offer")])]


@pytest.mark.parametrize("name", SIZES)
def test_each_file_holds_so_many_briefs_of_twenty_lines(name: str) -> None:
    briefs = [brief_from_json(row) for row in rows(name)]
    assert len(briefs) == SIZES[name]
    for brief in briefs:
        assert sum(brief.slots.values()) == 20
        assert 2 <= len(brief.slots) <= 5
        assert all(slot_format(slot) for slot in brief.slots)


def test_held_out_briefs_are_of_every_tone_and_leave_fields_out() -> None:
    briefs = [brief_from_json(row) for row in rows("held_out_briefs")]
    assert len({brief.tone for brief in briefs}) >= 8
    assert {slot.split(".")[0] for brief in briefs for slot in brief.slots} >= {
        *("google_rsa", "microsoft_rsa", "meta", "meta_reels", "linkedin", "tiktok", "x", "amazon_sb"),
        *("pinterest", "reddit", "email", "google_pmax", "google_display"),
    }
    for field in ("audience", "messages", "offer", "tone", "must_include", "must_avoid", "keywords"):
        given = sum(bool(getattr(brief, field)) for brief in briefs)
        assert 0 < given < len(briefs), field


def test_style_briefs_have_six_exemplars_each() -> None:
    assert all(len(brief_from_json(row).brand.exemplars) == 6 for row in rows("held_out_styles"))


@pytest.mark.parametrize("name", [name for name in SIZES if name.startswith("held_out")])
def test_nothing_in_what_is_held_out_is_in_the_corpus(name: str) -> None:
    files = [file for file in CORPUS.rglob("*") if file.suffix in {".txt", ".yaml"}]
    corpus = " ".join(" ".join(file.read_text(encoding="utf-8").casefold().split()) for file in files)
    known = [
        text
        for row in rows(name)
        for text in strings(row)
        if re.search(rf"(?<!\w){re.escape(text.casefold())}(?!\w)", corpus)
    ]
    assert known == []


def test_no_brief_is_in_two_files() -> None:
    seen: set[str] = set()
    for name in SIZES:
        own = {text.casefold() for row in rows(name) for text in strings(row)}
        assert seen.isdisjoint(own)
        seen |= own
