"""Comments on lines. For people only, as decisions are."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django_filters.rest_framework import FilterSet
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from adgen.api.auth import REVIEW
from adgen.api.base import BrandFilter, BrandScopedViewSet, BrandSlug, IdFilter, StrictSerializer, read_input
from adgen.api.idempotency import idempotent
from adgen.services.notes import MAX_NOTE
from review.api.marks import line_named
from review.api.queue import person_of
from review.models import Comment
from review.selectors.blind import words_for
from review.services.comments import comment_add


class CommentViewSet(mixins.ListModelMixin, BrandScopedViewSet):
    """What reviewers leave on lines for those who look at them later; never changed, never removed."""

    class InputSerializer(StrictSerializer):
        variant = serializers.IntegerField(min_value=1)
        note = serializers.CharField(max_length=MAX_NOTE)

        class Meta:
            ref_name = "CommentInput"

    class OutputSerializer(serializers.ModelSerializer[Comment]):
        brand = BrandSlug()

        class Meta:
            model = Comment
            ref_name = "Comment"
            fields = ["id", "variant", "brand", "author", "note", "created_at"]

    class Filters(BrandFilter):
        variant = IdFilter()

        class Meta:
            model = Comment
            fields: list[str] = []

    queryset = Comment.objects.select_related("brand")
    serializer_class = OutputSerializer
    filterset_class: type[FilterSet] = Filters
    needs = {"list": REVIEW, "create": REVIEW}

    def get_queryset(self) -> QuerySet[Any]:
        rows = super().get_queryset()
        return words_for(self.caller.person, rows, author="author") if self.caller.person else rows

    @extend_schema(request=InputSerializer, responses={201: OutputSerializer})
    @idempotent
    def create(self, request: Request) -> Response:
        """Leave a note on a line. Later reviewers of the line and managers see it."""
        person = person_of(request)
        given: dict[str, Any] = read_input(self.InputSerializer, request)
        variant = line_named(request, given["variant"])
        comment = comment_add(author=person, variant=variant, note=given["note"])
        return Response(self.OutputSerializer(comment).data, status=status.HTTP_201_CREATED)
