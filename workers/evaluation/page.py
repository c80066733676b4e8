"""The page on which a person reads what was written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any

from django.template.loader import render_to_string

from adgen.channels import slot_format
from adgen.spec import BriefSpec
from workers.evaluation.writing import WrittenBrief


def page(title: str, figures: Mapping[str, Any], written: Sequence[WrittenBrief]) -> str:
    """One HTML document without any request to elsewhere: the figures, then each brief with its lines."""
    context = {
        "title": title,
        "figures": [(name.replace("_", " "), _shown(value)) for name, value in figures.items()],
        "briefs": [_brief(number, one) for number, one in enumerate(written, start=1)],
    }
    return render_to_string("workers/evaluation.html", context)


def _brief(number: int, one: WrittenBrief) -> dict[str, Any]:
    slots = groupby(one.lines, key=lambda line: line[0].slot)
    return {
        "number": number,
        "brief": one.brief,
        "fields": [(name, text) for name, text in _fields(one.brief) if text],
        "slots": [
            {
                "label": slot_format(slot).label,
                "lines": [{"draft": draft, "result": result} for draft, result in lines],
            }
            for slot, lines in slots
        ],
        "shortfalls": one.shortfalls,
    }


def _fields(brief: BriefSpec) -> list[tuple[str, str]]:
    return [
        ("audience", brief.audience),
        ("messages", " · ".join(brief.messages)),
        ("offer", brief.offer),
        ("tone", brief.tone),
        ("voice", brief.brand.voice),
        ("keywords", ", ".join(brief.keywords)),
        ("must include", ", ".join(brief.must_include)),
        ("must avoid", ", ".join((*brief.must_avoid, *brief.brand.banned_words))),
        ("exemplars", " · ".join(exemplar.text for exemplar in brief.brand.exemplars)),
    ]


def _shown(value: object) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{name.replace('_', ' ')} {_shown(one)}" for name, one in value.items()) or "-"
    if isinstance(value, float):
        return f"{value:.3g}"
    return "-" if value is None else str(value)
