"""Gold items and what the answers to them say. For managers."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import mixins, serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from adgen.api.auth import MANAGE, caller_of
from adgen.api.base import (
    BrandFilter,
    BrandScopedViewSet,
    BrandSlug,
    StrictSerializer,
    read_input,
    refuse_unknown,
)
from adgen.api.idempotency import idempotent
from adgen.errors import Invalid
from review.api.marks import line_named
from review.api.queue import person_of
from review.models import GoldItem
from review.selectors.attention import Answers, attention, supply
from review.services.gold import gold_mark, gold_remove


class GoldViewSet(mixins.ListModelMixin, BrandScopedViewSet):
    """Lines with a known answer that reviewers meet among others, without being told."""

    class InputSerializer(StrictSerializer):
        variant = serializers.IntegerField(min_value=1, help_text="Approved or rejected: that is its answer.")

        class Meta:
            ref_name = "GoldInput"

    class OutputSerializer(serializers.ModelSerializer[GoldItem]):
        brand = BrandSlug()
        text = serializers.CharField(source="variant.text")

        class Meta:
            model = GoldItem
            ref_name = "GoldItem"
            fields = ["id", "brand", "variant", "text", "answer", "created_at"]

    queryset = GoldItem.objects.filter(active=True).select_related("brand", "variant")
    serializer_class = OutputSerializer
    filterset_class = BrandFilter
    needs = {"list": MANAGE, "create": MANAGE, "destroy": MANAGE}

    @extend_schema(request=InputSerializer, responses={201: OutputSerializer})
    @idempotent
    def create(self, request: Request) -> Response:
        """Make a decided line a gold item. 409 where it is neither approved nor rejected."""
        person = person_of(request)
        variant = line_named(request, read_input(self.InputSerializer, request)["variant"])
        item = gold_mark(manager=person, variant=variant)
        return Response(self.OutputSerializer(item).data, status=status.HTTP_201_CREATED)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, pk: str) -> Response:
        """Show it to nobody any more; the answers to it stay."""
        item = self.get_object()
        gold_remove(manager=person_of(request), item=item)
        return Response(status=status.HTTP_204_NO_CONTENT)


class AttentionApi(APIView):
    """How closely people look."""

    class OutputSerializer(serializers.Serializer[Any]):
        class Counts(serializers.Serializer[Answers]):
            answered = serializers.IntegerField(source="of")
            right = serializers.IntegerField()
            low = serializers.FloatField(source="share.interval.low", default=None, allow_null=True)
            high = serializers.FloatField(source="share.interval.high", default=None, allow_null=True)
            let_through = serializers.IntegerField(help_text="Bad lines that were approved.")
            refused = serializers.IntegerField(help_text="Good lines that were not.")

            class Meta:
                ref_name = "AttentionCounts"

        class Week(Counts):
            start = serializers.DateField(help_text="Its Monday.")

            class Meta:
                ref_name = "AttentionWeek"

        class Reviewer(Counts):
            reviewer = serializers.CharField()
            weeks = serializers.ListField(child=serializers.DictField())

            class Meta:
                ref_name = "AttentionReviewer"

        items = serializers.IntegerField(help_text="Gold items in use.")
        needed = serializers.IntegerField(help_text="So many, or the busiest person meets too few.")
        total = Counts()
        weeks = Week(many=True)
        reviewers = Reviewer(many=True)

        class Meta:
            ref_name = "Attention"

    @extend_schema(
        operation_id="review_attention",
        parameters=[OpenApiParameter("brand", str, required=True, description="Slug or name.")],
        responses=OutputSerializer,
    )
    def get(self, request: Request) -> Response:
        """Answers to gold items in the last 12 weeks, with 95% Wilson intervals of the right ones."""
        person_of(request)
        refuse_unknown(request.query_params, ["brand"], "query parameter")
        caller = caller_of(request)
        if not (name := request.query_params.get("brand")):
            raise Invalid("brand: say whose reviewers.", fields={"brand": ["give a slug or a name"]})
        brand = caller.brand(name)
        caller.require(brand, MANAGE)
        found, stock = attention(brand), supply(brand)
        counts = self.OutputSerializer.Counts
        return Response(
            {
                "items": stock.items,
                "needed": stock.needed,
                "total": counts(found.total).data,
                "weeks": [{"start": start, **counts(week).data} for start, week in found.weeks.items()],
                "reviewers": [
                    {
                        "reviewer": user.get_username(),
                        **counts(answers).data,
                        "weeks": [{"start": start, **counts(week).data} for start, week in weeks.items()],
                    }
                    for user, answers, weeks in found.reviewers
                ],
            }
        )
