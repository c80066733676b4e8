"""Lines that two people judged differently, and how far people agree. For managers."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import mixins, serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from adgen.api.auth import MANAGE, caller_of
from adgen.api.base import BrandScopedViewSet, BrandSlug, StrictSerializer, read_input, refuse_unknown
from adgen.api.idempotency import idempotent
from adgen.services.notes import MAX_NOTE
from adgen.services.variants import MAX_TEXT
from review.api.queue import DecisionSerializer, person_of
from review.models import Action, Decision, LookState, Reason, SecondLook
from review.selectors.agreement import JUDGED, Agreement, agreement
from review.services.judgements import Judgement
from review.services.second_look import dispute_settle


class OpinionSerializer(serializers.ModelSerializer[Decision]):
    reviewer = serializers.CharField(source="reviewer.username")
    text = serializers.CharField(source="wording", help_text="The wording of an edit.")

    class Meta:
        model = Decision
        ref_name = "Opinion"
        fields = ["reviewer", "action", "reason", "note", "text", "created_at"]


class DisagreementViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, BrandScopedViewSet):
    """Lines that wait for a manager, as two people said different things of them."""

    class OutputSerializer(serializers.ModelSerializer[SecondLook]):
        brand = BrandSlug()
        text = serializers.CharField(source="variant.text")
        slot = serializers.CharField(source="variant.slot")
        first = OpinionSerializer()
        second = OpinionSerializer()

        class Meta:
            model = SecondLook
            ref_name = "Disagreement"
            fields = ["id", "brand", "variant", "slot", "text", "first", "second"]

    class InputSerializer(StrictSerializer):
        action = serializers.ChoiceField(JUDGED)
        reason = serializers.ChoiceField(Reason.choices, default="", help_text="For a rejection.")
        note = serializers.CharField(default="", allow_blank=True, max_length=MAX_NOTE)
        text = serializers.CharField(
            default="", allow_blank=True, max_length=MAX_TEXT, help_text="The new wording, for an edit."
        )

        class Meta:
            ref_name = "SettlementInput"

    queryset = SecondLook.objects.select_related(
        "brand", "variant__brand", "first__reviewer", "second__reviewer"
    )
    serializer_class = OutputSerializer
    needs = {"list": MANAGE, "retrieve": MANAGE, "decide": MANAGE}

    def get_queryset(self) -> QuerySet[Any]:
        # One that another manager has settled is still theirs to be told so.
        rows = super().get_queryset().exclude(state__in=[LookState.OPEN, LookState.AGREED])
        return rows if self.detail else rows.filter(state=LookState.DISPUTED)

    @extend_schema(request=InputSerializer, responses={201: DecisionSerializer})
    @action(detail=True, methods=["post"])
    @idempotent
    def decide(self, request: Request, pk: str) -> Response:
        """Approve, edit or reject the line; it takes effect. 409 where somebody else has settled it."""
        look = self.get_object()
        given = read_input(self.InputSerializer, request)
        judgement = Judgement(**given | {"action": Action(given["action"])})
        decision = dispute_settle(manager=person_of(request), look=look, given=judgement)
        return Response(DecisionSerializer(decision).data, status=status.HTTP_201_CREATED)


class AgreementApi(APIView):
    """How far two people who judge the same lines agree."""

    class OutputSerializer(serializers.Serializer[Any]):
        class Counts(serializers.Serializer[Agreement]):
            lines = serializers.IntegerField(help_text="Judged by both.")
            same = serializers.IntegerField()
            kappa = serializers.FloatField(
                source="kappa.value", default=None, allow_null=True, help_text="Null where it is not defined."
            )
            kappa_low = serializers.FloatField(source="kappa.low", default=None, allow_null=True)
            kappa_high = serializers.FloatField(source="kappa.high", default=None, allow_null=True)

            class Meta:
                ref_name = "AgreementCounts"

        class Pair(Counts):
            reviewers = serializers.ListField(child=serializers.CharField())

            class Meta:
                ref_name = "AgreementPair"

        brand = serializers.CharField()
        total = Counts()
        pairs = Pair(many=True)

        class Meta:
            ref_name = "Agreement"

    @extend_schema(
        operation_id="review_agreement",
        parameters=[OpenApiParameter("brand", str, description="Slug or name; all that you manage without.")],
        responses=OutputSerializer(many=True),
    )
    def get(self, request: Request) -> Response:
        """Cohen's kappa with its 95% interval, by brand and by pair of reviewers."""
        person_of(request)
        refuse_unknown(request.query_params, ["brand"], "query parameter")
        caller = caller_of(request)
        name = request.query_params.get("brand")
        brand = caller.brand(name) if name else None
        if brand is not None:
            caller.require(brand, MANAGE)
        found = agreement(person_of(request), brand)
        return Response([self._told(each) for each in found])

    def _told(self, each: Any) -> dict[str, Any]:
        counts = self.OutputSerializer.Counts
        return {
            "brand": each.brand.slug,
            "total": counts(each.total).data,
            "pairs": [
                {"reviewers": [one.get_username(), other.get_username()], **counts(both).data}
                for one, other, both in each.by_pair
            ],
        }
