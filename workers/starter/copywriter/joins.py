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
from itertools import pairwise, product
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
# Where lines for any trade are kept that make light of things.
_LIGHT = "<light>"
_REMARK = "<remark>"
_TOKEN = re.compile(r"<[a-z: ]+>|[\w'’%£$€&-]+|[^\w\s]")
_ENDS = frozenset(".!?…")
# One thing, many, and a mass: what agrees with a product or a message differs between them.
_PRODUCTS = ("electric kettle", "fountain pens", "olive oil")
_NOUNS = (("a flattering fit", "quiet comfort"), ("free returns", "fair terms"))
_MIXED_NOUNS = (("a flattering fit", "fair terms"), ("free returns", "quiet comfort"))
# Who can be spoken to, and what can only be catered for.
_AUDIENCES = ("letter writers", "team days")
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


def unknown(
    pieces: Sequence[Piece], values: Mapping[str, Value], industry: str, sells: str, *, light: bool = True
) -> int:
    """How many runs of three in a line stand in no skeleton for any trade or for `industry`.

    `sells` is "goods" or "services", or "" where that is not known. Unless a line may be `light`, playful
    skeletons for any trade do not count.
    """
    known = _shipped()
    trades = {"", industry, *([_LIGHT] if light else [])}
    places = [(trade, sold) for trade in trades for sold in {"", sells}]
    return sum(
        all(_key(*place, way) not in known for place in places for way in _ways(join))
        for join in _joins(pieces, values)
    )


def write(folder: Path) -> None:
    """Write the joins of every skeleton beside the weights."""
    keys = {
        _key(_LIGHT if skeleton.light else skeleton.industry, skeleton.sells, join)
        for skeleton in skeletons.load()
        for pieces, values in _filled(skeleton)
        for join in (
            *_joins(pieces, values),
            *(_closings(pieces, values) if skeleton.kind == "closer" else ()),
        )
    }
    save_file({"joins": torch.tensor(sorted(keys))}, folder / FILE)


@cache
def _shipped() -> frozenset[int]:
    return frozenset(load_file(WEIGHTS / FILE)["joins"].tolist())


def _key(industry: str, sells: str, join: tuple[str, ...]) -> int:
    return zlib.crc32("\0".join((industry, sells, *join)).encode())


def _joins(pieces: Sequence[Piece], values: Mapping[str, Value]) -> Iterator[tuple[str, ...]]:
    """Every run of three words or marks in a sentence, and each remark with the end of what it follows."""
    sentences = _sentences(pieces, values)
    for sentence in sentences:
        yield from zip((_START, _START, *sentence), (_START, *sentence), sentence, strict=False)
    for before, sentence in pairwise(sentences):
        if _is_remark(sentence):
            yield (_REMARK, *before[-2:], *sentence[:-1])


def _closings(pieces: Sequence[Piece], values: Mapping[str, Value]) -> Iterator[tuple[str, ...]]:
    """Remarks that can be made on anything."""
    return ((_REMARK, *sentence[:-1]) for sentence in _sentences(pieces, values) if _is_remark(sentence))


def _ways(join: tuple[str, ...]) -> tuple[tuple[str, ...], ...]:
    """A join as it is written, and a remark as one that can be made on anything."""
    return (join, (_REMARK, *join[3:])) if join[0] == _REMARK else (join,)


def _is_remark(sentence: Sequence[str]) -> bool:
    """Whether a sentence names nothing of the brief, and so leans on what was said: "Fact.", "Why not?"."""
    return len(sentence) > 1 and not any(token.startswith("<") for token in sentence)


def _sentences(pieces: Sequence[Piece], values: Mapping[str, Value]) -> list[list[str]]:
    """The words and marks of each sentence of a line, with a mark of its own at the line's end."""
    text = "".join(piece if isinstance(piece, str) else f" {_name(piece, values)} " for piece in pieces)
    sentences: list[list[str]] = [[]]
    for token in (*_TOKEN.findall(calls.pattern().sub(_CALL, text.lower())), _END):
        sentences[-1].append(token)
        if token in _ENDS:
            sentences.append([])
    return sentences


def _name(pointer: Pointer, values: Mapping[str, Value]) -> str:
    """What a pointer is to its neighbours: its part, and its number where words agree with it."""
    value = values[pointer.name]
    part = value.role or pointer.name
    if part == "noun":
        part += " many" if value.number == "many" else " one"  # a noun brings its article along
    elif part == "audience":
        part += " many" if value.number == "many" else ""  # only these can be greeted
    elif value.number and part in {"product", "offer"}:
        part += f" {value.number}"
    return f"<{part}:{pointer.form}>" if pointer.form else f"<{part}>"


def _filled(skeleton: Skeleton) -> Iterator[tuple[list[Piece], Mapping[str, Value]]]:
    """A skeleton as it is filled for products and messages of each number, in all of its wordings."""
    nouns_of_each_number = (*_NOUNS, *_MIXED_NOUNS) if "noun 2" in skeleton.slots else _NOUNS
    offers = _OFFERS if skeleton.slots & {"offer", "an offer", "saving"} else _OFFERS[:1]
    audiences = _AUDIENCES if "audience" in skeleton.slots else _AUDIENCES[:1]
    for sold, nouns, offer, audience in product(_PRODUCTS, nouns_of_each_number, offers, audiences):
        given = _fields(skeleton, sold, nouns, offer, audience)
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


def _fields(skeleton: Skeleton, sold: str, nouns: tuple[str, str], offer: str, audience: str) -> Fields:
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
        "audience": fields.audience(audience),
        "offer": fields.offer(offer),
        "place": Value("Leeds"),
        "call": Value("<call>"),
    }
    values |= dict(zip(MESSAGES, told, strict=False))
    return Fields(values, skeleton.industry, {"goods": True, "services": False}.get(skeleton.sells))
