"""Brands, their members, what they know, and how they have written."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.contrib.auth.models import User
from django.db import transaction

from adgen.channels import slot_format
from adgen.models import ApiKey, Brand, Exemplar, Membership, Role, Scope, text_key


@dataclass(frozen=True)
class PastLine:
    """One line of a past ad; `ad` is what lines of the same ad share."""

    slot: str
    text: str
    ad: str
    product: str = ""
    audience: str = ""
    messages: tuple[str, ...] = ()
    offer: str = ""
    keywords: tuple[str, ...] = ()


def membership_add(*, user: User, brand: Brand, role: Role) -> Membership:
    """Give `user` a role. Members work in the admin site, so they are let into it."""
    with transaction.atomic():
        membership, _ = Membership.objects.get_or_create(user=user, brand=brand, role=role)
        if not user.is_staff:
            user.is_staff = True
            user.save(update_fields=["is_staff"])
    return membership


def exemplars_add(*, brand: Brand, lines: Iterable[PastLine]) -> tuple[int, int]:
    """Store past lines; returns how many were new and how many the brand had already."""
    rows = [
        Exemplar(
            brand=brand,
            slot=slot_format(line.slot).slot,
            text=line.text,
            text_key=text_key(line.text),
            ad=line.ad,
            product=line.product,
            audience=line.audience,
            messages=list(line.messages),
            offer=line.offer,
            keywords=list(line.keywords),
        )
        for line in lines
    ]
    with transaction.atomic():
        before = Exemplar.objects.filter(brand=brand).count()
        Exemplar.objects.bulk_create(rows, ignore_conflicts=True, batch_size=500)
        added = Exemplar.objects.filter(brand=brand).count() - before
    return added, len(rows) - added


def api_key_create(*, brand: Brand, name: str, scopes: Sequence[Scope]) -> tuple[ApiKey, str]:
    """A new key and its secret; the secret is shown once and cannot be read back."""
    key = ApiKey(name=name, brand=brand, scopes=[str(scope) for scope in scopes])
    secret = ApiKey.objects.assign_key(key)
    key.save()
    return key, secret
