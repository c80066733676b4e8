"""Batches and the variants that they wrote."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.db.models import QuerySet
from django_filters.rest_framework import ChoiceFilter
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from adgen.api.auth import READ, WRITE
from adgen.api.base import BrandFilter, BrandSlug, IdFilter, ReadViewSet, StrictSerializer, read_input
from adgen.api.idempotency import idempotent
from adgen.errors import NotFound
from adgen.models import Batch, Brief, Screening, Variant
from adgen.models.variants import VERDICTS
from adgen.selectors.batches import batch_progress
from adgen.selectors.variants import variants_with_verdict, without_blocked
from adgen.services.batches import MAX_VARIANTS, batch_cancel, batch_request, batch_retry


class ProgressSerializer(serializers.Serializer[Any]):
    """How far a batch has come; a line counts half when it is sampled, whole when it is screened."""

    percent = serializers.IntegerField()
    requested = serializers.IntegerField()
    written = serializers.IntegerField()
    screened = serializers.IntegerField()
    shortfall = serializers.IntegerField(help_text="Lines that could not be written.")
    sampled = serializers.IntegerField(help_text="Candidates, of which the best become lines.")
    blocked = serializers.IntegerField()
    dead_chunks = serializers.IntegerField()
    problems = serializers.ListField(child=serializers.CharField())

    class Meta:
        ref_name = "Progress"


class BatchSerializer(serializers.ModelSerializer[Batch]):
    brand = BrandSlug()

    class Meta:
        model = Batch
        ref_name = "Batch"
        fields = [
            *("id", "brand", "brief", "adapter", "state"),
            *("requested", "seed", "created_at", "finished_at"),
        ]


class BatchDetailSerializer(BatchSerializer):
    progress = serializers.SerializerMethodField()

    class Meta(BatchSerializer.Meta):
        ref_name = "BatchWithProgress"
        fields = [*BatchSerializer.Meta.fields, "progress"]

    @extend_schema_field(ProgressSerializer)
    def get_progress(self, batch: Batch) -> Any:
        return ProgressSerializer(batch_progress(batch)).data


class BatchViewSet(ReadViewSet):
    """One request for copy each. `retrieve` shows its progress."""

    class InputSerializer(StrictSerializer):
        brief = serializers.IntegerField(min_value=1)
        slots = serializers.DictField(
            child=serializers.IntegerField(min_value=1, max_value=MAX_VARIANTS),
            allow_empty=False,
            required=False,
            help_text="Lines wanted by slot; the brief's own where left out.",
        )
        seed = serializers.IntegerField(min_value=0, max_value=2**31 - 1, default=None, allow_null=True)

        class Meta:
            ref_name = "BatchInput"

    class Filters(BrandFilter):
        brief = IdFilter()

        class Meta:
            model = Batch
            fields = ["state"]

    queryset = Batch.objects.select_related("brand")
    serializer_class = BatchSerializer
    filterset_class = Filters
    needs = {"list": READ, "retrieve": READ, "create": WRITE, "cancel": WRITE, "retry": WRITE}

    @extend_schema(request=InputSerializer, responses={201: BatchDetailSerializer})
    @idempotent
    def create(self, request: Request) -> Response:
        given = read_input(self.InputSerializer, request)
        brief = self.caller.visible(Brief.objects.select_related("brand")).filter(pk=given["brief"]).first()
        if brief is None:
            detail = f"No brief {given['brief']}."
            raise NotFound(detail, fields={"brief": [detail]})
        self.caller.require(brief.brand, WRITE)
        batch = batch_request(
            brief=brief, requested_by=self.caller.person, counts=given.get("slots"), seed=given["seed"]
        )
        return Response(BatchDetailSerializer(batch).data, status=status.HTTP_201_CREATED)

    @extend_schema(responses=BatchDetailSerializer)
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return Response(BatchDetailSerializer(self.get_object()).data)

    @extend_schema(request=None, responses=BatchDetailSerializer)
    @action(detail=True, methods=["post"])
    @idempotent
    def cancel(self, request: Request, pk: str) -> Response:
        """Stop writing; lines written already are still screened."""
        batch_cancel(batch=self.get_object())
        return self.retrieve(request)

    @extend_schema(request=None, responses=BatchDetailSerializer)
    @action(detail=True, methods=["post"])
    @idempotent
    def retry(self, request: Request, pk: str) -> Response:
        """Give the batch's dead chunks a new life."""
        batch_retry(batch=self.get_object())
        return self.retrieve(request)


class ScreeningSerializer(serializers.ModelSerializer[Screening]):
    class Finding(serializers.Serializer[Any]):
        rule = serializers.CharField()
        severity = serializers.CharField()
        start = serializers.IntegerField()
        end = serializers.IntegerField()
        message = serializers.CharField()
        source_url = serializers.CharField(allow_blank=True)

        class Meta:
            ref_name = "Finding"

    scores = serializers.DictField(child=serializers.FloatField())
    findings = Finding(many=True)

    class Meta:
        model = Screening
        ref_name = "Screening"
        fields = ["version", "verdict", "scores", "findings", "created_at"]


class VariantSerializer(serializers.ModelSerializer[Variant]):
    brand = BrandSlug()
    verdict = serializers.ChoiceField(VERDICTS, allow_null=True, help_text="Of the latest screening.")

    class Meta:
        model = Variant
        ref_name = "Variant"
        fields = [
            *("id", "brand", "batch", "slot", "index", "text", "width", "limit", "state", "verdict"),
            *("angle", "seed", "base_model", "adapter", "edited_from", "created_at"),
        ]


class VariantDetailSerializer(VariantSerializer):
    screenings = ScreeningSerializer(many=True, help_text="Oldest first.")

    class Meta(VariantSerializer.Meta):
        ref_name = "VariantWithScreenings"
        fields = [*VariantSerializer.Meta.fields, "screenings"]


class VariantViewSet(ReadViewSet):
    """Lines of copy. Their text never changes; an edit is a variant of its own with `edited_from`."""

    class Filters(BrandFilter):
        batch = IdFilter()
        brief = IdFilter(field_name="batch__brief")
        verdict = ChoiceFilter(choices=[(verdict, verdict) for verdict in VERDICTS])

        class Meta:
            model = Variant
            fields = ["slot", "state"]

    queryset = variants_with_verdict().select_related("brand")
    serializer_class = VariantSerializer
    filterset_class = Filters
    needs = {"list": READ, "retrieve": READ}

    def get_queryset(self) -> QuerySet[Any]:
        """Blocked lines are for managers alone: an integration never gets what the screen holds back."""
        rows = super().get_queryset()
        if getattr(self, "swagger_fake_view", False):
            return rows
        return without_blocked(rows, self.caller.person or AnonymousUser())

    @extend_schema(responses=VariantDetailSerializer)
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return Response(VariantDetailSerializer(self.get_object()).data)
