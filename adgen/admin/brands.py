"""Brands, their members and keys, what they know, and how they have written so far."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from rest_framework_api_key.models import APIKey
from unfold.decorators import display

from adgen.admin.base import BrandFilter, BrandScopedAdmin, Done, PageAct, person
from adgen.admin.forms import ApiKeyForm, BrandForm, FactForm, MembershipForm
from adgen.admin.uploads import AdsUploadAdmin
from adgen.channels import slot_formats
from adgen.errors import StateConflict
from adgen.models import ApiKey, Brand, Exemplar, Fact, Membership, RescreenReason, Role
from adgen.selectors.access import brands_of
from adgen.selectors.adapters import champion_of
from adgen.services.brands import (
    api_key_create,
    api_key_revoke,
    brand_change,
    brand_create,
    membership_add,
    membership_remove,
)
from adgen.services.facts import fact_add, fact_change, fact_remove
from adgen.services.rescreens import rescreen_request

# The library's own keys belong to no brand and open nothing here.
admin.site.unregister(APIKey)


def rescreen(user: User, brand: Brand) -> Done:
    """Ask for a rescreen and lead to its page."""
    asked = rescreen_request(brand=brand, reason=RescreenReason.ASKED, requested_by=user)
    if asked is None:
        raise StateConflict(f"{brand} has no line in the queue or in the feed.")
    return Done(
        "The lines are being screened again.", reverse("admin:adgen_rescreen_change", args=[asked.pk])
    )


@admin.register(Brand)
class BrandAdmin(BrandScopedAdmin):
    acts = (
        PageAct(
            "rescreen",
            "Screen all lines again",
            "security_update",
            rescreen,
            (Role.MANAGER,),
            variant="default",
        ),
    )
    form = BrandForm
    brand_path = "pk"
    write_roles = (Role.MANAGER,)
    list_display = ["name", "language", "voice", "special_category"]
    search_fields = ["name", "slug"]
    prepopulated_fields = {"slug": ["name"]}
    change_form_outer_before_template = "adgen/admin/brand.html"

    def brand_of(self, row: Any) -> Brand:
        brand: Brand = row
        return brand

    def has_add_permission(self, request: HttpRequest) -> bool:
        """A new brand has no members yet, so only somebody above all brands can make one."""
        return person(request).is_superuser

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return obj is None or self.has_role(request, obj, self.write_roles or ())

    def save_model(self, request: HttpRequest, obj: Brand, form: Any, change: bool) -> None:
        if not change:
            brand_create(brand=obj, by=person(request))
        elif form.changed_data:
            brand_change(brand=obj, fields=form.changed_data, by=person(request))

    def get_prepopulated_fields(self, request: HttpRequest, obj: Any = None) -> dict[str, Any]:
        return {} if obj else self.prepopulated_fields

    def page_context(self, request: HttpRequest, row: Brand) -> dict[str, Any]:
        return {
            "champion": champion_of(row),
            "exemplars": Exemplar.objects.filter(brand=row).count(),
            "may_train": self.has_role(request, row, (Role.MANAGER,)),
        }


@admin.register(Fact)
class FactAdmin(BrandScopedAdmin):
    form = FactForm
    write_roles = (Role.MARKETER,)
    deletable = True
    list_display = ["subject", "relation", "object", "is_claim", "expires_on", "brand"]
    list_filter = [BrandFilter, "is_claim"]
    search_fields = ["subject", "relation", "object"]
    list_select_related = ["brand"]

    def save_model(self, request: HttpRequest, obj: Fact, form: Any, change: bool) -> None:
        given = {name: form.cleaned_data[name] for name in form.cleaned_data if name in form.changed_data}
        if change:
            fact_change(fact=obj, changes=given)
        else:
            obj.pk = fact_add(**given | {"brand": obj.brand}).pk

    def delete_model(self, request: HttpRequest, obj: Fact) -> None:
        fact_remove(fact=obj)


class SlotFilter(admin.SimpleListFilter):
    """Rows of one slot."""

    title = "slot"
    parameter_name = "slot"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(slot.slot, slot.label) for slot in slot_formats().values()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(slot=self.value()) if self.value() else queryset


@admin.register(Exemplar)
class ExemplarAdmin(AdsUploadAdmin):
    """Lines come in by import; a wrong one can be taken out."""

    deletable = True
    list_display = ["text", "slot", "ad", "product", "brand"]
    list_filter = [BrandFilter, SlotFilter]
    search_fields = ["text", "product"]
    list_select_related = ["brand"]
    fields = ["brand", "slot", "text", "ad", "product", "audience", "listed_messages", "offer"]
    readonly_fields = ["listed_messages"]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return obj is not None and self.has_role(request, obj, (Role.MARKETER,))

    @admin.display(description="messages")
    def listed_messages(self, row: Exemplar) -> str:
        return "\n".join(row.messages) or "-"


@admin.register(Membership)
class MembershipAdmin(BrandScopedAdmin):
    """Who may do what. A brand's managers see it, a superuser changes it."""

    form = MembershipForm
    list_display = ["user", "role", "brand"]
    list_filter = [BrandFilter, "role"]
    list_select_related = ["user", "brand"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        managed = brands_of(person(request), Role.MANAGER)
        return super().get_queryset(request).filter(brand__in=managed)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return person(request).is_superuser

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return person(request).is_superuser

    def save_model(self, request: HttpRequest, obj: Membership, form: Any, change: bool) -> None:
        made = membership_add(user=obj.user, brand=obj.brand, role=Role(obj.role), by=person(request))
        obj.pk = made.pk

    def delete_model(self, request: HttpRequest, obj: Membership) -> None:
        membership_remove(membership=obj, by=person(request))


@admin.register(ApiKey)
class ApiKeyAdmin(BrandScopedAdmin):
    """Keys of the brands that the person manages."""

    form = ApiKeyForm
    write_roles = (Role.MANAGER,)
    list_display = ["name", "prefix", "listed_scopes", "status", "brand", "created"]
    list_display_links = None
    list_filter = [BrandFilter]
    list_select_related = ["brand"]
    fields = ["brand", "name", "scopes", "expiry_date"]
    actions = ["revoke"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).filter(brand__in=brands_of(person(request), Role.MANAGER))

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        """A key has no page: it can be made and revoked, and its address would hold its hash."""
        raise Http404

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        hidden = {"show_save_and_continue": False, "show_save_and_add_another": False}
        response: HttpResponse = super().add_view(request, form_url, {**hidden, **(extra_context or {})})
        return response

    def has_module_permission(self, request: HttpRequest) -> bool:
        return super().has_module_permission(request) and self.has_add_permission(request)

    @admin.display(description="scopes")
    def listed_scopes(self, key: ApiKey) -> str:
        return ", ".join(key.scopes)

    @display(description="state", label={"live": "success", "expired": "warning", "revoked": "danger"})
    def status(self, key: ApiKey) -> str:
        if key.revoked:
            return "revoked"
        expired = key.expiry_date is not None and key.expiry_date < timezone.now()
        return "expired" if expired else "live"

    @admin.action(description="Revoke for ever")
    def revoke(self, request: HttpRequest, queryset: QuerySet[ApiKey]) -> None:
        for key in queryset:
            try:
                api_key_revoke(key=key, by=person(request))
            except StateConflict as refusal:
                self.message_user(request, f"{key}: {refusal.detail}", messages.WARNING)
            else:
                self.message_user(request, f"{key} is revoked.", messages.SUCCESS)

    def save_model(self, request: HttpRequest, obj: ApiKey, form: Any, change: bool) -> None:
        made, secret = api_key_create(
            brand=obj.brand,
            name=obj.name,
            scopes=form.cleaned_data["scopes"],
            expires_at=form.cleaned_data["expiry_date"],
            by=person(request),
        )
        obj.pk = made.pk
        self.message_user(
            request, f"The secret of “{made}”, shown this once only: {secret}", messages.WARNING
        )

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: Any = None) -> HttpResponse:
        """To the list: the key has no page."""
        response: HttpResponse = self.response_post_save_add(request, obj)
        return response
