"""Briefs as the ML code takes them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from itertools import islice
from typing import get_args

from django.utils import timezone

from adgen.channels import Kind, slot_formats
from adgen.errors import Invalid
from adgen.models import Brand, Brief, Campaign, Exemplar, Variant, VariantState
from adgen.spec import BrandSpec, BriefSpec, ExemplarSpec, FactSpec

_DEFAULT_CAMPAIGN = "General"
# Lines of each kind of slot that show a model without an adapter how the brand sounds.
EXEMPLARS = 6
# Lines read for them: a text may have been approved for several slots and batches, and be imported as well.
_READ = 24


def brand_spec(brand: Brand) -> BrandSpec:
    """The brand without exemplars; its facts are read from a prefetch where there is one."""
    return BrandSpec(
        name=brand.name,
        language=brand.language,
        voice=brand.voice,
        special_category=brand.special_category or None,
        banned_words=tuple(brand.banned_words),
        required_words=tuple(brand.required_words),
        competitors=tuple(brand.competitors),
        facts=tuple(
            FactSpec(str(fact), fact.evidence, fact.expires_on) for fact in brand.facts.all() if fact.is_claim
        ),
    )


def brief_spec(brief: Brief, *, exemplars: bool = False, as_of: datetime | None = None) -> BriefSpec:
    """A stored brief.

    Exemplars are for a batch that the base model writes alone, with `as_of` when that was asked for: so
    all its chunks see the same lines, but for what reviewers decide meanwhile. An adapter has learnt the
    voice from prompts without any, so it is given none, nor is its training.
    """
    brand = brand_spec(brief.brand)
    if exemplars:
        brand = replace(brand, exemplars=tuple(_exemplars(brief.brand, as_of or timezone.now())))
    return BriefSpec(
        brand=brand,
        product=brief.product,
        slots=dict(brief.slots),
        campaign=brief.campaign.name,
        audience=brief.audience,
        messages=tuple(brief.messages),
        offer=brief.offer,
        tone=brief.tone,
        keywords=tuple(brief.keywords),
        url=brief.url,
        must_include=tuple(brief.must_include),
        must_avoid=tuple(brief.must_avoid),
        special_category=brief.campaign.special_category or None,
    )


def campaign_name(spec: BriefSpec) -> str:
    """The campaign that a brief belongs to."""
    return spec.campaign or _DEFAULT_CAMPAIGN


def refuse_other_category(brand: Brand, spec: BriefSpec, known: dict[tuple[int, str], str]) -> None:
    """Raise Invalid where a brief has another special ad category than its campaign.

    `known` remembers the campaigns of the briefs of one request, new ones included; it starts empty.
    """
    if spec.special_category is None:
        return
    name = campaign_name(spec)
    if (brand.pk, name) not in known:
        stored = Campaign.objects.filter(brand=brand, name=name).first()
        known[brand.pk, name] = stored.special_category if stored else spec.special_category
    if known[brand.pk, name] != spec.special_category:
        detail = (
            f"The campaign {name!r} has {known[brand.pk, name] or 'no special ad category'}; leave it out "
            "here, change it on the campaign, or name another campaign."
        )
        raise Invalid(f"special_category: {detail}", fields={"special_category": [detail]})


def _exemplars(brand: Brand, as_of: datetime) -> Iterator[ExemplarSpec]:
    """Up to EXEMPLARS lines of each kind of slot, no text twice."""
    for kind in get_args(Kind):
        slots = [slot.slot for slot in slot_formats().values() if slot.kind == kind]
        lines: dict[str, ExemplarSpec] = {}
        for text_key, slot, text in _lines_of(brand, slots, as_of):
            lines.setdefault(text_key, ExemplarSpec(slot, text))
        yield from islice(lines.values(), EXEMPLARS)


def _lines_of(brand: Brand, slots: list[str], as_of: datetime) -> list[tuple[str, str, str]]:
    """Text key, slot and text of approved lines, the newest first, and then of past ads."""
    approved = Variant.objects.filter(
        brand=brand, state=VariantState.APPROVED, slot__in=slots, created_at__lt=as_of
    ).order_by("-id")
    imported = Exemplar.objects.filter(brand=brand, slot__in=slots, created_at__lt=as_of).order_by("-id")
    return [
        row for rows in (approved, imported) for row in rows.values_list("text_key", "slot", "text")[:_READ]
    ]
