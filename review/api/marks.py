"""Marks on screenings. For people only, as decisions are."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django_filters.rest_framework import FilterSet
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from adgen.api.auth import REVIEW, caller_of
from adgen.api.base import BrandFilter, BrandScopedViewSet, BrandSlug, IdFilter, StrictSerializer, read_input
from adgen.api.idempotency import idempotent
from adgen.errors import NotFound
from adgen.models import Variant
from adgen.selectors.variants import without_blocked
from adgen.services.notes import MAX_NOTE
from review.api.queue import person_of
from review.models import MarkKind, Missed, ScreenMark
from review.selectors.blind import words_for
from review.services.marks import mark_create, mark_delete


def line_named(request: Request, pk: int) -> Variant:
    """The line that a person names to say something about it; NotFound where they cannot see it."""
    variants = caller_of(request).visible(Variant.objects.select_related("brand"))
    variant = without_blocked(variants, person_of(request)).filter(pk=pk).first()
    if variant is None:
        raise NotFound(f"No variant {pk}.", fields={"variant": [f"No variant {pk}."]})
    return variant


class MarkViewSet(mixins.ListModelMixin, BrandScopedViewSet):
    """What reviewers say about the screen's findings; it trains nothing and changes no verdict by itself."""

    class InputSerializer(StrictSerializer):
        variant = serializers.IntegerField(min_value=1)
        kind = serializers.ChoiceField(MarkKind.choices)
        rule = serializers.CharField(
            max_length=120,
            help_text="For filter_wrong the rule of one of the line's findings, for filter_missed one of "
            f"{', '.join(Missed.values)}.",
        )
        note = serializers.CharField(default="", allow_blank=True, max_length=MAX_NOTE)

        class Meta:
            ref_name = "ScreenMarkInput"

    class OutputSerializer(serializers.ModelSerializer[ScreenMark]):
        brand = BrandSlug()

        class Meta:
            model = ScreenMark
            ref_name = "ScreenMark"
            fields = ["id", "variant", "brand", "screening", "reviewer", "kind", "rule", "note", "created_at"]

    class Filters(BrandFilter):
        variant = IdFilter()

        class Meta:
            model = ScreenMark
            fields = ["kind", "rule"]

    queryset = ScreenMark.objects.select_related("brand")
    serializer_class = OutputSerializer
    filterset_class: type[FilterSet] = Filters
    needs = {"list": REVIEW, "create": REVIEW, "destroy": REVIEW}

    def get_queryset(self) -> QuerySet[Any]:
        rows = super().get_queryset()
        return words_for(self.caller.person, rows, author="reviewer") if self.caller.person else rows

    @extend_schema(request=InputSerializer, responses={201: OutputSerializer})
    @idempotent
    def create(self, request: Request) -> Response:
        """Mark a finding as wrong, or say what the screen missed. 409 where you have done so already."""
        person = person_of(request)
        given: dict[str, Any] = read_input(self.InputSerializer, request)
        variant = line_named(request, given.pop("variant"))
        mark = mark_create(reviewer=person, variant=variant, **given | {"kind": MarkKind(given["kind"])})
        return Response(self.OutputSerializer(mark).data, status=status.HTTP_201_CREATED)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, pk: str) -> Response:
        """Take your own mark back."""
        # The row first: one of another brand must be missing before anything else can be wrong.
        mark = self.get_object()
        mark_delete(reviewer=person_of(request), mark=mark)
        return Response(status=status.HTTP_204_NO_CONTENT)
