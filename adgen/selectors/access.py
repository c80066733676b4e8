"""Who may see and do what. A brand's rows do not exist for those who are no member of it."""

from __future__ import annotations

from typing import TypeVar

from django.contrib.auth.models import AnonymousUser, User
from django.db import connection
from django.db.models import Model, QuerySet
from django.http import HttpRequest

from adgen.errors import NotAllowed, NotFound
from adgen.models import Brand, Membership, Role

Row = TypeVar("Row", bound=Model)
AnyUser = User | AnonymousUser

_ROLES = "SELECT role FROM adgen_membership WHERE user_id = %s AND brand_id = %s"


def brands_of(user: AnyUser, *roles: Role) -> QuerySet[Brand]:
    """The brands that `user` is a member of (in one of `roles`, managers always); all for a superuser."""
    if user.is_superuser:
        return Brand.objects.all()
    if isinstance(user, AnonymousUser):
        return Brand.objects.none()
    memberships = Membership.objects.filter(user=user)
    if roles:
        memberships = memberships.filter(role__in=[*roles, Role.MANAGER])
    return Brand.objects.filter(pk__in=memberships.values("brand"))


def works_as(request: HttpRequest, *roles: Role) -> bool:
    """Whether the person at the page has one of `roles` in any brand.

    One page of the admin site asks this a dozen times over, so the roles are kept with the request.
    """
    held: frozenset[str] | None = request.__dict__.get("_roles")
    if held is None:
        held = request.__dict__["_roles"] = _roles_of(request.user)
    return bool(held & {*roles, Role.MANAGER}) if roles else bool(held)


def _roles_of(user: AnyUser) -> frozenset[str]:
    """The roles that `user` has, each in some brand or other."""
    if user.is_superuser:
        return frozenset(Role) if Brand.objects.exists() else frozenset()
    return frozenset(Membership.objects.filter(user=user.pk).values_list("role", flat=True).distinct())


def manages_a_brand(request: HttpRequest) -> bool:
    """Whether the person at the page manages any brand: for menus."""
    return works_as(request, Role.MANAGER)


def reviews_a_brand(request: HttpRequest) -> bool:
    """Whether the person at the page reviews for any brand: for menus."""
    return works_as(request, Role.REVIEWER)


def visible(rows: QuerySet[Row], user: AnyUser, *roles: Role, brand: str = "brand") -> QuerySet[Row]:
    """Those of `rows` that belong to the user's brands; `brand` is the path from a row to its brand."""
    return rows.filter(**{f"{brand}__in": brands_of(user, *roles)})


def require_role(user: AnyUser, brand: Brand, *roles: Role) -> None:
    """Raise NotFound for someone outside the brand, NotAllowed for a member without one of `roles`."""
    if user.is_superuser:
        return
    with connection.cursor() as cursor:
        cursor.execute(_ROLES, [user.pk, brand.pk])
        held = {role for (role,) in cursor.fetchall()}
    if not held:
        raise NotFound(f"No brand {brand.pk}.")
    if roles and not held & {*roles, Role.MANAGER}:
        wanted = " or ".join(str(role.label) for role in dict.fromkeys((*roles, Role.MANAGER)))
        raise NotAllowed(f"This needs the role {wanted} of {brand}.")
