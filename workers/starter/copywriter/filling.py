"""Fills a skeleton from the fields of a brief: pieces that read as one correct line."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence

from workers.starter.copywriter import language, roles
from workers.starter.copywriter.fields import Fields, Value
from workers.starter.copywriter.pointers import Piece, Pointer, simplest
from workers.starter.copywriter.skeletons import Agreeing, Part, Skeleton, Slot, choices, parse

_SENTENCE_ENDS = re.compile(r"(^|[.!?…][)\"'”]* )[\"'“‘(]*$")
_SAVES = re.compile(
    r"(up to )?([\d.]+%|[£$€][\d.,]+) off$|free (delivery|shipping|returns|fitting|installation)$"
)
_PRONOUNS = {"it": "them", "its": "their", "this": "these", "that": "those"}
_MESSAGE_SLOTS = {"verbing": "verb", "mass noun": "noun"}


def fits(slots: frozenset[str], fields: Fields) -> bool:
    """Whether every slot has a string in `fields`, of the number that the slot asks for."""
    return all(_candidates(Slot(name.removesuffix(" 2"), 1 + name.endswith(" 2")), fields) for name in slots)


def _candidates(slot: Slot, fields: Fields) -> list[str]:
    """Pointers that can stand in a slot; a slot that needs none answers with its own name."""
    values, name = fields.values, slot.name
    if name in {"a", "the", "call"}:
        return [name]
    if name in {"products", "one product"}:
        return ["product"] if (values["product"].number == "one") == (name == "one product") else []
    if name in {"people", "audience"}:
        people = values.get("audience")
        return ["audience"] if people and (name == "audience" or people.number == "many") else []
    if name in {"saving", "an offer"}:
        return ["offer"] if "offer" in values and _offers(values["offer"], name) else []
    if name in {"brand", "product", "place", "offer"}:
        return [name] if name in values else []
    names = fields.messages(_MESSAGE_SLOTS.get(name, name))  # type: ignore[arg-type]
    if name == "mass noun":
        names = [n for n in names if _bare_mass(values[n])]
    return names if len(names) >= slot.nth else []


def _offers(value: Value, slot: str) -> bool:
    """Whether an offer can be got ("get a free trial"), or be "on" a product ("20% off coffee")."""
    if slot == "an offer":
        return roles.can_be_got(value.text) or value.number == "one"
    return bool(_SAVES.match(value.text))


def _bare_mass(value: Value) -> bool:
    """A short noun phrase that "more" can stand before."""
    words = value.text.split()
    return (
        value.number == "mass"
        and len(words) < 4
        and not re.match(r"(an?|the|no|your|up|less|more|\W?\d)\b", value.text)
    )


def fill(text: str, fields: Fields, calls: Sequence[str], rng: random.Random) -> list[Piece] | None:
    """Pieces of the skeleton `text` for `fields`, in sentence case; None where a slot finds no string."""
    while ways := choices(text):
        text = rng.choice(ways)
    filling = _Filling(fields, calls, rng)
    pieces: list[Piece] = []
    for part in parse(text):
        filled = filling.pieces(part)
        if filled is None:
            return None
        pieces += filled
    return tidy(pieces, fields)


class _Filling:
    """One skeleton being filled: which message stands where."""

    def __init__(self, fields: Fields, calls: Sequence[str], rng: random.Random) -> None:
        self._fields = fields
        self._calls = calls
        self._rng = rng
        self._chosen: dict[str, str] = {}
        self._offered = False
        self._one = fields.values["product"].number != "many"

    def pieces(self, part: Part) -> list[Piece] | None:
        """What stands for one part of a skeleton, or None where nothing can."""
        if isinstance(part, str):
            return [self._after_offer(part)]
        if isinstance(part, Agreeing):
            noun = self._fields.values[self._chosen["noun"]] if part.with_noun else None
            return [_agree(part.word, noun.number != "many" if noun else self._one)]
        if part.name in {"a", "the"}:
            return [f"{part.name} "] if self._fields.values["product"].number == "one" else []
        if part.name == "call" and "call" not in self._fields.values:
            return [self._rng.choice(self._calls)]
        pointer = "call" if part.name == "call" else self._choose(part)
        if pointer is None:
            return None
        self._offered = pointer == "offer"
        if part.name == "an offer" and self._fields.values[pointer].number == "one":
            return ["a ", Pointer(pointer)]
        return [Pointer(pointer, {"does": "third" if self._one else "", "verbing": "ing"}.get(part.name, ""))]

    def _after_offer(self, text: str) -> str:
        """ "20% off coffee", but "free delivery on coffee"."""
        off = self._offered and self._fields.values["offer"].text.endswith(" off")
        self._offered = False
        return re.sub(r"^ on ", " ", text) if off else text

    def _choose(self, part: Slot) -> str | None:
        """A pointer for a slot; no message stands twice in one line."""
        taken = {name for name in self._chosen.values() if name.startswith("message")}
        names = [name for name in _candidates(part, self._fields) if name not in taken]
        if not names:
            return None
        name = self._rng.choice(names)
        self._chosen[part.name if part.nth == 1 else f"{part.name} {part.nth}"] = name
        return name


def _agree(word: str, one: bool) -> str:
    if word in _PRONOUNS:
        return word if one else _PRONOUNS[word]
    if word in {"is", "has"}:
        return word if one else {"is": "are", "has": "have"}[word]
    return language.verb_form(word, "VBZ") if one else word


def tidy(pieces: Sequence[Piece], fields: Fields) -> list[Piece]:
    """Pieces with literals joined and every sentence's first letter raised."""
    tidied: list[Piece] = []
    before = ""
    for piece in pieces:
        opens = bool(_SENTENCE_ENDS.search(before))
        if isinstance(piece, Pointer):
            raised = opens and piece.name != "brand"  # a brand is written as it writes itself
            cased = Pointer(piece.name, piece.form, "cap" if raised else "")
            tidied.append(simplest(cased, fields.values, opening=not before))
            before += "x"
            continue
        text = language.raise_first(piece) if opens else piece
        before += text
        if tidied and isinstance(tidied[-1], str):
            tidied[-1] += text
        else:
            tidied.append(text)
    return tidied


def restyle(pieces: Sequence[Piece], style: str, fields: Fields) -> list[Piece]:
    """A line in sentence case as it stands, in title case, or without any capitals of its own."""
    if style == "sentence":
        return list(pieces)
    styled: list[Piece] = []
    for index, piece in enumerate(pieces):
        opening = index == 0
        if isinstance(piece, str):
            styled.append(language.titled(piece, opening=opening) if style == "title" else piece.lower())
        else:
            case = "title" if style == "title" and piece.name != "brand" else ""
            pointer = Pointer(piece.name, piece.form, case)  # type: ignore[arg-type]
            styled.append(simplest(pointer, fields.values, opening=opening))
    return styled


def join(first: Sequence[Piece], second: Sequence[Piece], fields: Fields) -> list[Piece]:
    """Two runs of sentences as one."""
    return tidy([*first, " ", *second], fields)


def pool(skeletons: Sequence[Skeleton], fields: Fields) -> list[Skeleton]:
    """Those of `skeletons` that `fields` can fill, for what is sold or for anything sold."""
    sells = {"", {None: "", True: "goods", False: "services"}[fields.goods]}
    fitting = {slots for slots in {skeleton.slots for skeleton in skeletons} if fits(slots, fields)}
    return [skeleton for skeleton in skeletons if skeleton.sells in sells and skeleton.slots in fitting]
