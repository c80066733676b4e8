"""Pages of our own need nothing that a strict content security policy refuses, and nothing from elsewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = sorted(
    path.relative_to(ROOT)
    for package in ("adgen", "review")
    for path in (ROOT / package / "templates").rglob("*.html")
)
INLINE = re.compile(r"<style|<script(?![^>]*\bsrc=)|\s(?:style|on\w+|hx-on[\w:-]*)=", re.IGNORECASE)
ELSEWHERE = re.compile(
    r"<(?:script|link|img|iframe|source|video)\b[^>]*(?:src|href)=[\"'](?:https?:)?//", re.IGNORECASE
)


@pytest.mark.parametrize("template", TEMPLATES, ids=str)
def test_no_template_has_inline_code_or_loads_from_another_host(template: Path) -> None:
    text = (ROOT / template).read_text(encoding="utf-8")
    assert INLINE.findall(text) == []
    assert ELSEWHERE.findall(text) == []
