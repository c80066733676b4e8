"""Claim a line, decide about it, take a decision back. For people only: no key approves copy."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import User
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from adgen.api.auth import caller_of
from adgen.api.base import BrandSlug, StrictSerializer, read_input
from adgen.api.batches import VariantDetailSerializer
from adgen.api.idempotency import idempotent
from adgen.errors import NotAllowed, NotFound
from adgen.selectors.variants import variants_with_verdict
from adgen.services.notes import MAX_NOTE
from adgen.services.variants import MAX_TEXT
from review.models import LINE_ACTIONS, Action, Claim, Decision, Reason
from review.services.claims import claim_next
from review.services.decisions import MAX_DURATION_MS, decision_record, decision_undo


def person_of(request: Request) -> User:
    """The person behind a request; NotAllowed for an integration."""
    person = caller_of(request).person
    if person is None:
        raise NotAllowed("Decisions need a person: sign in, an API key cannot review.")
    return person


class DecisionSerializer(serializers.ModelSerializer[Decision]):
    brand = BrandSlug()
    edited_variant = serializers.IntegerField(
        source="edited_variant_id", allow_null=True, help_text="The new wording, on its way to the screen."
    )

    class Meta:
        model = Decision
        ref_name = "Decision"
        fields = [
            *("id", "variant", "brand", "action", "reason", "note", "edited_variant", "undoes"),
            *("duration_ms", "created_at"),
        ]


class ClaimApi(APIView):
    """The next line to judge."""

    class InputSerializer(StrictSerializer):
        brand = serializers.CharField(
            required=False, help_text="Slug or name; all brands that you review for where left out."
        )

        class Meta:
            ref_name = "ClaimInput"

    class OutputSerializer(serializers.Serializer[Claim]):
        token = serializers.UUIDField(help_text="Goes with the decision.")
        expires_at = serializers.DateTimeField()
        variant = serializers.SerializerMethodField()

        class Meta:
            ref_name = "Claim"

        def get_variant(self, claim: Claim) -> VariantDetailSerializer:
            """The line with its screenings."""
            variants = variants_with_verdict().select_related("brand").prefetch_related("screenings")
            return VariantDetailSerializer(variants.get(pk=claim.variant_id)).data  # type: ignore[return-value]

    @extend_schema(
        operation_id="review_claim",
        request=InputSerializer,
        responses={200: OutputSerializer, 204: OpenApiResponse(description="The queue is empty.")},
    )
    def post(self, request: Request) -> Response:
        """Take the oldest line that nobody holds, or the one that you hold already.

        The claim lasts a few minutes (`expires_at`); ask again to extend it. 204 where nothing waits.
        """
        person = person_of(request)
        name = read_input(self.InputSerializer, request).get("brand")
        claim = claim_next(reviewer=person, brand=caller_of(request).brand(name) if name else None)
        if claim is None:
            return Response(status=status.HTTP_204_NO_CONTENT)
        return Response(self.OutputSerializer(claim).data)


class DecisionApi(APIView):
    """A decision on the line in hand."""

    class InputSerializer(StrictSerializer):
        variant = serializers.IntegerField(min_value=1)
        token = serializers.UUIDField(help_text="Of your claim on the line.")
        action = serializers.ChoiceField(LINE_ACTIONS)
        reason = serializers.ChoiceField(Reason.choices, default="", help_text="For a rejection.")
        note = serializers.CharField(default="", allow_blank=True, max_length=MAX_NOTE)
        text = serializers.CharField(
            default="", allow_blank=True, max_length=MAX_TEXT, help_text="The new wording, for an edit."
        )
        duration_ms = serializers.IntegerField(
            min_value=0, max_value=MAX_DURATION_MS, default=None, allow_null=True
        )

        class Meta:
            ref_name = "DecisionInput"

    @extend_schema(operation_id="review_decide", request=InputSerializer, responses={201: DecisionSerializer})
    @idempotent
    def post(self, request: Request) -> Response:
        """Approve, edit, reject or skip. 409, and nothing is saved, where your claim is gone."""
        person = person_of(request)
        given: dict[str, Any] = read_input(self.InputSerializer, request)
        pk = given.pop("variant")
        variants = caller_of(request).visible(variants_with_verdict().select_related("brand"))
        variant = variants.filter(pk=pk).first()
        if variant is None:
            raise NotFound(f"No variant {pk}.", fields={"variant": [f"No variant {pk}."]})
        action = Action(given.pop("action"))
        decision = decision_record(reviewer=person, variant=variant, action=action, **given)
        return Response(DecisionSerializer(decision).data, status=status.HTTP_201_CREATED)


class UndoApi(APIView):
    """One step back."""

    class InputSerializer(StrictSerializer):
        class Meta:
            ref_name = "UndoInput"

    @extend_schema(operation_id="review_undo", request=None, responses={201: DecisionSerializer})
    @idempotent
    def post(self, request: Request) -> Response:
        """Take back your latest decision that stands, at most 20 of them; the line is yours again."""
        person = person_of(request)
        read_input(self.InputSerializer, request)
        undo = decision_undo(reviewer=person)
        return Response(DecisionSerializer(undo).data, status=status.HTTP_201_CREATED)
