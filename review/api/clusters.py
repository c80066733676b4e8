"""Near-duplicates in the answers of the review queue."""

from __future__ import annotations

from rest_framework import serializers

from review.selectors.clusters import Kin
from review.services.rows import Outcome, RowResult


class KinSerializer(serializers.Serializer[Kin]):
    """A line that is much like the one claimed."""

    variant = serializers.IntegerField(source="variant.pk")
    text = serializers.CharField(source="variant.text")
    verdict = serializers.CharField(source="screening.verdict")
    findings = serializers.JSONField(source="screening.findings")
    differs = serializers.CharField(help_text="What the screen says otherwise than of the claimed line.")
    held = serializers.BooleanField(
        help_text="Held with the claimed line, under its token: can be in `also`. Else somebody else has it."
    )

    class Meta:
        ref_name = "NearDuplicate"


class RowSerializer(serializers.Serializer[RowResult]):
    """What became of one of several lines."""

    variant = serializers.IntegerField(source="variant.pk")
    outcome = serializers.ChoiceField([outcome.value for outcome in Outcome])
    detail = serializers.CharField(source="words")
    decision = serializers.IntegerField(source="decision.pk", default=None, allow_null=True)

    class Meta:
        ref_name = "LineOutcome"


class KeptSerializer(serializers.Serializer[object]):
    """A line that was not taken back with the others."""

    variant = serializers.IntegerField()
    detail = serializers.CharField()

    class Meta:
        ref_name = "LineKept"
