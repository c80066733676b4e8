"""Training runs with the asking for one, which reads the decisions."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from adgen.api import training
from adgen.api.auth import MANAGE
from adgen.api.base import StrictSerializer, read_input
from adgen.api.idempotency import idempotent
from review.services.training import training_request


class TrainingRunViewSet(training.TrainingRunViewSet):
    """Training runs with their progress."""

    class InputSerializer(StrictSerializer):
        brand = serializers.CharField(help_text="Slug or name.")

        class Meta:
            ref_name = "TrainingRunInput"

    needs = {**training.TrainingRunViewSet.needs, "create": MANAGE}

    @extend_schema(request=InputSerializer, responses={201: training.TrainingRunViewSet.OutputSerializer})
    @idempotent
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Train the brand's adapter on its exemplars and approved lines; one training at a time."""
        brand = self.caller.brand(read_input(self.InputSerializer, request)["brand"])
        self.caller.require(brand, MANAGE)
        run = training_request(brand=brand, requested_by=self.caller.person)
        return Response(self.OutputSerializer(run).data, status=status.HTTP_201_CREATED)
