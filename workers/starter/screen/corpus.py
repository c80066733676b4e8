"""The training rows: the labelled collection, and the benign and hostile lines written for this project."""

from __future__ import annotations

import csv
import hashlib
import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

LABELS = ("toxicity", "identity_attack")

_HERE = Path(__file__).with_name("data")
_OWN_TEXTS = "own"
# This source is four fifths offensive tweets sampled by slur; whole, it would drown the others.
_DOWN_SAMPLED, _KEPT_OFFENSIVE = "davidson2017", 4000
_ADS_REPEATS = 3


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
                row["text"],
                tuple(float(row[label]) if row[label] else None for label in LABELS),
                row["source"],
            )
            for row in csv.DictReader(file)
            if row["split"] == split and row["source"] not in exclude
        ]


def thin_out(rows: list[Row], rng: random.Random) -> list[Row]:
    """`rows` with only a part of the over-represented kind: offensive, but no attack on a group."""
    abundant = [row for row in rows if row.source == _DOWN_SAMPLED and row.targets == (1.0, 0.0)]
    kept = set(map(id, rng.sample(abundant, min(_KEPT_OFFENSIVE, len(abundant)))))
    dropped = set(map(id, abundant)) - kept
    return [row for row in rows if id(row) not in dropped]


def own_rows(split: str) -> list[Row]:
    """This project's lines for `train` or `dev`: benign ads, and sentences about every identity group.

    A sentence belongs to one split with all its groups, so that `dev` measures sentences never seen.
    """
    ads = [Row(text, (0.0, 0.0), f"{_OWN_TEXTS}_ads") for text in _lines("benign_ads", split)]
    benign = [Row(text, (0.0, 0.0), f"{_OWN_TEXTS}_identity") for text in _by_group("benign_identity", split)]
    hostile = [
        Row(text, (1.0, 1.0), f"{_OWN_TEXTS}_hostile") for text in _by_group("hostile_identity", split)
    ]
    return ads * (_ADS_REPEATS if split == "train" else 1) + benign + hostile


def check_rows() -> list[Row]:
    """Benign lines used for nothing but the figures in the model card."""
    return [
        Row(text, (0.0, 0.0), source)
        for source in ("check_ads", "check_identity")
        for text in lines_of(source)
    ]


def lines_of(name: str) -> list[str]:
    """The lines of one of this project's own text files, by its name without extension."""
    return (_HERE / f"{name}.txt").read_text(encoding="utf-8").splitlines()


def _lines(name: str, split: str) -> Iterator[str]:
    for line in lines_of(name):
        in_dev = hashlib.sha256(line.encode()).digest()[0] % 5 == 0
        if in_dev == (split == "dev"):
            yield line


def _by_group(name: str, split: str) -> Iterator[str]:
    for template in _lines(name, split):
        for group in lines_of("identity_groups"):
            text = template.replace("{group}", group)
            yield text[0].upper() + text[1:]
