"""The page that says how good the screen is in the eyes of the reviewers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from itertools import dropwhile
from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.generic import View

from adgen.admin.base import person
from adgen.models import ScreenVersion
from adgen.selectors.access import brands_of
from review.selectors.quality import WEEKS, Share, Week, screen_quality

_VERSIONS = 5
_BAR_STEP = 40
# Where the chart's lines are, and what they say.
_GRID = ((0, "100%"), (50, "50%"), (100, "0"))


@dataclass(frozen=True)
class Row:
    """A share as the page writes it, in per cent."""

    name: str | date
    shown: int
    wrong: int
    precision: str
    interval: str
    missed: int = 0


@dataclass(frozen=True)
class Bar:
    """A week's precision in a chart 100 high, whose top is 0: a bar from `top` down, and its interval."""

    x: int
    top: int
    height: int
    low: int
    high: int
    day: date
    label: str


class ScreenQualityView(View):
    """For all members, of their brands."""

    def get(self, request: HttpRequest) -> HttpResponse:
        brands = brands_of(person(request))
        slug = request.GET.get("brand", "")
        brand = get_object_or_404(brands, slug=slug) if slug else None
        quality = screen_quality(brands.filter(pk=brand.pk) if brand else brands)
        weeks = list(dropwhile(_is_empty, quality.weeks))
        context: dict[str, Any] = {
            **admin.site.each_context(request),
            "title": "Screen quality",
            "brand": brand,
            "brands": brands,
            "weeks_back": WEEKS,
            "rules": [_row(rule, share) for rule, share in quality.rules],
            "missed": quality.missed,
            "weeks": [_row(week.start, week.share, week.missed) for week in weeks],
            "bars": [bar for number, week in enumerate(weeks) if (bar := _bar(number, week))],
            "grid": _GRID,
            "versions": ScreenVersion.objects.all()[:_VERSIONS],
        }
        return render(request, "review/screen_quality.html", context)


def _is_empty(week: Week) -> bool:
    return not week.share.shown and not week.missed


def _row(name: str | date, share: Share, missed: int = 0) -> Row:
    precision, interval = share.precision, share.interval
    return Row(
        name=name,
        shown=share.shown,
        wrong=share.wrong,
        precision="-" if precision is None else f"{precision:.0%}",
        interval="-" if interval is None else f"{interval[0]:.0%} to {interval[1]:.0%}",
        missed=missed,
    )


def _bar(number: int, week: Week) -> Bar | None:
    precision, interval = week.share.precision, week.share.interval
    if precision is None or interval is None:
        return None
    height = round(100 * precision)
    return Bar(
        x=_BAR_STEP * number,
        top=100 - height,
        height=height,
        low=100 - round(100 * interval[0]),
        high=100 - round(100 * interval[1]),
        day=week.start,
        label=f"Week of {week.start:%d %B}: {precision:.0%} of {week.share.shown} findings not marked wrong",
    )
