"""The page."""

from __future__ import annotations

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.generic import View

from adgen.admin.base import person
from adgen.models import Role
from adgen.selectors.access import brands_of
from review.dashboard import parts
from review.dashboard.cells import Links
from review.dashboard.drawings import drawings
from review.selectors.dashboard import figures, scope_of

PERIODS = (7, 30, 90)
_USUAL = 30


class DashboardView(View):
    """For reviewers, who see their own decisions, and managers, who see everybody's."""

    def get(self, request: HttpRequest) -> HttpResponse:
        user = person(request)
        brands = list(brands_of(user, Role.REVIEWER))
        slug = request.GET.get("brand", "")
        brand = get_object_or_404(brands_of(user, Role.REVIEWER), slug=slug) if slug else None
        asked = request.GET.get("days", "")
        days = int(asked) if asked in map(str, PERIODS) else _USUAL
        scope = scope_of(user, brand)
        found = figures(scope, days=days)
        links = Links(scope, found.since, mixed=brands_of(user).count() > len(scope.brands))
        context = {
            **admin.site.each_context(request),
            "title": "Dashboard",
            "is_fullwidth": "1",
            "brand": brand,
            "brands": brands,
            "days": days,
            "periods": PERIODS,
            "own": scope.reviewer is not None,
            "counted_at": min(
                (tally.counted_at for tally in found.tallies if tally.counted_at), default=None
            ),
            "tiles": parts.tiles(found, links),
            "charts": [
                parts.by_day(found, links),
                parts.acceptance(found, links),
                parts.pace(found, links),
                parts.by_hour(found, links),
            ],
            "tables": [
                parts.reviewers(found, links),
                parts.adapters(found, links),
                parts.reasons(found, links),
                parts.queues(found, links),
            ],
            "drawings": drawings(found),
        }
        return render(request, "review/dashboard.html", context)
