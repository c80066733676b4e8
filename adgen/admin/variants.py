"""Variants and what the screen said about them: to look at. A manager may release a blocked one."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.admin import TabularInline
from unfold.decorators import display
from unfold.paginator import InfinitePaginator

from adgen.admin.base import BrandFilter, BrandScopedAdmin, Done, PageAct, person
from adgen.admin.brands import SlotFilter
from adgen.models import Brand, Role, Screening, Variant, VariantState
from adgen.models.variants import VERDICTS
from adgen.selectors.variants import of_latest_screening, without_blocked
from adgen.services.variants import variant_release

_VERDICT_COLOURS = {"pass": "success", "flag": "warning", "block": "danger"}


class VerdictFilter(admin.SimpleListFilter):
    """Variants by the verdict of their latest screening."""

    title = "verdict"
    parameter_name = "verdict"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(verdict, verdict) for verdict in VERDICTS]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(verdict=self.value()) if self.value() else queryset


def reasons(findings: list[dict[str, Any]]) -> str:
    """The findings of a screening, one to a line."""
    return "\n".join(f"{found['rule']}: {found['message']}" for found in findings)


@admin.display(description="findings")
def findings_shown(screening: Screening) -> str:
    return reasons(screening.findings) or "none"


@admin.display(description="scores")
def scores_shown(screening: Screening) -> str:
    return "\n".join(f"{label}: {score:.3f}" for label, score in screening.scores.items()) or "-"


class ScreeningInline(TabularInline):
    model = Screening
    fields = ["verdict", findings_shown, scores_shown, "version", "created_at"]
    readonly_fields = fields
    extra = 0
    can_delete = False

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return True  # the variant's page is open only to its brand's members

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


def release(user: User, variant: Variant, note: str) -> Done:
    variant_release(variant=variant, manager=user, note=note)
    return Done("The line is in the review queue, with the screen's reasons.")


@admin.register(Variant)
class VariantAdmin(BrandScopedAdmin):
    """Blocked lines are for the brand's managers alone."""

    acts = (
        PageAct(
            "release",
            "Show to reviewers anyway",
            "visibility",
            release,
            (Role.MANAGER,),
            fits=lambda variant: variant.state == VariantState.BLOCKED,
            note="Why the screen is wrong about it",
        ),
    )
    list_display = ["text", "slot", "fit", "state_shown", "verdict", "reasons_shown", "batch", "brand"]
    list_filter = [BrandFilter, "state", VerdictFilter, SlotFilter]
    search_fields = ["text"]
    list_select_related = ["batch", "brand"]
    # Counting a big table takes longer than showing a page of it.
    paginator = InfinitePaginator
    show_full_result_count = False
    ordering = ["-id"]
    fields = [
        *("text", "slot", "fit", "state", "batch", "index", "angle", "quality_shown"),
        *("base_model", "adapter", "seed", "edited_from", "released", "created_at"),
    ]
    readonly_fields = ["fit", "quality_shown", "released"]
    inlines = [ScreeningInline]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows: QuerySet[Variant] = super().get_queryset(request)
        return without_blocked(rows, person(request)).annotate(
            verdict=of_latest_screening("verdict"), latest_findings=of_latest_screening("findings")
        )

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        return lookup == "batch__id__exact" or bool(super().lookup_allowed(lookup, value, request))

    @admin.display(description="width")
    def fit(self, row: Variant) -> str:
        return f"{row.width} of {row.limit}"

    @admin.display(description="quality")
    def quality_shown(self, row: Variant) -> str:
        return "-" if row.quality is None else f"{row.quality:.2f}"

    @display(description="verdict", label=_VERDICT_COLOURS)
    def verdict(self, row: Any) -> str:
        return str(row.verdict or "-")

    @admin.display(description="reasons")
    def reasons_shown(self, row: Any) -> str:
        return reasons(row.latest_findings or []) or "-"

    @admin.display(description="released by")
    def released(self, row: Variant) -> str:
        return str(getattr(row, "release", "-"))

    @admin.display(description="state", ordering="state")
    def state_shown(self, row: Variant) -> str:
        return str(row.state)


@admin.register(Screening)
class ScreeningAdmin(BrandScopedAdmin):
    brand_path = "variant__brand"
    list_display = ["variant", "verdict_shown", findings_shown, "version", "created_at"]
    list_filter = ["verdict"]
    list_select_related = ["variant", "version"]
    paginator = InfinitePaginator
    show_full_result_count = False
    ordering = ["-id"]
    fields = ["variant", "verdict", findings_shown, scores_shown, "version", "created_at"]
    readonly_fields = [findings_shown, scores_shown]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows: QuerySet[Any] = super().get_queryset(request)
        return without_blocked(rows, person(request), variant="variant__")

    def brand_of(self, row: Screening) -> Brand:
        return row.variant.brand

    @display(description="verdict", label=_VERDICT_COLOURS, ordering="verdict")
    def verdict_shown(self, row: Screening) -> str:
        return str(row.verdict)
