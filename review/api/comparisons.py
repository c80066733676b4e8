"""Blind comparisons of two adapters: trials for managers, pairs for reviewers, preferences to take away."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from datetime import date
from typing import Any

from django.http import StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import mixins, serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from adgen.api.auth import MANAGE, REVIEW, caller_of
from adgen.api.base import BrandScopedViewSet, BrandSlug, StrictSerializer, read_input, refuse_unknown
from adgen.api.idempotency import idempotent
from adgen.errors import Invalid, NotFound
from adgen.models import Adapter, Brand, Brief
from review.api.queue import person_of
from review.models import Choice, Comparison, Trial
from review.selectors.comparisons import Outcome, outcome, preferences
from review.services.comparisons import (
    comparison_choose,
    comparison_next,
    preferences_taken,
    trial_close,
    trial_open,
)


class TrialViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, BrandScopedViewSet):
    """Two adapters of a brand, compared blindly, and what the choices say so far."""

    class InputSerializer(StrictSerializer):
        challenger = serializers.IntegerField(min_value=1, help_text="An adapter.")
        rival = serializers.IntegerField(
            min_value=1, allow_null=True, help_text="Another adapter; null for the base model alone."
        )
        brief = serializers.IntegerField(
            min_value=1,
            default=None,
            allow_null=True,
            help_text="Both write the lines of this brief now; without, lines that are there are compared.",
        )

        class Meta:
            ref_name = "TrialInput"

    class OutputSerializer(serializers.ModelSerializer[Trial]):
        class OutcomeSerializer(serializers.Serializer[Outcome]):
            wins = serializers.IntegerField(help_text="The challenger's line was preferred.")
            losses = serializers.IntegerField()
            equal = serializers.IntegerField()
            neither = serializers.IntegerField()
            win_rate = serializers.FloatField(allow_null=True, help_text="Of the choices for one side.")
            low = serializers.FloatField(source="interval.low", default=None, allow_null=True)
            high = serializers.FloatField(source="interval.high", default=None, allow_null=True)
            p_value = serializers.FloatField(allow_null=True, help_text="Two-sided sign test.")
            says = serializers.CharField()

            class Meta:
                ref_name = "TrialOutcome"

        brand = BrandSlug()
        outcome = serializers.SerializerMethodField()

        class Meta:
            model = Trial
            ref_name = "Trial"
            fields = ["id", "brand", "challenger", "rival", "is_open", "outcome", "created_at"]

        def get_outcome(self, trial: Trial) -> dict[str, Any]:
            """What the choices add up to."""
            return dict(self.OutcomeSerializer(outcome(trial)).data)

    queryset = Trial.objects.select_related("brand", "challenger", "rival")
    serializer_class = OutputSerializer
    needs = {"list": MANAGE, "retrieve": MANAGE, "create": MANAGE, "close": MANAGE}

    @extend_schema(request=InputSerializer, responses={201: OutputSerializer})
    @idempotent
    def create(self, request: Request) -> Response:
        """Open a trial; one at a time for a brand."""
        person = person_of(request)
        given = read_input(self.InputSerializer, request)
        challenger = self._named(Adapter, "challenger", given["challenger"])
        assert challenger
        trial = trial_open(
            manager=person,
            challenger=challenger,
            rival=self._named(Adapter, "rival", given["rival"]),
            brief=self._named(Brief, "brief", given["brief"]),
        )
        return Response(self.OutputSerializer(trial).data, status=status.HTTP_201_CREATED)

    @extend_schema(request=None)
    @action(detail=True, methods=["post"])
    @idempotent
    def close(self, request: Request, pk: str) -> Response:
        """Show no more pairs of it."""
        trial = self.get_object()
        trial_close(manager=person_of(request), trial=trial)
        return self.retrieve(request)

    def _named(self, model: type[Any], field: str, pk: int | None) -> Any:
        if pk is None:
            return None
        row = self.caller.visible(model.objects.select_related("brand")).filter(pk=pk).first()
        if row is None:
            raise NotFound(f"No {field} {pk}.", fields={field: [f"No {field} {pk}."]})
        return row


class PairSerializer(serializers.Serializer[Comparison]):
    """Two lines for one brief and slot. Nothing in it says who wrote which."""

    id = serializers.IntegerField()
    brand = serializers.CharField(source="brand.slug")
    slot = serializers.CharField(source="challenger_line.slot")
    product = serializers.CharField(source="challenger_line.batch.brief.product")
    audience = serializers.CharField(source="challenger_line.batch.brief.audience")
    messages = serializers.ListField(
        source="challenger_line.batch.brief.messages", child=serializers.CharField()
    )
    offer = serializers.CharField(source="challenger_line.batch.brief.offer")
    left = serializers.CharField(source="left.text")
    right = serializers.CharField(source="right.text")
    choice = serializers.CharField(allow_blank=True)

    class Meta:
        ref_name = "Pair"


class ComparisonViewSet(BrandScopedViewSet):
    """Pairs of lines; which is better?"""

    class NextSerializer(StrictSerializer):
        brand = serializers.CharField(help_text="Slug or name.")

        class Meta:
            ref_name = "PairNextInput"

    class InputSerializer(StrictSerializer):
        choice = serializers.ChoiceField(Choice.choices)

        class Meta:
            ref_name = "PairChoiceInput"

    queryset = Comparison.objects.select_related("brand", "challenger_line__batch__brief", "rival_line")
    serializer_class = PairSerializer
    needs = {"create": REVIEW, "choose": REVIEW}

    @extend_schema(
        operation_id="review_comparisons_next",
        request=NextSerializer,
        responses={200: PairSerializer, 204: OpenApiResponse(description="No pair is left.")},
    )
    def create(self, request: Request) -> Response:
        """The next pair, or the one that you have in hand. 204 where no trial is open or no pair is left."""
        person = person_of(request)
        brand = self.caller.brand(read_input(self.NextSerializer, request)["brand"])
        pair = comparison_next(reviewer=person, brand=brand)
        if pair is None:
            return Response(status=status.HTTP_204_NO_CONTENT)
        return Response(PairSerializer(pair).data)

    @extend_schema(request=InputSerializer, responses={201: PairSerializer})
    @action(detail=True, methods=["post"])
    @idempotent
    def choose(self, request: Request, pk: str) -> Response:
        """Say which line is better. 409 where the pair is not in your hand any more."""
        comparison = self.get_object()
        choice = Choice(read_input(self.InputSerializer, request)["choice"])
        chosen = comparison_choose(reviewer=person_of(request), comparison=comparison, choice=choice)
        return Response(PairSerializer(chosen).data, status=status.HTTP_201_CREATED)


class PreferencesApi(APIView):
    """Preference pairs, for trainers that learn from them."""

    @extend_schema(
        operation_id="review_preferences",
        parameters=[OpenApiParameter("brand", str, required=True, description="Slug or name.")],
        responses={(200, "application/x-ndjson"): OpenApiTypes.STR},
    )
    def get(self, request: Request) -> StreamingHttpResponse:
        """JSON lines: `source` (comparison or edit), `brief`, `slot`, `chosen`, `rejected`, `at`."""
        person = person_of(request)
        refuse_unknown(request.query_params, ["brand"], "query parameter")
        caller = caller_of(request)
        if not (name := request.query_params.get("brand")):
            raise Invalid("brand: say whose pairs.", fields={"brand": ["give a slug or a name"]})
        brand = caller.brand(name)
        caller.require(brand, MANAGE)
        preferences_taken(brand=brand, by=person)
        answer = StreamingHttpResponse(_lines(brand), content_type="application/x-ndjson")
        answer["Content-Disposition"] = f'attachment; filename="preferences-{brand.slug}.jsonl"'
        return answer


def _lines(brand: Brand) -> Iterator[str]:
    for pair in preferences(brand):
        yield json.dumps(asdict(pair), sort_keys=True, ensure_ascii=False, default=date.isoformat) + "\n"
