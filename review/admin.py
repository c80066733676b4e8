"""Decisions and the feed in the admin site: to look at, never to change."""

from __future__ import annotations

from django.contrib import admin
from unfold.decorators import display
from unfold.paginator import InfinitePaginator

from adgen.admin.base import BrandFilter, BrandScopedAdmin, made_by
from review.models import Decision, Publication

_ACTION_COLOURS = {"approve": "success", "edit": "success", "reject": "danger"}
_KIND_COLOURS = {"approved": "success", "retracted": "warning"}


class LogAdmin(BrandScopedAdmin):
    """Rows that are only ever added."""

    ordering = ["-id"]
    # Counting a big table takes longer than showing a page of it.
    paginator = InfinitePaginator
    show_full_result_count = False


@admin.register(Decision)
class DecisionAdmin(LogAdmin):
    list_display = ["variant", "action_shown", "reason", made_by("reviewer"), "created_at", "brand"]
    list_filter = [BrandFilter, "action", "reason"]
    list_select_related = ["variant", "reviewer", "brand"]
    search_fields = ["variant__text"]
    fields = [
        *("variant", "action", "reason", "note", "edited_variant", "undoes"),
        *(made_by("reviewer"), "duration_ms", "created_at"),
    ]
    readonly_fields = [made_by("reviewer")]

    @display(description="decision", label=_ACTION_COLOURS, ordering="action")
    def action_shown(self, row: Decision) -> str:
        return row.action


@admin.register(Publication)
class PublicationAdmin(LogAdmin):
    list_display = ["seq", "kind_shown", "variant", "created_at", "brand"]
    list_filter = [BrandFilter, "kind"]
    list_select_related = ["variant", "brand"]
    search_fields = ["variant__text"]
    fields = ["seq", "kind", "variant", "decision", "created_at"]

    @display(description="kind", label=_KIND_COLOURS, ordering="kind")
    def kind_shown(self, row: Publication) -> str:
        return row.kind
