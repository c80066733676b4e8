"""Which rows run together: those of like length, so that little is padded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from workers.codec import Prompt

# Whose weights, and which ids: what rows must have in common to share a prefix's cache.
Group = tuple[Path | None, tuple[int, ...]]


@dataclass(frozen=True)
class Minibatch:
    """Rows that run together, cut into what groups of them share and the tail that each adds.

    `rows` are their places in the request. `group_of_row` counts into `groups`. The last id of a prompt is
    always in its tail: it gives the first logits.
    """

    rows: list[int]
    prompts: list[Prompt]
    adapters: list[Path | None]
    groups: tuple[Group, ...]
    group_of_row: list[int]
    tails: list[tuple[int, ...]]

    @classmethod
    def of(cls, rows: list[int], prompts: Sequence[Prompt], adapters: Sequence[Path | None]) -> Self:
        own, whose = [prompts[row] for row in rows], [adapters[row] for row in rows]
        keys = [(adapter, _shared(prompt)) for prompt, adapter in zip(own, whose, strict=True)]
        groups = tuple(dict.fromkeys(keys))
        number = {group: at for at, group in enumerate(groups)}
        tails = [_whole(prompt)[len(_shared(prompt)) :] for prompt in own]
        return cls(rows, own, whose, groups, [number[key] for key in keys], tails)


def runs(prompts: Sequence[Prompt], adapters: Sequence[Path | None], *, equal_tails: bool) -> list[list[int]]:
    """All rows in an order that may be cut into minibatches anywhere: by length, groups together.

    With `equal_tails` the rows of a run have tails of one length, as models need that know tokens by their
    distance in the cache, padding counted.
    """
    found: dict[int, list[int]] = {}
    for row, prompt in enumerate(prompts):
        tail = len(_whole(prompt)) - len(_shared(prompt))
        found.setdefault(tail if equal_tails else 0, []).append(row)
    first: dict[Group, int] = {}
    for row, (prompt, adapter) in enumerate(zip(prompts, adapters, strict=True)):
        first.setdefault((adapter, _shared(prompt)), row)

    def place(row: int) -> tuple[int, int]:
        shared = _shared(prompts[row])
        return len(shared), first[adapters[row], shared]

    return [sorted(rows, key=place) for rows in found.values()]


def _whole(prompt: Prompt) -> tuple[int, ...]:
    return (*prompt.prefix, *prompt.suffix)


def _shared(prompt: Prompt) -> tuple[int, ...]:
    return prompt.prefix if prompt.suffix else prompt.prefix[:-1]
