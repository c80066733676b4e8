"""API keys: made, listed and revoked by a brand's managers."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from adgen.api.auth import MANAGE
from adgen.api.base import BrandScopedViewSet, BrandSlug, StrictSerializer, read_input
from adgen.models import ApiKey, Scope
from adgen.services.brands import api_key_create, api_key_revoke


class ApiKeyViewSet(mixins.ListModelMixin, BrandScopedViewSet):
    """Keys of the brands that the caller manages. A key is known by its prefix; its secret is shown once."""

    class InputSerializer(StrictSerializer):
        brand = serializers.CharField(help_text="Slug or name.")
        name = serializers.CharField(max_length=50)
        scopes = serializers.ListField(child=serializers.ChoiceField(Scope.choices), min_length=1)
        expires_at = serializers.DateTimeField(default=None, allow_null=True)

        class Meta:
            ref_name = "ApiKeyInput"

    class OutputSerializer(serializers.ModelSerializer[ApiKey]):
        brand = BrandSlug()
        scopes = serializers.ListField(child=serializers.ChoiceField(Scope.choices))
        expires_at = serializers.DateTimeField(source="expiry_date", allow_null=True)
        created_at = serializers.DateTimeField(source="created")

        class Meta:
            model = ApiKey
            ref_name = "ApiKey"
            fields = ["prefix", "brand", "name", "scopes", "revoked", "expires_at", "created_at"]

    class SecretSerializer(OutputSerializer):
        secret = serializers.CharField(help_text="Shown this once only.")

        class Meta:
            model = ApiKey
            ref_name = "ApiKeyWithSecret"
            fields = [*("prefix", "brand", "name", "scopes", "revoked", "expires_at", "created_at", "secret")]

    queryset = ApiKey.objects.select_related("brand")
    serializer_class = OutputSerializer
    lookup_field = "prefix"
    lookup_value_regex = "[-a-zA-Z0-9_]+"
    needs = {"list": MANAGE, "create": MANAGE, "destroy": MANAGE}

    @extend_schema(request=InputSerializer, responses={201: SecretSerializer})
    def create(self, request: Request) -> Response:
        """Make a key. Takes no Idempotency-Key: that would mean to store the secret."""
        given = read_input(self.InputSerializer, request)
        brand = self.caller.brand(given.pop("brand"))
        self.caller.require(brand, MANAGE)
        key, secret = api_key_create(brand=brand, **given, by=self.caller.person)
        shown = {**self.OutputSerializer(key).data, "secret": secret}
        return Response(shown, status=status.HTTP_201_CREATED)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, prefix: str) -> Response:
        """Revoke the key at once and for ever."""
        api_key_revoke(key=self.get_object(), by=self.caller.person)
        return Response(status=status.HTTP_204_NO_CONTENT)
