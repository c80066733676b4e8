"""Training rows: one brief and as many lines as fit. Row `n` of a seed is always the same row."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from workers.starter.copywriter import prompts
from workers.starter.copywriter.fields import MESSAGES, Fields
from workers.starter.copywriter.invent import Invented, Inventor
from workers.starter.copywriter.language import ROLES
from workers.starter.copywriter.lines import Line, Writer
from workers.starter.copywriter.pointers import take_apart
from workers.starter.copywriter.prompts import EXEMPLARS_AT_MOST, Wanted
from workers.starter.copywriter.style import CASES, Style
from workers.starter.copywriter.vocabulary import END, PAD, Vocabulary

ROW = 320
IGNORED = -100
PADDED = 127
_LINES_AT_MOST = 16
_WRONG_ROLE = 0.04
# So many rows are of a brand with a style of its own; so many have no brief at all, so that the model can
# tell how likely a line is whatever it is about.
_STYLED, _UNBRIEFED = 0.4, 0.05
# How often appeal, end and person of a line are told, and a trait that all lines of a brand share.
_TOLD, _TOLD_OF_STYLE = (0.4, 0.4, 0.3), 0.7
_STYLE_ENDS = {
    "headline": (("", "none", ".", "!", "?"), (0.2, 0.35, 0.2, 0.1, 0.15)),
    "description": (("", "none", ".", "!", "?"), (0.25, 0.25, 0.25, 0.2, 0.05)),
}
_STYLE_LIMITS = {"headline": (20, 25, 30, 35, 40, 50, 60), "description": (50, 60, 70, 80, 90, 110, 125, 150)}


@dataclass(frozen=True)
class Row:
    """`ROW` ids; for each its line (0 the brief, `PADDED` none), its position, and the id to predict."""

    ids: list[int]
    lines: list[int]
    positions: list[int]
    labels: list[int]


def row(vocabulary: Vocabulary, seed: int, number: int, *, held_out: str = "") -> Row:
    """One row. `held_out` is "" for training, "strings" or "skeletons" for what training never sees."""
    rng = random.Random(f"{seed}:{number}:{held_out}")
    while True:
        invented = Inventor(rng, held_out=bool(held_out)).brief()
        styled = rng.random() < _STYLED
        kind = rng.choice(("headline", "description")) if styled else ""
        style = _style(kind, rng) if styled else None
        unseen = held_out == "skeletons"
        lines = Writer(invented, rng, held_out=unseen, kind=kind, style=style).lines(_LINES_AT_MOST)
        if lines:
            exemplars = _exemplars(invented, kind, style, vocabulary, rng) if style else []
            brief = _brief(invented.fields, exemplars, vocabulary, rng)
            return _pack(brief, [(line, _asked(line.wanted, style, rng)) for line in lines], vocabulary)


def _style(kind: str, rng: random.Random) -> Style:
    """What all lines of an invented brand share."""
    case = rng.choices(CASES, (0.4, 0.25, 0.25, 0.1))[0]
    end = rng.choices(*_STYLE_ENDS[kind])[0]
    person = rng.choices(("", "we", "you", "nobody"), (0.55, 0.15, 0.2, 0.1))[0]
    return Style(case, end, person, rng.choice(_STYLE_LIMITS[kind]))


def _exemplars(
    invented: Invented, kind: str, style: Style, vocabulary: Vocabulary, rng: random.Random
) -> list[list[int]]:
    """Lines of the same brand and style for another product, as ids; now and then none."""
    if rng.random() < 0.15:
        return []
    other = Inventor(rng).brief(invented.fields.industry)
    values = {**other.fields.values, "brand": invented.fields.values["brand"]}
    sibling = Invented(Fields(values, other.fields.industry, other.fields.goods), other.calls)
    lines = Writer(sibling, rng, kind=kind, style=style).lines(rng.randint(3, EXEMPLARS_AT_MOST))
    return [vocabulary.encode(take_apart(line.text, invented.fields.values)) for line in lines]


def _brief(
    fields: Fields, exemplars: Sequence[Sequence[int]], vocabulary: Vocabulary, rng: random.Random
) -> list[int]:
    """The ids of a brief in any order, now and then of no brief."""
    order = ["brand", "product", *rng.sample([*MESSAGES, "audience", "offer", "place", "call"], 8)]
    if rng.random() < _UNBRIEFED:
        return prompts.unbriefed(vocabulary)
    return prompts.prefix(_tagged(fields, rng), vocabulary, order, exemplars)


def _asked(wanted: Wanted, style: Style | None, rng: random.Random) -> Wanted:
    """What of a line is told: a brand's own traits more often than those of a single line."""
    appeal, end, person = _TOLD
    if style is not None:
        end, person = _TOLD_OF_STYLE if style.end else 0.0, _TOLD_OF_STYLE if style.person else 0.0
    return replace(
        wanted,
        appeal=wanted.appeal if rng.random() < appeal else "",
        end=wanted.end if rng.random() < end else "",
        person=wanted.person if rng.random() < person else "",
    )


def _tagged(fields: Fields, rng: random.Random) -> Fields:
    """The fields as a tagger would tell them: now and then with a wrong role."""
    values = {
        name: replace(value, role=rng.choice(ROLES)) if value.role and rng.random() < _WRONG_ROLE else value
        for name, value in fields.values.items()
    }
    return Fields(values, fields.industry, fields.goods)


def _pack(brief: list[int], lines: Sequence[tuple[Line, Wanted]], vocabulary: Vocabulary) -> Row:
    ids, places = list(brief), [0] * len(brief)
    positions, labels = list(range(len(brief))), [IGNORED] * len(brief)
    for index, (line, wanted) in enumerate(lines, start=1):
        asked = prompts.suffix(vocabulary, wanted)
        spelled = [*vocabulary.encode(line.pieces), vocabulary.ids[END]]
        length = len(asked) + len(spelled)
        if len(ids) + length > ROW:
            continue
        ids += [*asked, *spelled]
        places += [index] * length
        positions += range(len(brief), len(brief) + length)
        labels += [IGNORED] * (len(asked) - 1) + spelled + [IGNORED]
    short = ROW - len(ids)
    return Row(
        ids + [vocabulary.ids[PAD]] * short,
        places + [PADDED] * short,
        positions + [0] * short,
        labels + [IGNORED] * short,
    )


def minibatch(
    vocabulary: Vocabulary, seed: int, numbers: range, *, held_out: str = ""
) -> dict[str, np.ndarray]:
    """Rows `numbers` as int64 arrays of shape (rows, ROW): ids, lines, positions, labels."""
    rows = [row(vocabulary, seed, number, held_out=held_out) for number in numbers]
    names = ("ids", "lines", "positions", "labels")
    return {name: np.array([getattr(one, name) for one in rows], dtype=np.int64) for name in names}


def texts(seed: int, briefs: int) -> Iterator[str]:
    """What the tokenizer learns from: lines with their pointers cut out, and the strings of the briefs."""
    for number in range(briefs):
        rng = random.Random(f"{seed}:{number}:texts")
        invented = Inventor(rng).brief()
        yield from (
            f" {value.text.lower()}" for name, value in invented.fields.values.items() if name != "brand"
        )
        for line in Writer(invented, rng).lines(8):
            yield from (piece for piece in line.pieces if isinstance(piece, str))
