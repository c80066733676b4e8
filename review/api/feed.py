"""The feed: everything that was approved and everything that was taken back, in order."""

from __future__ import annotations

import base64
import binascii
from typing import Any

from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from adgen.api.auth import FEED, caller_of
from adgen.api.base import refuse_unknown
from adgen.errors import Invalid
from adgen.models import Brand
from review.models import Publication, PublicationKind
from review.selectors.feed import FeedPage, feed_page

DEFAULT_LIMIT = 100
MAX_LIMIT = 500
_PREFIX = "seq:"
_MAX_SEQ = 2**63 - 1


def cursor_of(seq: int) -> str:
    """The opaque place in the feed behind entry `seq`."""
    return base64.urlsafe_b64encode(f"{_PREFIX}{seq}".encode()).decode().rstrip("=")


def seq_of(cursor: str) -> int:
    """The number behind a cursor, 0 for none; raises Invalid for one that we did not make."""
    if not cursor:
        return 0
    try:
        plain = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True).decode()
    except (binascii.Error, ValueError):
        plain = ""
    digits = plain.removeprefix(_PREFIX)
    seq = int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 20 else -1
    if not 0 <= seq <= _MAX_SEQ or cursor_of(seq) != cursor:
        detail = "Not a cursor of this feed: pass `next_cursor` as it was given, or none to start over."
        raise Invalid(f"cursor: {detail}", fields={"cursor": [detail]})
    return seq


class ApprovedApi(APIView):
    """Approved copy of one brand, to be pulled again and again from where the last pull ended."""

    class QuerySerializer(serializers.Serializer[Any]):
        brand = serializers.CharField(required=False)
        cursor = serializers.CharField(default="", allow_blank=True, max_length=100)
        limit = serializers.IntegerField(default=DEFAULT_LIMIT, min_value=1, max_value=MAX_LIMIT)

    class OutputSerializer(serializers.Serializer[FeedPage]):
        """A page of the feed."""

        class Entry(serializers.Serializer[Publication]):
            """An approved line, or the tombstone of one that was taken back (`id` and `kind` alone)."""

            seq = serializers.IntegerField(help_text="1, 2, 3, … without gaps.")
            kind = serializers.ChoiceField(PublicationKind.choices)
            id = serializers.IntegerField(source="variant_id", help_text="The variant.")
            slot = serializers.CharField(source="variant.slot", required=False)
            text = serializers.CharField(source="variant.text", required=False)
            brief = serializers.IntegerField(source="variant.batch.brief_id", required=False)
            campaign = serializers.CharField(source="variant.batch.brief.campaign.name", required=False)
            adapter = serializers.CharField(
                source="variant.adapter.digest",
                default=None,
                allow_null=True,
                required=False,
                help_text="Digest of the weights that wrote it; null for the base model alone.",
            )
            decided_at = serializers.DateTimeField(source="decision.created_at")
            reviewer = serializers.IntegerField(source="decision.reviewer_id")

            class Meta:
                ref_name = "FeedEntry"

            def to_representation(self, instance: Publication) -> dict[str, Any]:
                entry = super().to_representation(instance)
                if instance.kind == PublicationKind.RETRACTED:
                    return {name: entry[name] for name in ("seq", "kind", "id", "decided_at", "reviewer")}
                return dict(entry)

        entries = Entry(many=True)
        next_cursor = serializers.SerializerMethodField(help_text="Pass it as `cursor` next time.")
        has_more = serializers.BooleanField(help_text="Whether more entries wait behind this page.")

        class Meta:
            ref_name = "FeedPage"

        def get_next_cursor(self, page: FeedPage) -> str:
            return cursor_of(page.last_seq)

    @extend_schema(
        operation_id="approved_list",
        parameters=[
            OpenApiParameter("brand", str, description="Slug or name; needed for people, implied by a key."),
            OpenApiParameter("cursor", str, description="Where to go on; from the start where left out."),
            OpenApiParameter(
                "limit", int, description=f"1 to {MAX_LIMIT} entries, {DEFAULT_LIMIT} where left out."
            ),
            OpenApiParameter("If-None-Match", str, OpenApiParameter.HEADER, description="An ETag of before."),
        ],
        responses={
            200: OutputSerializer,
            304: OpenApiResponse(description="The feed has not grown since that ETag."),
        },
    )
    def get(self, request: Request) -> Response:
        """Entries after `cursor` in the order in which they were committed.

        An entry `approved` adds a line, `retracted` takes it out again; apply them in order. The ETag is
        the brand's last sequence number: with If-None-Match, a pull that would bring nothing costs a 304.
        """
        refuse_unknown(request.query_params, ["brand", "cursor", "limit"], "query parameter")
        query = self.QuerySerializer(data=request.query_params)
        query.is_valid(raise_exception=True)
        brand = self._brand(request, query.validated_data.get("brand"))
        after = seq_of(query.validated_data["cursor"])
        if after > brand.publication_seq:
            detail = "This cursor is ahead of the feed: it belongs to another brand or installation."
            raise Invalid(f"cursor: {detail}", fields={"cursor": [detail]})
        headers = {"ETag": f'"{brand.publication_seq}"', "Cache-Control": "private, no-cache"}
        # Only a reader who has everything may be sent away: the ETag says nothing about the cursor.
        if after == brand.publication_seq and headers["ETag"] in _etags(request):
            return Response(status=status.HTTP_304_NOT_MODIFIED, headers=headers)
        page = feed_page(brand=brand, after=after, limit=query.validated_data["limit"])
        return Response(self.OutputSerializer(page).data, headers=headers)

    def _brand(self, request: Request, name: str | None) -> Brand:
        caller = caller_of(request)
        if name is None and caller.key is None:
            raise Invalid("brand: say whose feed.", fields={"brand": ["say whose feed, by slug or name"]})
        brand = caller.brand(name) if name is not None else caller.brands().get()
        caller.require(brand, FEED)
        return brand


def _etags(request: Request) -> list[str]:
    return [tag.strip().removeprefix("W/") for tag in request.headers.get("If-None-Match", "").split(",")]
