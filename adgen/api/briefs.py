"""Campaigns and briefs."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from adgen.api.auth import READ, WRITE, Caller
from adgen.api.base import BrandFilter, BrandSlug, ReadViewSet, StrictSerializer, read_input
from adgen.api.idempotency import idempotent
from adgen.briefs import (
    LIST_LIMITS,
    MAX_LINES_PER_SLOT,
    SPECIAL_CATEGORIES,
    TEXT_LIMITS,
    brief_from_json,
    brief_of_brand,
)
from adgen.channels import slot_formats
from adgen.errors import DomainError, Invalid, NotAllowed, NotFound
from adgen.models import Brand, Brief, Campaign, SpecialCategory
from adgen.selectors.brands import refuse_other_voice
from adgen.selectors.briefs import brand_spec, refuse_other_category
from adgen.services.briefs import briefs_create, campaign_change, campaign_create
from adgen.spec import BriefSpec

MAX_BRIEFS = 100


class CampaignViewSet(ReadViewSet):
    """Briefs that belong together. A brief makes its campaign where there is none of that name."""

    class InputSerializer(StrictSerializer):
        brand = serializers.CharField(help_text="Slug or name.")
        name = serializers.CharField(max_length=120)
        deadline = serializers.DateField(default=None, allow_null=True)
        special_category = serializers.ChoiceField(SpecialCategory.choices, default="")

        class Meta:
            ref_name = "CampaignInput"

    class ChangeSerializer(StrictSerializer):
        deadline = serializers.DateField(required=False, allow_null=True)
        special_category = serializers.ChoiceField(SpecialCategory.choices, required=False)

        class Meta:
            ref_name = "CampaignChange"

    class OutputSerializer(serializers.ModelSerializer[Campaign]):
        brand = BrandSlug()

        class Meta:
            model = Campaign
            ref_name = "Campaign"
            fields = ["id", "brand", "name", "deadline", "special_category", "created_at"]

    queryset = Campaign.objects.select_related("brand")
    serializer_class = OutputSerializer
    needs = {"list": READ, "retrieve": READ, "create": WRITE, "partial_update": WRITE}

    @extend_schema(request=InputSerializer, responses={201: OutputSerializer})
    @idempotent
    def create(self, request: Request) -> Response:
        given = read_input(self.InputSerializer, request)
        brand = self.caller.brand(given.pop("brand"))
        self.caller.require(brand, WRITE)
        campaign = campaign_create(brand=brand, **given)
        return Response(self.OutputSerializer(campaign).data, status=status.HTTP_201_CREATED)

    @extend_schema(request=ChangeSerializer, responses=OutputSerializer)
    def partial_update(self, request: Request, pk: str) -> Response:
        """Change what is given. Lines that wait for review follow a new deadline soon after."""
        campaign: Campaign = self.get_object()
        given = read_input(self.ChangeSerializer, request)
        for field, value in given.items():
            setattr(campaign, field, value)
        campaign_change(campaign=campaign, fields=list(given))
        return Response(self.OutputSerializer(campaign).data)


def _text_schema(field: str) -> dict[str, Any]:
    return {"type": "string", "maxLength": TEXT_LIMITS[field]}


def _list_schema(field: str) -> dict[str, Any]:
    most, longest = LIST_LIMITS[field]
    return {"type": "array", "maxItems": most, "items": {"type": "string", "maxLength": longest}}


def _brief_schema() -> dict[str, Any]:
    """The brief as JSON Schema, from the limits that the reader itself checks."""
    count = {"type": "integer", "minimum": 1, "maximum": MAX_LINES_PER_SLOT}
    texts = ("campaign", "product", "audience", "offer", "tone", "url")
    lists = ("messages", "keywords", "must_include", "must_avoid")
    return {
        "type": "object",
        "required": ["brand", "product", "slots"],
        "additionalProperties": False,
        "properties": {
            "brand": {
                "description": "Slug or name, or an object with a name.",
                "oneOf": [
                    {"type": "string"},
                    {"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}}},
                ],
            },
            "special_category": {
                "description": "The campaign's; the campaign's own where left out.",
                "enum": [*SPECIAL_CATEGORIES, None],
            },
            **{field: _text_schema(field) for field in texts},
            **{field: _list_schema(field) for field in lists},
            "slots": {
                "type": "object",
                "description": "Lines wanted by slot.",
                "minProperties": 1,
                "additionalProperties": False,
                "properties": dict.fromkeys(slot_formats(), count),
            },
        },
    }


class BriefViewSet(ReadViewSet):
    """Briefs: product, audience, messages, offer, tone, keywords, must and never words, lines by slot."""

    class InputSerializer(StrictSerializer):
        briefs = serializers.ListField(min_length=1, max_length=MAX_BRIEFS)

    class OutputSerializer(serializers.ModelSerializer[Brief]):
        brand = BrandSlug()
        campaign = serializers.CharField(source="campaign.name")
        special_category = serializers.CharField(
            source="campaign.special_category", help_text="The campaign's; empty for none."
        )
        messages = serializers.ListField(child=serializers.CharField())
        keywords = serializers.ListField(child=serializers.CharField())
        must_include = serializers.ListField(child=serializers.CharField())
        must_avoid = serializers.ListField(child=serializers.CharField())
        slots = serializers.DictField(child=serializers.IntegerField())

        class Meta:
            model = Brief
            ref_name = "Brief"
            fields = [
                *("id", "brand", "campaign", "special_category", "product", "audience", "messages", "offer"),
                *("tone", "keywords", "url", "must_include", "must_avoid", "slots", "created_at"),
            ]

    class Filters(BrandFilter):
        class Meta:
            model = Brief
            fields = {"campaign__name": ["exact"]}

    queryset = Brief.objects.select_related("brand", "campaign")
    serializer_class = OutputSerializer
    filterset_class = Filters
    needs = {"list": READ, "retrieve": READ, "create": WRITE}

    @extend_schema(
        request={
            "application/json": {
                "type": "object",
                "required": ["briefs"],
                "properties": {
                    "briefs": {
                        "type": "array",
                        "minItems": 1,
                        "maxItems": MAX_BRIEFS,
                        "items": _brief_schema(),
                    }
                },
            }
        },
        responses={201: OutputSerializer(many=True)},
    )
    @idempotent
    def create(self, request: Request) -> Response:
        """Store up to 100 briefs, all or none; faults are named by row and field: `briefs.0.product`."""
        rows = read_input(self.InputSerializer, request)["briefs"]
        briefs = briefs_create(briefs=_checked(self.caller, rows), created_by=self.caller.person)
        return Response(self.OutputSerializer(briefs, many=True).data, status=status.HTTP_201_CREATED)


def _checked(caller: Caller, rows: list[object]) -> list[tuple[Brand, BriefSpec]]:
    """Every row's brand and brief; raises with the faults of all rows, the gravest kind first."""
    checked = []
    categories: dict[tuple[int, str], str] = {}
    refusals: list[DomainError] = []
    fields: dict[str, list[str]] = {}
    for number, row in enumerate(rows):
        try:
            spec = brief_from_json(row)
            assert isinstance(row, dict)
            brand = caller.brand(spec.brand.name)
            caller.require(brand, WRITE)
            refuse_other_voice(brand, row["brand"])
            refuse_other_category(brand, spec, categories)
            checked.append((brand, brief_of_brand(spec, brand_spec(brand))))
        except DomainError as refusal:
            refusals.append(refusal)
            named = refusal.fields or {"brand": [refusal.detail]}
            fields |= {f"briefs.{number}.{field}": faults for field, faults in named.items()}
    for kind in (NotFound, NotAllowed, Invalid):
        if first := next((refusal for refusal in refusals if isinstance(refusal, kind)), None):
            raise kind(f"Nothing was stored. {first.detail}", fields=fields)
    return checked
