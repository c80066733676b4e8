"""Training runs and adapters. A training is asked for in `review`, where its manifest comes from."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from adgen.api.auth import MANAGE, READ
from adgen.api.base import BrandFilter, BrandSlug, ReadViewSet
from adgen.api.idempotency import idempotent
from adgen.models import Adapter, TrainingRun
from adgen.services.training import adapter_promote, training_run_cancel, training_run_retry


class TrainingRunViewSet(ReadViewSet):
    """Training runs with their progress."""

    class OutputSerializer(serializers.ModelSerializer[TrainingRun]):
        brand = BrandSlug()
        adapter = serializers.IntegerField(source="adapter.pk", default=None, allow_null=True)
        metrics = serializers.DictField()

        class Meta:
            model = TrainingRun
            ref_name = "TrainingRun"
            fields = [
                *("id", "brand", "state", "step", "steps", "progress_note", "examples", "manifest_sha256"),
                *("base_model", "seed", "metrics", "error", "adapter", "created_at", "finished_at"),
            ]

    class Filters(BrandFilter):
        class Meta:
            model = TrainingRun
            fields = ["state"]

    queryset = TrainingRun.objects.select_related("brand", "adapter").defer("manifest")
    serializer_class = OutputSerializer
    filterset_class = Filters
    needs = {"list": READ, "retrieve": READ, "cancel": MANAGE, "retry": MANAGE}

    @extend_schema(request=None)
    @action(detail=True, methods=["post"])
    @idempotent
    def cancel(self, request: Request, pk: str) -> Response:
        """Stop a training that is queued or running."""
        training_run_cancel(run=self.get_object())
        return self.retrieve(request)

    @extend_schema(request=None)
    @action(detail=True, methods=["post"])
    @idempotent
    def retry(self, request: Request, pk: str) -> Response:
        """Give a dead training a new life."""
        training_run_retry(run=self.get_object())
        return self.retrieve(request)


class AdapterViewSet(ReadViewSet):
    """Adapters: the brand's champion writes its copy, the others wait or are retired."""

    class OutputSerializer(serializers.ModelSerializer[Adapter]):
        brand = BrandSlug()
        metrics = serializers.DictField()

        class Meta:
            model = Adapter
            ref_name = "Adapter"
            fields = [
                *("id", "brand", "training_run", "digest", "status", "base_model", "base_sha256"),
                *("metrics", "gate_note", "created_at", "promoted_at"),
            ]

    class Filters(BrandFilter):
        class Meta:
            model = Adapter
            fields = ["status"]

    queryset = Adapter.objects.select_related("brand")
    serializer_class = OutputSerializer
    filterset_class = Filters
    needs = {"list": READ, "retrieve": READ, "promote": MANAGE}

    @extend_schema(request=None)
    @action(detail=True, methods=["post"])
    @idempotent
    def promote(self, request: Request, pk: str) -> Response:
        """Make it the champion; the one before retires. Promote that one again to go back."""
        adapter_promote(adapter=self.get_object(), by=self.caller.person)
        return self.retrieve(request)
