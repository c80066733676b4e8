"""Fields and briefs for tests: one product of each number, and messages of every role."""

from __future__ import annotations

from adgen.spec import BrandSpec, BriefSpec
from workers.starter.copywriter import fields
from workers.starter.copywriter.fields import MESSAGES, Fields, Value
from workers.starter.copywriter.skeletons import Skeleton

PRODUCTS = {"one": "electric kettle", "many": "fountain pens", "mass": "olive oil"}
_TOLD = {
    "noun": ("free returns", "a flattering fit"),
    "mass noun": ("quiet comfort", "free delivery"),
    "verb": ("save time", "have fun"),
    "verbing": ("skip the queue", "sleep better"),
    "does": ("keep your feet dry", "last all day"),
    "adjective": ("gluten-free", "light and quiet"),
    "participle": ("roasted on Mondays", "made in Leeds"),
    "clause": ("we plant a tree for every order", "kids go free"),
    "aside": ("kit included", "no deposit"),
}


def fields_for(skeleton: Skeleton, number: str) -> Fields:
    """Fields with just the messages that `skeleton` asks for, and everything else."""
    told: list[Value] = []
    for slot in sorted(skeleton.slots):
        name = slot.removesuffix(" 2")
        if name in _TOLD:
            text = _TOLD[name][slot.endswith(" 2")]
            role = {"mass noun": "noun", "verbing": "verb"}.get(name, name)
            told.append(Value(text, role, fields.noun_number(text) if role == "noun" else None))  # type: ignore[arg-type]
    values = {
        "brand": Value("Quillhaven"),
        "product": fields.product(PRODUCTS[number]),
        "audience": fields.audience("letter writers"),
        "offer": fields.offer("20% off"),
        "place": Value("Leeds"),
    }
    values |= dict(zip(MESSAGES, told, strict=False))
    return Fields(values, skeleton.industry, {"goods": True, "services": False}.get(skeleton.sells))


def brief(**changes: object) -> BriefSpec:
    """A brief with every field, changed as asked."""
    given: dict[str, object] = {
        "brand": BrandSpec(name="Nordlys Coffee"),
        "product": "espresso subscription",
        "slots": {},
        "audience": "home baristas",
        "messages": ("roasted on Mondays", "skip any month"),
        "offer": "first bag half price until 30 June",
        "tone": "playful",
    }
    return BriefSpec(**(given | changes))  # type: ignore[arg-type]
