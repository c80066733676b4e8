"""What a brand's adapter learns from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from adgen.models import Brand, Exemplar, Variant, VariantState
from adgen.policy.duplicates import text_key
from adgen.selectors.briefs import brand_spec, brief_spec
from adgen.spec import BriefSpec, Example

# A person took the trouble to write this wording.
EDITED_WEIGHT = 2.0


def examples_of(brand: Brand) -> list[Example]:
    """The brand's past ads and approved lines, in the order they came; no line of a slot twice.

    Of two that are the same, the heavier one stays. Lines of one ad, and lines of one brief, share a group.
    """
    kept: dict[tuple[str, str], Example] = {}
    for example in (*_past(brand), *_approved(brand)):
        key = (example.slot, text_key(example.text))
        if key not in kept or example.weight > kept[key].weight:
            kept[key] = example
    return list(kept.values())


def _past(brand: Brand) -> Iterator[Example]:
    voice = brand_spec(brand)
    for exemplar in Exemplar.objects.filter(brand=brand).order_by("id"):
        brief = BriefSpec(
            brand=voice,
            product=exemplar.product,
            slots={},
            audience=exemplar.audience,
            messages=tuple(exemplar.messages),
            offer=exemplar.offer,
            keywords=tuple(exemplar.keywords),
        )
        yield Example(brief=brief, slot=exemplar.slot, text=exemplar.text, group=f"ad {exemplar.ad}")


def _approved(brand: Brand) -> Iterator[Example]:
    approved = Variant.objects.filter(brand=brand, state=VariantState.APPROVED).order_by("id")
    for variant in approved.select_related("batch__brief__brand", "batch__brief__campaign"):
        brief = variant.batch.brief
        yield Example(
            brief=replace(brief_spec(brief), slots={}),
            slot=variant.slot,
            text=variant.text,
            group=f"brief {brief.pk}",
            weight=EDITED_WEIGHT if variant.edited_from_id else 1.0,
        )
