"""An adapter's page with what blind comparisons say about it, and the asking for one."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from adgen.admin.work import AdapterAdmin
from adgen.models import Adapter, Brief, Role
from review.models import Trial
from review.selectors.comparisons import Outcome, trials_of
from review.wording import NONE, between, percent

_BRIEFS_OFFERED = 20

admin.site.unregister(Adapter)


@admin.register(Adapter)
class ComparedAdapterAdmin(AdapterAdmin):
    """What people preferred stands above the button that makes the adapter the champion."""

    change_form_outer_before_template = "review/adapter.html"

    def page_context(self, request: HttpRequest, row: Adapter) -> dict[str, Any]:
        return {
            "trials": [_told(trial, found) for trial, found in trials_of(row)],
            "may_try": self.has_role(request, row, (Role.MANAGER,)),
            "rivals": Adapter.objects.filter(brand=row.brand_id).exclude(pk=row.pk),
            "briefs": Brief.objects.filter(brand=row.brand_id).select_related("campaign")[:_BRIEFS_OFFERED],
        }


def _told(trial: Trial, found: Outcome) -> dict[str, Any]:
    return {
        "trial": trial,
        "outcome": found,
        "rival": trial.rival.digest[:8] if trial.rival else "the base model alone",
        "rate": percent(found.win_rate),
        "interval": between(found.interval),
        "p": NONE if found.p_value is None else f"p = {found.p_value:.3f}",
    }
