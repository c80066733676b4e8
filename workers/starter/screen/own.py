"""The sentences written for this project: what they say, and how one written line becomes many.

In a line `[a|b]` is a choice, `{adj}`, `{people}` and `{person}` name an identity group ("deaf", "deaf
people", "a deaf person"), and `{thing}` is a target that is no such group. A line belongs to one split
with all its readings, so that `dev` measures sentences never seen.
"""

from __future__ import annotations

import hashlib
import random
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

from workers.starter.copywriter.invent import Inventor
from workers.starter.copywriter.lines import Writer

_HERE = Path(__file__).with_name("data")
_CHOICE = re.compile(r"\[([^\[\]]*)\]")


class Group(NamedTuple):
    """An identity group as an adjective, as a plural and as one person with an article."""

    adj: str
    people: str
    person: str


def lines_of(name: str) -> list[str]:
    """The lines of one of this project's own text files, by its name without extension."""
    return (_HERE / f"{name}.txt").read_text(encoding="utf-8").splitlines()


def lines_in(name: str, split: str) -> Iterator[str]:
    """The lines of a file that belong to `split`: one in five to `dev`, the others to `train`."""
    for line in lines_of(name):
        in_dev = hashlib.sha256(line.encode()).digest()[0] % 5 == 0
        if in_dev == (split == "dev"):
            yield line


@cache
def groups() -> tuple[Group, ...]:
    return tuple(Group(*line.split("|")) for line in lines_of("identity_groups"))


def readings(line: str, count: int, rng: random.Random) -> set[str]:
    """Up to `count` different texts that a written line stands for."""
    return {_read(line, rng) for _ in range(count)}


def _read(line: str, rng: random.Random) -> str:
    text = _CHOICE.sub(lambda match: rng.choice(match[1].split("|")), line)
    text = text.replace("{thing}", rng.choice(_things()))
    return about(rng.choice(groups()), text)


def about(group: Group, line: str) -> str:
    """The line with its gaps filled by the names of `group`."""
    for form, name in group._asdict().items():
        line = line.replace(f"{{{form}}}", name)
    return line[0].upper() + line[1:]


@cache
def _things() -> list[str]:
    return lines_of("things")


def copywriter_lines(count: int, rng: random.Random, *, held_out: bool) -> list[str]:
    """Ad lines filled from the copywriter's corpus; held out, from what its training never sees."""
    inventor = Inventor(rng, held_out=held_out)
    lines: list[str] = []
    while len(lines) < count:
        lines += [line.text for line in Writer(inventor.brief(), rng, held_out=held_out).lines(4)]
    return lines[:count]
