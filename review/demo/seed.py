"""Sets up the demo brand: idempotent, so that a second demo finds what the first one made."""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction

from adgen.briefs import brief_from_json
from adgen.models import Brand, Brief, Fact, Role
from adgen.services.brands import PastLine, exemplars_add, membership_add
from adgen.services.briefs import brief_create

_FILE = Path(__file__).with_name("brand.yaml")
_SLOT_OF = {
    "headlines": "google_rsa.headline",
    "descriptions": "google_rsa.description",
    "primary": "meta.primary_text",
}


@dataclass(frozen=True)
class Demo:
    """What was set up. `logins` maps a user name to a password."""

    brand: Brand
    briefs: list[Brief]
    manager: User
    logins: dict[str, str]


def demo_seed() -> Demo:
    """The brand, its facts, exemplars and briefs, and one user for each role."""
    data = yaml.safe_load(_FILE.read_text(encoding="utf-8"))
    with transaction.atomic():
        brand, _ = Brand.objects.get_or_create(slug=data["brand"]["slug"], defaults=data["brand"])
        for fact in data["facts"]:
            Fact.objects.get_or_create(
                brand=brand,
                subject=fact["subject"],
                relation=fact["relation"],
                object=fact["object"],
                defaults={
                    "is_claim": fact.get("claim", False),
                    "evidence": fact.get("evidence", ""),
                    "expires_on": fact.get("expires"),
                },
            )
        exemplars_add(brand=brand, lines=_past_lines(data["ads"]))
        users, logins = _users(brand)
        briefs = [_brief(brand, brief, users[Role.MARKETER]) for brief in data["briefs"]]
    return Demo(brand, briefs, users[Role.MANAGER], logins)


def _past_lines(ads: list[dict[str, Any]]) -> list[PastLine]:
    return [
        PastLine(
            slot=slot,
            text=text,
            ad=f"demo-{number}",
            product=ad["product"],
            audience=ad["audience"],
            messages=tuple(ad["messages"]),
            offer=ad.get("offer", ""),
        )
        for number, ad in enumerate(ads)
        for field, slot in _SLOT_OF.items()
        for text in ad[field]
    ]


def _brief(brand: Brand, data: dict[str, Any], marketer: User) -> Brief:
    known = Brief.objects.filter(brand=brand, campaign__name=data["campaign"], product=data["product"])
    spec = brief_from_json({"brand": brand.name, **data})
    return known.first() or brief_create(brand=brand, spec=spec, created_by=marketer)


def _users(brand: Brand) -> tuple[dict[Role, User], dict[str, str]]:
    """One user a role. Passwords are random, kept in a private file so that a second demo prints them."""
    path = settings.ADGEN_VAR_DIR / "demo_logins.json"
    logins: dict[str, str] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    users = {}
    for role in Role:
        name = f"demo-{role}"
        user, created = User.objects.get_or_create(username=name)
        if created or name not in logins:
            logins[name] = secrets.token_urlsafe(12)
            user.set_password(logins[name])
            user.save(update_fields=["password"])
        membership_add(user=user, brand=brand, role=role)
        users[role] = user
    path.touch(mode=0o600)
    path.write_text(json.dumps(logins), encoding="utf-8")
    return users, logins
