"""The training rows: the labelled collection, and the benign and hostile lines written for this project."""

from __future__ import annotations

import csv
import html
import random
from dataclasses import dataclass, replace
from pathlib import Path

from adgen.policy import readings
from workers.starter.screen import own
from workers.starter.screen.swap import Swapper

LABELS = ("toxicity", "identity_attack")

# Offensive tweets sampled by slur: whole, they would drown the other sources. Their annotators called
# most slurs merely offensive, so for part of them the question of an attack on a group is left open.
_TWEETS, _OFFENSIVE, _OPEN, _CLEAN = "davidson2017", 2000, 500, 2000
# Sources whose texts speak about groups, one text in two of which is read about another group.
_SWAPPED = ("toxigen_annot", "toxigen_demo", "hatemojibuild")
_ATTACK, _HARMLESS, _ABUSE, _NO_ATTACK = (1.0, 1.0), (0.0, 0.0), (1.0, 0.0), (None, 0.0)
# This project's files: their targets, and how many readings of each line an epoch takes. Whether
# swearing without malice, or contempt for things, is toxic is left open.
_OWN: dict[str, tuple[tuple[float | None, ...], int]] = {
    "hostile_identity": (_ATTACK, 15),
    "benign_identity": (_HARMLESS, 17),
    "hostile_elsewhere": (_NO_ATTACK, 22),
    "abuse": (_ABUSE, 16),
    "profanity": (_NO_ATTACK, 8),
    "benign_ads": (_HARMLESS, 1),
}
# Never trained on. What may be flagged of them is bounded on their own; counted among the negatives, such
# easy ones would loosen the bound on posts.
_DEVELOPMENT_ADS, _NOT_COUNTED = "development_ads", (None, None)
_COPY = {"train": 1400, "dev": 400}


@dataclass(frozen=True)
class Row:
    """One text. `targets` follows LABELS; None is an unlabelled target, which the loss leaves out."""

    text: str
    targets: tuple[float | None, ...]
    source: str


def labelled_rows(path: Path, split: str, exclude: frozenset[str] = frozenset()) -> list[Row]:
    """The rows of one split (`train`, `dev` or `test`) of the collection, less the excluded sources."""
    with path.open(encoding="utf-8", newline="") as file:
        return [
            Row(
                html.unescape(row["text"]),
                tuple(float(row[label]) if row[label] else None for label in LABELS),
                row["source"],
            )
            for row in csv.DictReader(file)
            if row["split"] == split and row["source"] not in exclude
        ]


def as_screened(rows: list[Row]) -> list[Row]:
    """`rows` as the screen reads them with disguises undone: emoji, for one, are words."""
    return [replace(row, text=readings(row.text)[-1].text) for row in rows]


def development_rows(path: Path, exclude: frozenset[str], seed: int) -> list[Row]:
    """What temperatures and thresholds are chosen on: the collection's `dev` split and our own lines."""
    rng = random.Random(seed)
    ads = [Row(line, _NOT_COUNTED, _DEVELOPMENT_ADS) for line in own.lines_of(_DEVELOPMENT_ADS)]
    labelled = as_screened(labelled_rows(path, "dev", exclude) + ads)
    return labelled + own_rows("dev", rng) + copy_rows("dev", rng)


def epoch_rows(labelled: list[Row], rng: random.Random) -> list[Row]:
    """What one epoch reads: other tweets, groups and readings of our own lines every time."""
    swapper = Swapper()
    rows = [
        replace(row, text=swapper.swap(row.text, rng))
        if row.source in _SWAPPED and rng.random() < 0.5
        else row
        for row in thin_out(labelled, rng)
    ]
    return rows + own_rows("train", rng) + copy_rows("train", rng)


def thin_out(rows: list[Row], rng: random.Random) -> list[Row]:
    """`rows` with only a part of the over-represented tweets."""
    offensive = [row for row in rows if row.source == _TWEETS and row.targets == _ABUSE]
    clean = [row for row in rows if row.source == _TWEETS and row.targets == _HARMLESS]
    drawn = rng.sample(offensive, min(_OFFENSIVE + _OPEN, len(offensive)))
    kept = [replace(row, targets=(1.0, None)) for row in drawn[_OFFENSIVE:]] + drawn[:_OFFENSIVE]
    kept += rng.sample(clean, min(_CLEAN, len(clean)))
    return [row for row in rows if row.source != _TWEETS or row.targets == _ATTACK] + kept


def own_rows(split: str, rng: random.Random) -> list[Row]:
    """This project's lines for `train` or `dev`, in as many readings as stand above."""
    return [
        Row(text, targets, name)
        for name, (targets, count) in _OWN.items()
        for line in own.lines_in(name, split)
        for text in sorted(own.readings(line, count, rng))
    ]


def copy_rows(split: str, rng: random.Random) -> list[Row]:
    """Lines of ad copy for `train` or `dev`, as the copywriter learns to write them."""
    lines = own.copywriter_lines(_COPY[split], rng, held_out=split == "dev")
    return [Row(text, _HARMLESS, "copy") for text in lines]
