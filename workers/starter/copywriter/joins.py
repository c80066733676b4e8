"""Which words the corpus puts side by side, in which trade: a line with a join that nobody wrote is doubtful.

A small model recombines what it read, and goes wrong where two halves meet: a verb where a noun belongs, a
plural after "is", a phrase of another trade, a word that does not exist. All of these show as three words
in a row that no skeleton has. Joins are kept as hashes beside the weights.
"""

from __future__ import annotations

import random
import re
import zlib
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from itertools import product
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file

from workers.starter.copywriter import WEIGHTS, calls, fields, skeletons
from workers.starter.copywriter.fields import MESSAGES, Fields, Value
from workers.starter.copywriter.filling import fill
from workers.starter.copywriter.language import Role
from workers.starter.copywriter.pointers import Piece, Pointer
from workers.starter.copywriter.skeletons import Skeleton, choices

FILE = "joins.safetensors"
_START, _END, _CALL = "^", "$", "<call>"
_TOKEN = re.compile(r"<[a-z: ]+>|[\w'’%£$€&-]+|[^\w\s]")
_ENDS = frozenset(".!?…")
# One thing, many, and a mass: what agrees with a product or a message differs between them.
_PRODUCTS = ("electric kettle", "fountain pens", "olive oil")
_NOUNS = (("a flattering fit", "quiet comfort"), ("free returns", "fair terms"))
_MIXED_NOUNS = (("a flattering fit", "fair terms"), ("free returns", "quiet comfort"))
_TOLD = {
    "mass noun": ("quiet comfort", "free delivery"),
    "verb": ("save time", "have fun"),
    "does": ("keep your feet dry", "last all day"),
    "adjective": ("gluten-free", "waterproof"),
    "participle": ("roasted on Mondays", "made in Leeds"),
    "clause": ("we plant a tree for every order", "kids go free"),
    "aside": ("kit included", "no deposit"),
}
_OFFERS = ("20% off", "a free trial")
_ROLES: dict[str, Role] = {
    "noun": "noun",
    "mass noun": "noun",
    "verb": "verb",
    "verbing": "verb",
    "does": "does",
    "adjective": "adjective",
    "participle": "participle",
    "clause": "clause",
    "aside": "aside",
}


def unknown(pieces: Sequence[Piece], values: Mapping[str, Value], industry: str, sells: str) -> int:
    """How many runs of three in a line stand in no skeleton for any trade or for `industry`.

    `sells` is "goods" or "services", or "" where that is not known.
    """
    known = _shipped()
    places = [(trade, sold) for trade in {"", industry} for sold in {"", sells}]
    return sum(all(_key(*place, join) not in known for place in places) for join in _joins(pieces, values))


def write(folder: Path) -> None:
    """Write the joins of every skeleton beside the weights."""
    keys = {
        _key(skeleton.industry, skeleton.sells, join)
        for skeleton in skeletons.load()
        for pieces, values in _filled(skeleton)
        for join in _joins(pieces, values)
    }
    save_file({"joins": torch.tensor(sorted(keys))}, folder / FILE)


@cache
def _shipped() -> frozenset[int]:
    return frozenset(load_file(WEIGHTS / FILE)["joins"].tolist())


def _key(industry: str, sells: str, join: tuple[str, ...]) -> int:
    return zlib.crc32("\0".join((industry, sells, *join)).encode())


def _joins(pieces: Sequence[Piece], values: Mapping[str, Value]) -> Iterator[tuple[str, ...]]:
    """Every run of three words or marks in a line; each sentence starts anew, and the line's end counts."""
    text = "".join(piece if isinstance(piece, str) else f" {_name(piece, values)} " for piece in pieces)
    before, last = _START, _START
    for token in (*_TOKEN.findall(calls.pattern().sub(_CALL, text.lower())), _END):
        if last in _ENDS:
            before, last = _START, _START
        yield before, last, token
        before, last = last, token


def _name(pointer: Pointer, values: Mapping[str, Value]) -> str:
    """What a pointer is to its neighbours: its part, and its number where words agree with it."""
    value = values[pointer.name]
    part = value.role or pointer.name
    if part == "noun":
        part += " many" if value.number == "many" else " one"  # a noun brings its article along
    elif value.number and part in {"product", "offer"}:
        part += f" {value.number}"
    return f"<{part}:{pointer.form}>" if pointer.form else f"<{part}>"


def _filled(skeleton: Skeleton) -> Iterator[tuple[list[Piece], Mapping[str, Value]]]:
    """A skeleton as it is filled for products and messages of each number, in all of its wordings."""
    nouns_of_each_number = (*_NOUNS, *_MIXED_NOUNS) if "noun 2" in skeleton.slots else _NOUNS
    offers = _OFFERS if skeleton.slots & {"offer", "an offer", "saving"} else _OFFERS[:1]
    for sold, nouns, offer in product(_PRODUCTS, nouns_of_each_number, offers):
        given = _fields(skeleton, sold, nouns, offer)
        for text in _wordings(skeleton.text):
            pieces = fill(text, given, ("<call>",), random.Random(0))
            if pieces:
                yield pieces, given.values


def _wordings(text: str) -> Iterator[str]:
    ways = choices(text)
    if not ways:
        yield text
    for way in ways:
        yield from _wordings(way)


def _fields(skeleton: Skeleton, sold: str, nouns: tuple[str, str], offer: str) -> Fields:
    """Fields with the messages that a skeleton asks for, and everything else."""
    told = []
    for slot in sorted(skeleton.slots):
        name = slot.removesuffix(" 2")
        role = _ROLES.get(name)
        if role:
            texts = nouns if name == "noun" else _TOLD[name if name in _TOLD else role]
            text = texts[slot.endswith(" 2")]
            told.append(Value(text, role, fields.noun_number(text) if role == "noun" else None))
    values = {
        "brand": Value("Quillhaven"),
        "product": fields.product(sold),
        "audience": fields.audience("letter writers"),
        "offer": fields.offer(offer),
        "place": Value("Leeds"),
        "call": Value("<call>"),
    }
    values |= dict(zip(MESSAGES, told, strict=False))
    return Fields(values, skeleton.industry, {"goods": True, "services": False}.get(skeleton.sells))
