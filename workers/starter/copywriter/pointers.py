"""Takes a line apart into literal text and pointers, and puts it together again.

A pointer stands for an exact string of the brief, so that the model never has to spell it. Its form says
how a verb is inflected, its case how the string is raised at this place. An article before a pointer is
always written "a"; the sound of the string makes it "a" or "an" when the line is put together.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from workers.starter.copywriter import language
from workers.starter.copywriter.fields import Value

Form = Literal["", "third", "ing"]
Case = Literal["", "cap", "title"]
FORMS: tuple[Form, ...] = get_args(Form)
CASES: tuple[Case, ...] = get_args(Case)

_TAGS: dict[Form, Literal["VBZ", "VBG"]] = {"third": "VBZ", "ing": "VBG"}
_ARTICLE = re.compile(r"(?<!\w)(a)n?( )$", re.I)


@dataclass(frozen=True)
class Pointer:
    """A place in a line where a brief's string stands."""

    name: str
    form: Form = ""
    case: Case = ""


Piece = str | Pointer


def put_together(pieces: Sequence[Piece], values: Mapping[str, Value]) -> str | None:
    """The line that `pieces` spell, or None where a pointer has no string in `values`."""
    line = ""
    for piece in pieces:
        if isinstance(piece, str):
            line += piece
            continue
        if piece.name not in values:
            return None
        surface = _surface(values[piece.name], piece, opening=not line.strip())
        line = _with_article(line, surface)
        if surface.lower().startswith("the ") and re.search(r"\b(the|your|our) $", line, re.I):
            surface = surface[4:]  # "the The Linen Room" keeps one
        line += surface
    return line


def _with_article(line: str, surface: str) -> str:
    """`line` with a closing "a" or "an" as the sound of `surface` wants it."""
    found = _ARTICLE.search(line)
    if not found:
        return line
    article = language.article(surface)
    return line[: found.start()] + (article.capitalize() if found[1].isupper() else article) + " "


def _surface(value: Value, pointer: Pointer, *, opening: bool) -> str:
    text = _formed(value, pointer.form)
    if pointer.case == "title":
        return language.titled(text, opening=opening)
    return language.raise_first(text) if pointer.case == "cap" else text


def _formed(value: Value, form: Form) -> str:
    text = language.verb_form(value.text, _TAGS[form]) if form else value.text
    return language.agreeing(text, one=True) if form == "third" and value.role == "does" else text


def simplest(pointer: Pointer, values: Mapping[str, Value], *, opening: bool) -> Pointer:
    """`pointer` with the plainest case that spells the same, so that one line has one spelling."""
    wanted = _surface(values[pointer.name], pointer, opening=opening)
    for case in CASES:
        plain = Pointer(pointer.name, pointer.form, case)
        if _surface(values[pointer.name], plain, opening=opening) == wanted:
            return plain
    return pointer


def take_apart(line: str, values: Mapping[str, Value]) -> list[Piece]:
    """`line` with every mention of a value made a pointer; what matches nothing stays text.

    Longer strings win over shorter ones that they hold.
    """
    taken: list[tuple[int, int, Pointer]] = []
    for surface, name, form in sorted(_surfaces(values), key=lambda found: -len(found[0])):
        for found in re.finditer(rf"(?<![\w-]){re.escape(surface)}(?![\w-])", line, re.I):
            span = found.span()
            if any(span[0] < end and start < span[1] for start, end, _ in taken):
                continue
            pointer = _match(found[0], values, name, form, opening=not line[: span[0]].strip())
            if pointer:
                taken.append((*span, pointer))
    pieces: list[Piece] = []
    at = 0
    for start, end, pointer in sorted(taken, key=lambda span: span[0]):
        if start > at:
            pieces.append(_ARTICLE.sub(r"\1\2", line[at:start]))
        pieces.append(pointer)
        at = end
    return [*pieces, line[at:]] if at < len(line) else pieces


def _surfaces(values: Mapping[str, Value]) -> Iterator[tuple[str, str, Form]]:
    """Every string that a value can stand as, with the pointer and form that spell it."""
    for name, value in values.items():
        forms: tuple[Form, ...] = FORMS if value.role in {"verb", "does"} else ("",)
        for form in forms:
            yield _formed(value, form), name, form


def _match(text: str, values: Mapping[str, Value], name: str, form: Form, *, opening: bool) -> Pointer | None:
    """The pointer that spells exactly `text`, or None where no case does."""
    for case in CASES:
        pointer = Pointer(name, form, case)
        if _surface(values[name], pointer, opening=opening) == text:
            return pointer
    return None
