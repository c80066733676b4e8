"""Who is calling the API, and what they may do.

A caller is a person (session or basic authentication) with roles in brands, or an integration whose key
is bound to one brand and to scopes. Both see the rows of their own brands only.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, TypeVar, cast

from django.contrib.auth.models import AnonymousUser, User
from django.db.models import Model, QuerySet
from drf_spectacular.authentication import BasicScheme
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication, BasicAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from adgen.errors import NotAllowed, NotFound
from adgen.models import ApiKey, Brand, Role, Scope
from adgen.selectors.access import brands_of, require_role
from adgen.selectors.brands import brand_named

_LONGEST_NAME = 150  # as users have it
Row = TypeVar("Row", bound=Model)


class Integration(AnonymousUser):
    """The user behind an API key: let in, but no person and a member of nothing."""

    def __init__(self, key: ApiKey) -> None:
        self.prefix = key.prefix

    @property
    def pk(self) -> str:  # type: ignore[override]
        """What throttles count by."""
        return self.prefix

    @property
    def is_authenticated(self) -> Literal[True]:  # type: ignore[override]
        return True

    def __str__(self) -> str:
        return f"API key {self.prefix}"


class ApiKeyAuthentication(BaseAuthentication):
    """`Authorization: Api-Key <secret>`. A key that is unknown, revoked or expired is answered 401."""

    keyword = "Api-Key"

    def authenticate(self, request: Request) -> tuple[Integration, ApiKey] | None:
        keyword, _, secret = get_authorization_header(request).decode("latin-1").partition(" ")
        if keyword.lower() != self.keyword.lower():
            return None
        try:
            key = cast(ApiKey, ApiKey.objects.get_from_key(secret.strip()))
        except ApiKey.DoesNotExist:
            raise AuthenticationFailed("This API key is unknown or revoked.") from None
        if key.has_expired:
            raise AuthenticationFailed("This API key has expired.")
        return Integration(key), key

    def authenticate_header(self, request: Request) -> str:
        return self.keyword


class ApiKeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """How the OpenAPI document describes API keys."""

    target_class = ApiKeyAuthentication
    name = "apiKey"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {
            "type": "apiKey",
            "in": "header",
            "name": "Authorization",
            "description": "`Api-Key <secret>`",
        }


class PasswordAuthentication(BasicAuthentication):
    """Name and password of a person."""

    def authenticate_credentials(self, userid: str, password: str, request: Any = None) -> tuple[User, None]:
        # Nobody has such a name, and the list of failed log-ins cannot hold it.
        if "\0" in userid or len(userid) > _LONGEST_NAME:
            raise AuthenticationFailed("Invalid username/password.")
        person, _ = super().authenticate_credentials(userid, password, request)
        return person, None


class PasswordScheme(BasicScheme):  # type: ignore[no-untyped-call]
    """How the OpenAPI document describes passwords."""

    target_class = "adgen.api.auth.PasswordAuthentication"


@dataclass(frozen=True)
class Need:
    """What an act asks for: one of `roles` of a person (any member where empty), `scope` of a key.

    Without a scope no key may do it.
    """

    scope: Scope | None = None
    roles: tuple[Role, ...] = ()


READ = Need(Scope.READ)
WRITE = Need(Scope.WRITE, (Role.MARKETER,))
REVIEW = Need(None, (Role.REVIEWER,))
MANAGE = Need(None, (Role.MANAGER,))
FEED = Need(Scope.FEED)


@dataclass(frozen=True)
class Caller:
    """Exactly one of `person` and `key`."""

    person: User | None
    key: ApiKey | None

    @property
    def name(self) -> str:
        """A name that no other caller has, such as `user:7`."""
        return f"key:{self.key.prefix}" if self.key else f"user:{self.person.pk if self.person else ''}"

    def brands(self, *roles: Role) -> QuerySet[Brand]:
        """The brands whose rows exist for this caller; for a person, where they have one of `roles`."""
        if self.key:
            return Brand.objects.filter(pk=self.key.brand_id)
        return brands_of(self.person or AnonymousUser(), *roles)

    def visible(self, rows: QuerySet[Row], *roles: Role, brand: str = "brand") -> QuerySet[Row]:
        """Those of `rows` in `brands(*roles)`; `brand` is the path from a row to its brand."""
        return rows.filter(**{f"{brand}__in": self.brands(*roles)})

    def brand(self, name: str) -> Brand:
        """The caller's brand of this slug or name; raises NotFound."""
        return brand_named(self.brands(), name)

    def require(self, brand: Brand, need: Need) -> None:
        """Raise NotFound outside the caller's brands, NotAllowed where scope or role is missing."""
        if not self.key:
            require_role(self.person or AnonymousUser(), brand, *need.roles)
            return
        if brand.pk != self.key.brand_id:
            raise NotFound(f"No brand {brand.pk}.")
        self.require_scope(need)

    def require_scope(self, need: Need) -> None:
        """Raise NotAllowed for a key that lacks the scope; a person needs none."""
        if not self.key:
            return
        if need.scope is None:
            raise NotAllowed("An API key cannot do this; a person signed in can.")
        if need.scope not in self.key.scopes:
            raise NotAllowed(f"This API key lacks the scope {str(need.scope)!r}.")


def caller_of(request: Request) -> Caller:
    """The caller behind an authenticated request."""
    key = request.auth if isinstance(request.auth, ApiKey) else None
    return Caller(person=request.user if isinstance(request.user, User) else None, key=key)
