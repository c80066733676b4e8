"""What all pages of the admin site share: a member's brands, a member's roles, acts beside the form.

Who may do what follows from Membership alone; Django's own permissions play no part.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db.models import ForeignKey, Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from unfold.admin import ModelAdmin
from unfold.widgets import UnfoldAdminTextInputWidget

from adgen.errors import DomainError
from adgen.models import Brand, Role
from adgen.selectors.access import brands_of, visible, works_as
from adgen.services.notes import MAX_NOTE


def person(request: HttpRequest) -> User:
    """The person at the page; the admin site lets nobody else in."""
    assert isinstance(request.user, User)
    return request.user


@dataclass(frozen=True)
class Done:
    """What an act says when it is done, and the page it leads to (the object's own where empty)."""

    message: str
    url: str = ""


@dataclass(frozen=True)
class PageAct:
    """A button on an object's page. It posts, so that no link or image can press it.

    `run` takes the person and the object, and a note where `note` asks for one; a DomainError becomes the
    message.
    """

    name: str
    label: str
    icon: str
    run: Callable[..., Done]
    roles: tuple[Role, ...]
    fits: Callable[[Any], bool] = lambda row: True
    variant: str = "primary"
    note: str = ""


def made_by(field: str) -> Callable[[Any], str]:
    """A user as plain text: most people may not follow a link to another's account."""

    @admin.display(description=field.replace("_", " "))
    def shown(row: Any) -> str:
        return str(getattr(row, field) or "-")

    return shown


class BrandFilter(admin.SimpleListFilter):
    """Rows of one of the person's brands."""

    title = "brand"
    parameter_name = "brand"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(brand.slug, brand.name) for brand in brands_of(person(request))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Model]) -> QuerySet[Model]:
        return queryset.filter(brand__slug=self.value()) if self.value() else queryset


class BrandScopedAdmin(ModelAdmin):
    """Rows of the person's brands; those of others do not exist."""

    brand_path = "brand"
    # Who may add and change rows; nobody where None, as the rows are made elsewhere.
    write_roles: tuple[Role, ...] | None = None
    deletable = False
    acts: tuple[PageAct, ...] = ()
    # Deleting goes row by row, with the page that says what else would go.
    actions: list[str] | None = None
    list_per_page = 50
    change_form_outer_before_template = "adgen/admin/acts.html"

    def brand_of(self, row: Any) -> Brand:
        brand: Brand = row.brand
        return brand

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return visible(super().get_queryset(request), person(request), brand=self.brand_path)

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        """The row, or 404: Django would lead to the index page with the number in a message."""
        row = super().get_object(request, object_id, from_field)
        if row is None:
            raise Http404
        return row

    def has_module_permission(self, request: HttpRequest) -> bool:
        return request.user.is_active and request.user.is_staff

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        if obj is None:
            return self.has_module_permission(request)
        return brands_of(person(request)).filter(pk=self.brand_of(obj).pk).exists()

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self.write_roles is not None and works_as(request, *self.write_roles)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        if obj is None:
            return self.has_add_permission(request)
        return self.write_roles is not None and self.has_role(request, obj, self.write_roles)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.deletable and self.has_change_permission(request, obj)

    def has_role(self, request: HttpRequest, row: Any, roles: tuple[Role, ...]) -> bool:
        return brands_of(person(request), *roles).filter(pk=self.brand_of(row).pk).exists()

    def formfield_for_foreignkey(
        self, db_field: ForeignKey[Any, Any], request: HttpRequest, **kwargs: Any
    ) -> Any:
        """Offer only what belongs to brands in which the person may write."""
        model = db_field.related_model
        roles = self.write_roles or ()
        if model is Brand:
            kwargs["queryset"] = brands_of(person(request), *roles)
        elif any(field.name == "brand" for field in model._meta.fields):
            kwargs["queryset"] = visible(model._default_manager.all(), person(request), *roles)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def get_urls(self) -> list[URLPattern]:
        acts = [
            path(f"<int:pk>/{act.name}/", self._act_view(act), name=self.url_name(act.name))
            for act in self.acts
        ]
        return [*acts, *super().get_urls()]

    def url_name(self, name: str) -> str:
        return f"{self.opts.app_label}_{self.opts.model_name}_{name}"

    def page_url(self, pk: int) -> str:
        return reverse(f"admin:{self.url_name('change')}", args=[pk])

    def _act_view(self, act: PageAct) -> Callable[..., HttpResponse]:
        def view(request: HttpRequest, pk: int) -> HttpResponse:
            row = self.get_object(request, str(pk))
            if request.method != "POST":
                return HttpResponseNotAllowed(["POST"])
            if not self.has_role(request, row, act.roles):
                raise PermissionDenied
            try:
                note = (request.POST.get("note", ""),) if act.note else ()
                done = act.run(person(request), row, *note)
            except DomainError as refusal:
                self.message_user(request, refusal.detail, messages.ERROR)
                return HttpResponseRedirect(self.page_url(pk))
            self.message_user(request, done.message, messages.SUCCESS)
            return HttpResponseRedirect(done.url or self.page_url(pk))

        wrapped: Callable[..., HttpResponse] = self.admin_site.admin_view(view)
        return wrapped

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        row = self.get_object(request, object_id)
        context = {"acts": self._offered(request, row), **self.page_context(request, row)}
        response: HttpResponse = super().change_view(
            request, object_id, form_url, {**context, **(extra_context or {})}
        )
        return response

    def page_context(self, request: HttpRequest, row: Any) -> dict[str, Any]:
        """What an object's page shows besides its fields."""
        return {}

    def _offered(self, request: HttpRequest, row: Any) -> list[dict[str, str]]:
        return [
            {
                "url": reverse(f"admin:{self.url_name(act.name)}", args=[row.pk]),
                "label": act.label,
                "icon": act.icon,
                "variant": act.variant,
                "note": act.note,
                "note_field": UnfoldAdminTextInputWidget({"maxlength": MAX_NOTE, "required": True}).render(
                    "note", ""
                ),
            }
            for act in self.acts
            if act.fits(row) and self.has_role(request, row, act.roles)
        ]
