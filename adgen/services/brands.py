"""Brands, their members, what they know, and how they have written."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from adgen.channels import slot_format
from adgen.errors import Invalid, StateConflict
from adgen.models import ApiKey, AuditAction, Brand, Exemplar, Membership, RescreenReason, Role, Scope
from adgen.policy.duplicates import text_key
from adgen.services.audit import Actor, audit_record
from adgen.services.rescreens import rescreen_request

# Most characters of each field of a past line.
PAST_LINE_LIMITS = {"text": 1000, "ad": 64, "product": 120, "audience": 160, "offer": 160}
# What the screen holds a line against.
_RULES = {"name", "special_category", "banned_words", "required_words", "competitors"}


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


def brand_create(*, brand: Brand, by: Actor) -> Brand:
    """Store a new brand, given as a row that is not saved yet."""
    with transaction.atomic():
        brand.save(force_insert=True)
        audit_record(brand=brand, actor=by, action=AuditAction.BRAND_CREATED, subject=brand)
    return brand


def brand_change(*, brand: Brand, fields: Sequence[str], by: Actor) -> None:
    """Store `fields` of a brand, and no others: somebody may be publishing, which counts its feed up."""
    with transaction.atomic():
        before = Brand.objects.select_for_update(no_key=True).values(*fields).get(pk=brand.pk)
        brand.save(update_fields=fields)
        changes = {
            field: {"from": before[field], "to": getattr(brand, field)}
            for field in fields
            if before[field] != getattr(brand, field)
        }
        if not _RULES.isdisjoint(changes):
            rescreen_request(brand=brand, reason=RescreenReason.BRAND)
        if changes:
            audit_record(
                brand=brand, actor=by, action=AuditAction.BRAND_CHANGED, subject=brand, details=changes
            )


def membership_add(*, user: User, brand: Brand, role: Role, by: Actor = None) -> Membership:
    """Give `user` a role. Members work in the admin site, so they are let into it."""
    with transaction.atomic():
        membership, new = Membership.objects.get_or_create(user=user, brand=brand, role=role)
        if not user.is_staff:
            user.is_staff = True
            user.save(update_fields=["is_staff"])
        if new:
            _role_audit(membership, AuditAction.ROLE_GRANTED, by)
    return membership


def membership_remove(*, membership: Membership, by: Actor) -> None:
    """Take a role away."""
    with transaction.atomic():
        if Membership.objects.filter(pk=membership.pk).delete()[0]:
            _role_audit(membership, AuditAction.ROLE_REMOVED, by)


def _role_audit(membership: Membership, action: AuditAction, by: Actor) -> None:
    audit_record(
        brand=membership.brand,
        actor=by,
        action=action,
        subject=membership.user,
        details={"user": membership.user.get_username(), "role": str(membership.role)},
    )


def past_line_faults(line: PastLine) -> dict[str, str]:
    """What is wrong with a past line, by field; empty where it can be stored."""
    faults = {}
    try:
        slot = slot_format(line.slot)
    except Invalid as error:
        faults["slot"] = error.detail
    else:
        if slot.hard and slot.width(line.text) > slot.limit:
            faults["text"] = f"Is {slot.width(line.text)} wide; {slot.label} takes at most {slot.limit}."
    for name, limit in PAST_LINE_LIMITS.items():
        if len(getattr(line, name)) > limit:
            faults[name] = f"Has {len(getattr(line, name))} characters; at most {limit} are allowed."
    for name, value in vars(line).items():
        if any(unicodedata.category(char) in {"Cc", "Cs"} for char in "".join(value)):
            faults[name] = "Holds a control character; remove it."
    if not line.text.strip():
        faults["text"] = "Is empty."
    return faults


def exemplars_add(*, brand: Brand, lines: Sequence[PastLine]) -> tuple[int, int]:
    """Store past lines, all or none; returns how many were new and how many the brand had already."""
    faults = {
        f"lines.{row}.{field}": [fault]
        for row, line in enumerate(lines)
        for field, fault in past_line_faults(line).items()
    }
    if faults:
        raise Invalid(f"Nothing was stored: {len(faults)} faults in {len(lines)} lines.", fields=faults)
    rows = [
        Exemplar(
            brand=brand,
            slot=line.slot,
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


def api_key_create(
    *,
    brand: Brand,
    name: str,
    scopes: Sequence[Scope],
    expires_at: datetime | None = None,
    by: Actor = None,
) -> tuple[ApiKey, str]:
    """A new key and its secret; the secret is shown once and cannot be read back."""
    if expires_at and expires_at <= timezone.now():
        raise Invalid("The key would have expired already.", fields={"expires_at": ["Give a time to come."]})
    key = ApiKey(name=name, brand=brand, scopes=[str(scope) for scope in scopes], expiry_date=expires_at)
    secret = ApiKey.objects.assign_key(key)
    with transaction.atomic():
        key.save()
        audit_record(
            brand=brand,
            actor=by,
            action=AuditAction.KEY_CREATED,
            subject=key,
            details={
                "name": name,
                "scopes": key.scopes,
                "expires_at": expires_at.isoformat() if expires_at else None,
            },
        )
    return key, secret


def api_key_revoke(*, key: ApiKey, by: Actor) -> None:
    """Make a key useless from now on; there is no way back."""
    with transaction.atomic():
        if not ApiKey.objects.filter(pk=key.pk, revoked=False).update(revoked=True):
            raise StateConflict("This key is revoked already.")
        audit_record(
            brand=key.brand,
            actor=by,
            action=AuditAction.KEY_REVOKED,
            subject=key,
            details={"name": key.name},
        )
