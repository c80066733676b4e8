"""Brands, what they know, and how they have written so far."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from adgen.api.auth import MANAGE, READ, WRITE
from adgen.api.base import (
    BrandFilter,
    BrandScopedViewSet,
    BrandSlug,
    ReadViewSet,
    StrictSerializer,
    read_input,
)
from adgen.api.idempotency import idempotent
from adgen.models import Brand, Exemplar, Fact, FourEyes
from adgen.models.brands import MAX_GOLD_PERCENT
from adgen.services.brands import PAST_LINE_LIMITS, PastLine, brand_change, exemplars_add
from adgen.services.facts import fact_add, fact_change, fact_remove

MAX_LINES = 500


class BrandViewSet(ReadViewSet):
    """The brands that the caller belongs to."""

    class ChangeSerializer(StrictSerializer):
        four_eyes = serializers.ChoiceField(
            FourEyes.choices, required=False, help_text="Lines that two people judge."
        )
        gold_percent = serializers.IntegerField(
            required=False,
            min_value=0,
            max_value=MAX_GOLD_PERCENT,
            help_text="Of a hundred lines that a reviewer gets, how many have a known answer.",
        )

        class Meta:
            ref_name = "BrandChange"

    class OutputSerializer(serializers.ModelSerializer[Brand]):
        class Meta:
            model = Brand
            ref_name = "Brand"
            fields = [
                *("slug", "name", "language", "voice", "special_category"),
                *("banned_words", "required_words", "competitors", "four_eyes", "gold_percent"),
                "created_at",
            ]

    queryset = Brand.objects.all()
    serializer_class = OutputSerializer
    filterset_class = None  # type: ignore[assignment]
    lookup_field = "slug"
    lookup_value_regex = "[-a-zA-Z0-9_]+"
    brand_path = "pk"
    needs = {"list": READ, "retrieve": READ, "partial_update": MANAGE}

    def brand_of(self, row: Any) -> Brand:
        brand: Brand = row
        return brand

    @extend_schema(request=ChangeSerializer, responses=OutputSerializer)
    def partial_update(self, request: Request, slug: str) -> Response:
        """Change how the brand's lines are reviewed."""
        brand = self.get_object()
        changes = read_input(self.ChangeSerializer, request)
        for field, value in changes.items():
            setattr(brand, field, value)
        brand_change(brand=brand, fields=list(changes), by=self.caller.person)
        return Response(self.OutputSerializer(brand).data)


class FactViewSet(ReadViewSet):
    """The brand's knowledge: subject, relation, object, with evidence and expiry."""

    class InputSerializer(StrictSerializer):
        brand = serializers.CharField(help_text="Slug or name.")
        subject = serializers.CharField(max_length=120)
        relation = serializers.CharField(max_length=120)
        object = serializers.CharField(max_length=240)
        is_claim = serializers.BooleanField(default=False, help_text="Copy may state it; needs evidence.")
        evidence = serializers.CharField(max_length=500, default="", allow_blank=True)
        expires_on = serializers.DateField(default=None, allow_null=True)

        class Meta:
            ref_name = "FactInput"

    class ChangeSerializer(StrictSerializer):
        subject = serializers.CharField(max_length=120, required=False)
        relation = serializers.CharField(max_length=120, required=False)
        object = serializers.CharField(max_length=240, required=False)
        is_claim = serializers.BooleanField(required=False)
        evidence = serializers.CharField(max_length=500, required=False, allow_blank=True)
        expires_on = serializers.DateField(required=False, allow_null=True)

        class Meta:
            ref_name = "FactChange"

    class OutputSerializer(serializers.ModelSerializer[Fact]):
        brand = BrandSlug()

        class Meta:
            model = Fact
            ref_name = "Fact"
            fields = [
                *("id", "brand", "subject", "relation", "object"),
                *("is_claim", "evidence", "expires_on", "created_at"),
            ]

    class Filters(BrandFilter):
        class Meta:
            model = Fact
            fields = ["is_claim"]

    queryset = Fact.objects.select_related("brand")
    serializer_class = OutputSerializer
    filterset_class = Filters
    needs = {"list": READ, "retrieve": READ, "create": WRITE, "partial_update": WRITE, "destroy": WRITE}

    @extend_schema(request=InputSerializer, responses={201: OutputSerializer})
    @idempotent
    def create(self, request: Request) -> Response:
        """Add a fact. Where it is a claim, the brand's lines are screened again: here and at any change."""
        given = read_input(self.InputSerializer, request)
        brand = self.caller.brand(given.pop("brand"))
        self.caller.require(brand, WRITE)
        fact = fact_add(brand=brand, **given)
        return Response(self.OutputSerializer(fact).data, status=status.HTTP_201_CREATED)

    @extend_schema(request=ChangeSerializer, responses=OutputSerializer)
    def partial_update(self, request: Request, pk: str) -> Response:
        """Change some fields, such as the day on which it expires."""
        fact = self.get_object()
        fact = fact_change(fact=fact, changes=read_input(self.ChangeSerializer, request))
        return Response(self.OutputSerializer(fact).data)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, pk: str) -> Response:
        fact_remove(fact=self.get_object())
        return Response(status=status.HTTP_204_NO_CONTENT)


class ExemplarViewSet(mixins.ListModelMixin, BrandScopedViewSet):
    """Past ads of the brand, line by line."""

    class InputSerializer(StrictSerializer):
        class Line(StrictSerializer):
            slot = serializers.CharField()
            text = serializers.CharField(max_length=PAST_LINE_LIMITS["text"])
            ad = serializers.CharField(
                max_length=PAST_LINE_LIMITS["ad"], help_text="Lines of one ad share it."
            )
            product = serializers.CharField(max_length=PAST_LINE_LIMITS["product"], default="")
            audience = serializers.CharField(max_length=PAST_LINE_LIMITS["audience"], default="")
            messages = serializers.ListField(child=serializers.CharField(max_length=160), default=list)
            offer = serializers.CharField(max_length=PAST_LINE_LIMITS["offer"], default="")
            keywords = serializers.ListField(child=serializers.CharField(max_length=80), default=list)

            class Meta:
                ref_name = "PastLine"

        brand = serializers.CharField(help_text="Slug or name.")
        lines = serializers.ListField(child=Line(), min_length=1, max_length=MAX_LINES)

        class Meta:
            ref_name = "ExemplarsInput"

    class CountsSerializer(serializers.Serializer[Any]):
        added = serializers.IntegerField()
        known = serializers.IntegerField(help_text="Lines that the brand had already.")

        class Meta:
            ref_name = "ExemplarsAdded"

    class OutputSerializer(serializers.ModelSerializer[Exemplar]):
        brand = BrandSlug()

        class Meta:
            model = Exemplar
            ref_name = "Exemplar"
            fields = [
                *("id", "brand", "slot", "text", "ad", "product", "audience"),
                *("messages", "offer", "keywords", "created_at"),
            ]

    class Filters(BrandFilter):
        class Meta:
            model = Exemplar
            fields = ["slot", "ad"]

    queryset = Exemplar.objects.select_related("brand")
    serializer_class = OutputSerializer
    filterset_class = Filters
    needs = {"list": READ, "create": WRITE}

    @extend_schema(request=InputSerializer, responses={201: CountsSerializer})
    @idempotent
    def create(self, request: Request) -> Response:
        """Add up to 500 past lines, all or none."""
        given = read_input(self.InputSerializer, request)
        brand = self.caller.brand(given["brand"])
        self.caller.require(brand, WRITE)
        added, known = exemplars_add(brand=brand, lines=[PastLine(**line) for line in given["lines"]])
        return Response({"added": added, "known": known}, status=status.HTTP_201_CREATED)
