"""What a brand knows. Copy rests on its claims, so a change of one has the brand's lines screened again."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from django.db import IntegrityError, transaction

from adgen.errors import Invalid, StateConflict
from adgen.models import Brand, Fact, RescreenReason
from adgen.services.rescreens import rescreen_request


def fact_add(
    *,
    brand: Brand,
    subject: str,
    relation: str,
    object: str,
    is_claim: bool = False,
    evidence: str = "",
    expires_on: date | None = None,
) -> Fact:
    """One more thing that the brand knows. A claim needs evidence."""
    fact = Fact(
        brand=brand,
        subject=subject,
        relation=relation,
        object=object,
        is_claim=is_claim,
        evidence=evidence,
        expires_on=expires_on,
    )
    with transaction.atomic():
        _save(fact)
        if is_claim:
            rescreen_request(brand=brand, reason=RescreenReason.BRAND)
    return fact


def fact_change(*, fact: Fact, changes: Mapping[str, object]) -> Fact:
    """The fact with new values of some of its fields, checked as a new one is."""
    with transaction.atomic():
        stored = Fact.objects.select_for_update(no_key=True).select_related("brand").get(pk=fact.pk)
        brands = [stored.brand] if stored.is_claim else []
        for name, value in changes.items():
            setattr(stored, name, value)
        # A new day will have to be noticed in its turn.
        stored.lapse_noticed = False
        _save(stored)
        if stored.is_claim and stored.brand not in brands:
            brands.append(stored.brand)
        for brand in brands:
            rescreen_request(brand=brand, reason=RescreenReason.BRAND)
    return stored


def fact_remove(*, fact: Fact) -> None:
    with transaction.atomic():
        fact.delete()
        if fact.is_claim:
            rescreen_request(brand=fact.brand, reason=RescreenReason.BRAND)


def _save(fact: Fact) -> None:
    if fact.is_claim and not fact.evidence:
        raise Invalid(
            "A claim needs evidence: a URL or a document's name.",
            fields={"evidence": ["Required where is_claim is true."]},
        )
    try:
        with transaction.atomic():
            fact.save()
    except IntegrityError:
        raise StateConflict(f"{fact.brand} knows this fact already.") from None
