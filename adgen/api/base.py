"""What all resources of the API share: brand scoping, roles and scopes, strict input, routes."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from functools import cache
from typing import Any, ClassVar, TypeVar

from django.core.validators import MaxValueValidator
from django.db.models import Model, QuerySet
from django.forms import IntegerField
from django_filters.rest_framework import CharFilter, DjangoFilterBackend, FilterSet, NumberFilter
from rest_framework import mixins, serializers
from rest_framework.exceptions import ValidationError
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.routers import SimpleRouter
from rest_framework.views import APIView
from rest_framework.viewsets import GenericViewSet

from adgen.api.auth import Caller, Need, caller_of
from adgen.models import Brand

Row = TypeVar("Row", bound=Model)


def refuse_unknown(given: Mapping[str, Any], known: list[str], what: str) -> None:
    """Raise ValidationError that names each of `given` which is not `known`."""
    faults = {}
    for name in given:
        if name not in known:
            near = get_close_matches(name, known, n=1)
            hint = f"Did you mean {near[0]!r}?" if near else f"Known: {', '.join(sorted(known))}."
            faults[name] = [f"Unknown {what}. {hint}"]
    if faults:
        raise ValidationError(faults)


class StrictSerializer(serializers.Serializer[Any]):
    """Input whose unknown fields are refused by name, so that a typing error is never ignored."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, Mapping):
            refuse_unknown(data, list(self.fields), "field")
        return super().to_internal_value(data)


@cache
def _built(serializer: type[serializers.Serializer[Any]]) -> serializers.Serializer[Any]:
    """A serializer with its fields; making them takes longer than using them, so one serves all requests."""
    return serializer()


def read_input(serializer: type[serializers.Serializer[Any]], request: Request) -> dict[str, Any]:
    """The checked body of a request; raises ValidationError."""
    return dict(_built(serializer).run_validation(request.data))


def shown(serializer: type[serializers.Serializer[Any]], row: object) -> dict[str, Any]:
    """What a response says about `row`."""
    return dict(_built(serializer).to_representation(row))


class StrictFilters(DjangoFilterBackend):
    """Query filters, where a parameter that no filter has is refused by name."""

    def filter_queryset(self, request: Request, queryset: QuerySet[Row], view: APIView) -> QuerySet[Row]:
        filters = self.get_filterset_class(view, queryset)
        known = list(filters.base_filters) if filters else []
        refuse_unknown(request.query_params, [*known, "cursor", "page_size"], "query parameter")
        rows: QuerySet[Row] = super().filter_queryset(request, queryset, view)
        return rows


class IdFilter(NumberFilter):
    """The number of another row."""

    field_class = IntegerField

    def get_max_validator(self) -> MaxValueValidator:
        return MaxValueValidator(2**63 - 1)


class BrandFilter(FilterSet):
    """Rows of one brand, by its slug."""

    brand = CharFilter(field_name="brand__slug")


class BrandAccess(IsAuthenticated):
    """What the view's `needs` ask for: of the caller alone first, then in the object's brand."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        if not super().has_permission(request, view):
            return False
        assert isinstance(view, BrandScopedViewSet)
        # On an object's route, another brand's object must be missing before a scope can be.
        if need := None if view.detail else view.need():
            caller_of(request).require_scope(need)
        return True

    def has_object_permission(self, request: Request, view: APIView, obj: Model) -> bool:
        assert isinstance(view, BrandScopedViewSet)
        if need := view.need():
            caller_of(request).require(view.brand_of(obj), need)
        return True


class BrandScopedViewSet(GenericViewSet[Any]):
    """Rows of the caller's brands; those of others do not exist.

    `needs` says for each action which role or scope it asks for; an action without one does not exist.
    """

    permission_classes = [BrandAccess]
    filter_backends = [StrictFilters]
    filterset_class: type[FilterSet] = BrandFilter
    brand_path: ClassVar[str] = "brand"
    needs: ClassVar[Mapping[str, Need]] = {}

    @property
    def caller(self) -> Caller:
        return caller_of(self.request)

    def need(self) -> Need | None:
        """What the action asks for; None where the method is not allowed at all."""
        return None if self.action in (None, "metadata") else self.needs[self.action]

    def brand_of(self, row: Any) -> Brand:
        brand: Brand = row.brand
        return brand

    def get_queryset(self) -> QuerySet[Any]:
        rows = super().get_queryset()
        # The schema is made without a caller.
        if getattr(self, "swagger_fake_view", False):
            return rows.none()
        need = self.need()
        # A list holds what the caller may see; an object's route refuses a member without the role.
        roles = need.roles if need and not self.detail else ()
        return self.caller.visible(rows, *roles, brand=self.brand_path)


class ReadViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, BrandScopedViewSet):
    """A list and its rows."""


class Router(SimpleRouter):
    """Routes of resources. People write addresses by hand, so the slash at the end is optional."""

    def __init__(self) -> None:
        super().__init__()
        self.trailing_slash = "/?"


class BrandSlug(serializers.SlugRelatedField[Brand]):
    """A row's brand in output, by its slug."""

    def __init__(self) -> None:
        super().__init__(slug_field="slug", read_only=True)
