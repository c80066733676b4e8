"""Campaigns and briefs."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from adgen.admin.base import BrandFilter, BrandScopedAdmin, Done, PageAct, made_by, person
from adgen.admin.forms import BRIEF_FIELDS, BriefForm, slot_field
from adgen.admin.uploads import BriefsUploadAdmin
from adgen.channels import channels, slot_formats
from adgen.errors import DomainError
from adgen.models import Brief, Campaign, Role
from adgen.selectors.access import brands_of
from adgen.services.batches import batch_request
from adgen.services.briefs import brief_create, campaign_change


@admin.register(Campaign)
class CampaignAdmin(BrandScopedAdmin):
    write_roles = (Role.MARKETER,)
    list_display = ["name", "brand", "deadline", "special_category"]
    list_filter = [BrandFilter]
    search_fields = ["name"]
    list_select_related = ["brand"]
    fields = ["brand", "name", "deadline", "special_category"]

    def save_model(self, request: HttpRequest, obj: Campaign, form: Any, change: bool) -> None:
        if not change:
            obj.save(force_insert=True)
        elif form.changed_data:
            campaign_change(campaign=obj, fields=form.changed_data)


def generate(user: User, brief: Brief) -> Done:
    """Ask for a batch and lead to its page."""
    batch = batch_request(brief=brief, requested_by=user)
    url = reverse("admin:adgen_batch_change", args=[batch.pk])
    return Done(f"{batch.requested} lines are being written.", url)


def _listed(field: str) -> Any:
    @admin.display(description=field.replace("_", " "))
    def shown(row: Brief) -> str:
        return "\n".join(getattr(row, field)) or "-"

    return shown


@admin.display(description="lines wanted")
def _slots(row: Brief) -> str:
    return "\n".join(f"{slot_formats()[slot].label}: {count}" for slot, count in row.slots.items())


@admin.display(description="special ad category")
def _category(row: Brief) -> str:
    return row.campaign.get_special_category_display()


@admin.register(Brief)
class BriefAdmin(BriefsUploadAdmin):
    """A brief is written once: what was generated for it must stay true. A copy can be changed."""

    form = BriefForm
    write_roles = (Role.MARKETER,)
    acts = (PageAct("generate", "Generate", "bolt", generate, (Role.MARKETER,)),)
    actions = ["generate_all"]
    list_display = ["product", "campaign", "offer", "lines", "brand", "created_at"]
    list_filter = [BrandFilter]
    search_fields = ["product", "campaign__name"]
    list_select_related = ["brand", "campaign"]
    change_form_outer_before_template = "adgen/admin/brief.html"
    add_fieldsets = (
        (None, {"fields": ["brand", *BRIEF_FIELDS]}),
        *(
            (
                f"Lines wanted: {channel}",
                {"fields": [slot_field(slot.slot) for slot in slots], "classes": ["adgen-slots"]},
            )
            for channel, slots in channels().items()
        ),
    )
    fields = (
        *("brand", "campaign", _category, "product", "audience", _listed("messages"), "offer", "tone"),
        *(_listed("keywords"), "url", _listed("must_include"), _listed("must_avoid"), _slots),
        *(made_by("created_by"), "created_at"),
    )

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.fields if obj else ()

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        if obj is None:
            kwargs["fields"] = ["brand"]
        return super().get_form(request, obj, change=change, **kwargs)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return obj is None and super().has_change_permission(request)

    def page_context(self, request: HttpRequest, row: Brief) -> dict[str, Any]:
        return {"copy_of": str(row.pk)}

    @admin.display(description="lines")
    def lines(self, row: Brief) -> int:
        return sum(row.slots.values())

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """Start from the brief named by `copy`, or with the person's only brand."""
        if not request.GET.get("copy", "").isdecimal():
            own = list(brands_of(person(request), Role.MARKETER)[:2])
            return {"brand": own[0].pk} if len(own) == 1 else {}
        row = self.get_object(request, request.GET["copy"])
        names = [name for name in BRIEF_FIELDS if name not in ("campaign", "special_category")]
        copied = {name: getattr(row, name) for name in names} | {"brand": row.brand_id}
        slots = {slot_field(slot): count for slot, count in row.slots.items()}
        return copied | slots | {"campaign": row.campaign.name}

    def save_model(self, request: HttpRequest, obj: Brief, form: Any, change: bool) -> None:
        brand = form.cleaned_data["brand"]
        obj.pk = brief_create(brand=brand, spec=form.spec, created_by=person(request)).pk
        obj.refresh_from_db()

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        context = {"show_save_and_continue": False, **(extra_context or {})}
        response: HttpResponse = super().add_view(request, form_url, context)
        return response

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: Any = None) -> HttpResponse:
        if "_addanother" in request.POST:
            response: HttpResponse = super().response_add(request, obj, post_url_continue)
            return response
        self.message_user(request, "The brief is stored. Generate writes its lines.", messages.SUCCESS)
        return HttpResponseRedirect(self.page_url(obj.pk))

    @admin.action(description="Generate")
    def generate_all(self, request: HttpRequest, queryset: QuerySet[Brief]) -> None:
        for brief in queryset:
            try:
                if not self.has_role(request, brief, (Role.MARKETER,)):
                    self.message_user(request, f"{brief}: this needs the role marketer.", messages.ERROR)
                    continue
                done = generate(person(request), brief)
            except DomainError as refusal:
                self.message_user(request, f"{brief}: {refusal.detail}", messages.ERROR)
            else:
                self.message_user(request, f"{brief}: {done.message}", messages.SUCCESS)
