"""Decisions and the feed in the admin site, to look at; approved lines to look at again, to decide on."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.decorators import display
from unfold.paginator import InfinitePaginator

import review.adapter_admin  # noqa: F401  # a page of its own
from adgen.admin.base import BrandFilter, BrandScopedAdmin, Done, PageAct, made_by, person
from adgen.admin.variants import reasons
from adgen.models import Recheck, RecheckState, Role
from adgen.selectors.access import visible
from review.models import Comment, Decision, Publication
from review.selectors.blind import decisions_for, words_for
from review.selectors.dashboard import standing
from review.services.rechecks import recheck_keep, recheck_retract

_ACTION_COLOURS = {"approve": "success", "edit": "success", "reject": "danger"}
_STATE_COLOURS = {"open": "warning", "kept": "success", "retracted": "danger"}
# How the dashboard asks for the lines behind a number.
_BEHIND_FIGURES = {
    "variant__adapter__id__exact",
    "variant__adapter__isnull",
    "variant__edited_from__isnull",
}
_KIND_COLOURS = {"approved": "success", "retracted": "warning"}


class StandingFilter(admin.SimpleListFilter):
    """Decisions that nobody took back."""

    title = "standing"
    parameter_name = "standing"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "stands")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Decision]) -> QuerySet[Decision]:
        return standing(queryset) if self.value() == "yes" else queryset


class LogAdmin(BrandScopedAdmin):
    """Rows that are only ever added."""

    ordering = ["-id"]
    # Counting a big table takes longer than showing a page of it.
    paginator = InfinitePaginator
    show_full_result_count = False


@admin.register(Decision)
class DecisionAdmin(LogAdmin):
    list_display = ["variant", "action_shown", "reason", made_by("reviewer"), "created_at", "brand"]
    list_filter = [BrandFilter, StandingFilter, "action", "reason"]
    list_select_related = ["variant", "reviewer", "brand"]
    search_fields = ["variant__text"]
    fields = [
        *("variant", "action", "reason", "note", "edited_variant", "undoes"),
        *(made_by("reviewer"), "duration_ms", "created_at"),
    ]
    readonly_fields = [made_by("reviewer")]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return decisions_for(person(request), super().get_queryset(request))

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        return lookup in _BEHIND_FIGURES or bool(super().lookup_allowed(lookup, value, request))

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


@admin.register(Comment)
class CommentAdmin(LogAdmin):
    list_display = ["variant", "note", made_by("author"), "created_at", "brand"]
    list_filter = [BrandFilter]
    list_select_related = ["variant", "author", "brand"]
    search_fields = ["note", "variant__text"]
    fields = ["variant", "note", made_by("author"), "created_at"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows = visible(super().get_queryset(request), person(request), Role.REVIEWER)
        return words_for(person(request), rows, author="author")


def keep(user: User, recheck: Recheck, note: str) -> Done:
    recheck_keep(recheck=recheck, reviewer=user, note=note)
    return Done("Kept. The line stays in the feed.")


def retract(user: User, recheck: Recheck, note: str) -> Done:
    recheck_retract(recheck=recheck, reviewer=user, note=note)
    return Done("Retracted. Integrations take the line out with their next pull.")


def _is_open(recheck: Recheck) -> bool:
    return recheck.state == RecheckState.OPEN


class StateFilter(admin.SimpleListFilter):
    """What waits for somebody, unless another state is asked for."""

    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [*RecheckState.choices, ("all", "all")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Recheck]) -> QuerySet[Recheck]:
        state = self.value() or RecheckState.OPEN
        return queryset if state == "all" else queryset.filter(state=state)


@admin.register(Recheck)
class RecheckAdmin(BrandScopedAdmin):
    """Approved lines that a later screening marks; for those who review for their brand."""

    acts = (
        PageAct("keep", "Keep", "check", keep, (Role.REVIEWER,), _is_open, note="Why it may stay"),
        PageAct(
            "retract",
            "Retract",
            "undo",
            retract,
            (Role.REVIEWER,),
            _is_open,
            variant="danger",
            note="Why it has to go",
        ),
    )
    list_display = ["variant", "slot", "findings", "state_shown", "created_at", "brand"]
    list_filter = [BrandFilter, StateFilter]
    list_select_related = ["variant", "screening", "brand"]
    fields = [
        *("variant", "slot", "findings", "verdict", "state", "created_at"),
        *("note", made_by("dealt_by"), "dealt_at"),
    ]
    readonly_fields = ["slot", "findings", "verdict"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return visible(super().get_queryset(request), person(request), Role.REVIEWER)

    @admin.display(description="slot")
    def slot(self, row: Recheck) -> str:
        return row.variant.slot

    @admin.display(description="what the screen says now")
    def findings(self, row: Recheck) -> str:
        return reasons(row.screening.findings)

    @admin.display(description="verdict")
    def verdict(self, row: Recheck) -> str:
        return row.screening.verdict

    @display(description="state", label=_STATE_COLOURS, ordering="state")
    def state_shown(self, row: Recheck) -> str:
        return row.state
