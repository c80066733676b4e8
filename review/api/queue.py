"""Claim lines, keep or release them, decide, take a decision back. For people only: no key approves copy."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import User
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from adgen.api.auth import caller_of
from adgen.api.base import BrandSlug, StrictSerializer, read_input, shown
from adgen.api.batches import VariantDetailSerializer
from adgen.api.idempotency import idempotent
from adgen.errors import NotAllowed, NotFound
from adgen.models import Variant
from adgen.selectors.variants import line_with_brand, screenings_of
from adgen.services.notes import MAX_NOTE
from adgen.services.variants import MAX_TEXT
from review.api.clusters import KeptSerializer, KinSerializer, RowSerializer
from review.models import LINE_ACTIONS, Action, Claim, Decision, Reason
from review.selectors.blind import as_waiting
from review.selectors.clusters import family_of
from review.selectors.filters import BASE, QUEUE_VERDICTS, queue_filter
from review.selectors.order import why_next
from review.services.claims import MOST_BESIDE, claim_next, claims_release, claims_renew
from review.services.clusters import Spread, cluster_decide
from review.services.decisions import MAX_DURATION_MS, decision_record, step_undo

# A page holds the line that it shows and a few in advance.
MAX_HELD = 20


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
            default="", help_text="Slug or name; all brands that you review for where left out."
        )
        campaign = serializers.IntegerField(default=None, min_value=1, max_value=2**63 - 1)
        channel = serializers.CharField(default="", help_text="The first part of slot keys: `google_rsa`.")
        slot = serializers.CharField(default="", help_text="A slot key: `google_rsa.headline`.")
        verdict = serializers.ChoiceField(QUEUE_VERDICTS, default="")
        language = serializers.CharField(default="", help_text="Of the brand: `de`.")
        adapter = serializers.CharField(
            default="", help_text=f"An adapter's number, or `{BASE}`: lines of the base model alone."
        )
        besides = serializers.ListField(
            child=serializers.IntegerField(),
            max_length=MAX_HELD,
            default=list,
            help_text="Lines that you hold already and know of: to take one more in advance.",
        )

        class Meta:
            ref_name = "ClaimInput"

    class OutputSerializer(serializers.Serializer[Claim]):
        token = serializers.UUIDField(help_text="Goes with the decision.")
        expires_at = serializers.DateTimeField()
        why = serializers.SerializerMethodField()
        variant = VariantDetailSerializer(help_text="The line with its screenings.")
        cluster = KinSerializer(many=True, help_text="Near-duplicates that wait as well.")

        class Meta:
            ref_name = "Claim"

        def get_why(self, claim: Claim) -> list[str]:
            """Why this line comes now, the weightiest reason first."""
            return why_next(claim.variant)

    @extend_schema(
        operation_id="review_claim",
        request=InputSerializer,
        responses={200: OutputSerializer, 204: OpenApiResponse(description="The queue is empty.")},
    )
    def post(self, request: Request) -> Response:
        """Take the next line that nobody holds, or one that you hold already.

        Lines of the earliest deadline come first, among them those that the screen marked; briefs take
        turns. The claim lasts a few minutes (`expires_at`): send heartbeats, or ask again, to extend it.
        204 where nothing waits.
        """
        person = person_of(request)
        given = read_input(self.InputSerializer, request)
        besides = given.pop("besides")
        claim = claim_next(reviewer=person, only=queue_filter(person, **given), besides=besides)
        if claim is None:
            return Response(status=status.HTTP_204_NO_CONTENT)
        line = claim.variant = as_waiting(line_with_brand(claim.variant_id))
        screenings = screenings_of(line)
        # Where the related manager looks first.
        line._prefetched_objects_cache = {"screenings": screenings}  # type: ignore[attr-defined]
        line.verdict = screenings[-1].verdict  # type: ignore[attr-defined]  # as in a list
        claim.cluster = family_of(claim)[1] if claim.has_kin else ()  # type: ignore[attr-defined]
        return Response(shown(self.OutputSerializer, claim))


class HeartbeatApi(APIView):
    """The sign of life of a page that holds lines."""

    class InputSerializer(StrictSerializer):
        tokens = serializers.ListField(
            child=serializers.UUIDField(), min_length=1, max_length=MAX_HELD, help_text="Of your claims."
        )

        class Meta:
            ref_name = "HeartbeatInput"

    class OutputSerializer(serializers.Serializer[Any]):
        expires_at = serializers.DateTimeField(help_text="Of the claims that are still yours.")
        lost = serializers.ListField(
            child=serializers.UUIDField(),
            help_text="Tokens whose claims are gone: decided, given back, or somebody else's by now.",
        )

        class Meta:
            ref_name = "Heartbeat"

    @extend_schema(operation_id="review_heartbeat", request=InputSerializer, responses=OutputSerializer)
    def post(self, request: Request) -> Response:
        """Extend your claims, also those that ran out while nobody wanted them."""
        person = person_of(request)
        until, lost = claims_renew(reviewer=person, **read_input(self.InputSerializer, request))
        return Response(self.OutputSerializer({"expires_at": until, "lost": sorted(lost)}).data)


class PauseApi(APIView):
    """A break."""

    class InputSerializer(StrictSerializer):
        class Meta:
            ref_name = "PauseInput"

    class OutputSerializer(serializers.Serializer[Any]):
        released = serializers.IntegerField(help_text="How many lines others can have now.")

        class Meta:
            ref_name = "Pause"

    @extend_schema(operation_id="review_pause", request=None, responses=OutputSerializer)
    def post(self, request: Request) -> Response:
        """Give back all lines that you hold."""
        person = person_of(request)
        read_input(self.InputSerializer, request)
        return Response(self.OutputSerializer({"released": claims_release(reviewer=person)}).data)


class DecisionApi(APIView):
    """A decision on the line in hand."""

    class InputSerializer(StrictSerializer):
        variant = serializers.IntegerField(min_value=1, max_value=2**63 - 1)
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
        also = serializers.ListField(
            child=serializers.IntegerField(),
            max_length=MOST_BESIDE,
            default=list,
            help_text="Lines of the claim's `cluster` that are held: the same is decided about them.",
        )

        class Meta:
            ref_name = "DecisionInput"

    class OutputSerializer(DecisionSerializer):
        also = RowSerializer(
            many=True, help_text="What became of each of the others; one undo takes all back."
        )

        class Meta(DecisionSerializer.Meta):
            ref_name = "DecisionWithOthers"
            fields = [*DecisionSerializer.Meta.fields, "also"]

    @extend_schema(operation_id="review_decide", request=InputSerializer, responses={201: OutputSerializer})
    @idempotent
    def post(self, request: Request) -> Response:
        """Approve, edit, reject or skip. 409, and nothing is saved, where your claim is gone.

        One of `also` that cannot be decided any more is left out, and the answer says why.
        """
        person = person_of(request)
        given: dict[str, Any] = read_input(self.InputSerializer, request)
        pk, also = given.pop("variant"), given.pop("also")
        try:
            variant = line_with_brand(pk)
            given |= {"reviewer": person, "variant": variant, "action": Action(given["action"])}
            spread = cluster_decide(also=also, **given) if also else Spread(decision_record(**given), [])
        except (Variant.DoesNotExist, NotFound):
            raise NotFound(f"No variant {pk}.", fields={"variant": [f"No variant {pk}."]}) from None
        spread.decision.also = spread.others  # type: ignore[attr-defined]
        return Response(shown(self.OutputSerializer, spread.decision), status=status.HTTP_201_CREATED)


class UndoApi(APIView):
    """One step back."""

    class InputSerializer(StrictSerializer):
        class Meta:
            ref_name = "UndoInput"

    class OutputSerializer(DecisionSerializer):
        also = serializers.ListField(
            child=serializers.IntegerField(), help_text="Lines that were decided with it, taken back as well."
        )
        kept = KeptSerializer(many=True, help_text="Lines of the step that cannot be taken back any more.")
        left = serializers.IntegerField(help_text="Lines of a long step that another undo takes back.")

        class Meta(DecisionSerializer.Meta):
            ref_name = "Undo"
            fields = [*DecisionSerializer.Meta.fields, "also", "kept", "left"]

    @extend_schema(operation_id="review_undo", request=None, responses={201: OutputSerializer})
    @idempotent
    def post(self, request: Request) -> Response:
        """Take back your latest step that stands, at most 20 of them; the line is yours again.

        Lines that were decided in one step go back together, 21 at a time.
        """
        person = person_of(request)
        read_input(self.InputSerializer, request)
        step = step_undo(reviewer=person)
        undo = step.undos[-1]
        undo.also = [other.variant_id for other in step.undos[:-1]]  # type: ignore[attr-defined]
        undo.kept = [{"variant": pk, "detail": why} for pk, why in step.kept.items()]  # type: ignore[attr-defined]
        undo.left = step.left  # type: ignore[attr-defined]
        return Response(shown(self.OutputSerializer, undo), status=status.HTTP_201_CREATED)
