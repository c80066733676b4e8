"""Training rows: one brief and as many lines as fit. Row `n` of a seed is always the same row."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from workers.starter.copywriter import prompts
from workers.starter.copywriter.fields import MESSAGES, Fields
from workers.starter.copywriter.invent import Inventor
from workers.starter.copywriter.language import ROLES
from workers.starter.copywriter.lines import Line, Writer
from workers.starter.copywriter.vocabulary import END, PAD, Vocabulary

ROW = 256
IGNORED = -100
PADDED = 127
_LINES_AT_MOST = 14
_WRONG_ROLE = 0.04


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
        lines = Writer(invented, rng, held_out=held_out == "skeletons").lines(_LINES_AT_MOST)
        if lines:
            order = ["brand", "product", *rng.sample([*MESSAGES, "audience", "offer", "place", "call"], 8)]
            brief = prompts.prefix(_tagged(invented.fields, rng), vocabulary, order)
            return _pack(brief, lines, vocabulary)


def _tagged(fields: Fields, rng: random.Random) -> Fields:
    """The fields as a tagger would tell them: now and then with a wrong role."""
    values = {
        name: replace(value, role=rng.choice(ROLES)) if value.role and rng.random() < _WRONG_ROLE else value
        for name, value in fields.values.items()
    }
    return Fields(values, fields.industry, fields.goods)


def _pack(brief: list[int], lines: list[Line], vocabulary: Vocabulary) -> Row:
    ids, places = list(brief), [0] * len(brief)
    positions, labels = list(range(len(brief))), [IGNORED] * len(brief)
    for index, line in enumerate(lines, start=1):
        asked = prompts.suffix(vocabulary, tone=line.tone, kind=line.kind, style=line.style, limit=line.limit)
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
