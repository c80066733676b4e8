"""The room that is left in each line: what may still be sampled, and when that is nothing sensible."""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence

import torch
from torch import Tensor

from workers.codec import Codec, Prompt

# A line is cut where less than this share of what the model would say next still fits: what does fit then
# are odd ends of words, or an end in the middle of a thought. Of 768 lines of the starter copywriter, sampled
# without it, 11% came below ("Two-bedroom flats, properlye") and 1% between it and 0.7: it is no fine line.
LEAST_SHARE = 0.05
# Wider than any limit: what may not be sampled at all.
_NEVER = 2**15 - 1


class Budget:
    """The units that each row may still add. All tensors have a row for each line that is still going."""

    def __init__(self, codec: Codec, prompts: Sequence[Prompt], device: torch.device) -> None:
        kinds: dict[Hashable, int] = {}
        tables: list[Tensor] = []
        for prompt in prompts:
            if _kind(prompt) not in kinds:
                kinds[_kind(prompt)] = len(tables)
                tables.append(_table(codec, prompt))
        self._widths = torch.stack(tables).to(device)
        # One table for all rows is compared without being copied to each.
        self._kinds = torch.tensor([kinds[_kind(prompt)] for prompt in prompts], device=device)
        limits = [min(prompt.slot.limit + codec.lead, _NEVER - 1) for prompt in prompts]
        self._left = torch.tensor(limits, dtype=torch.int16, device=device)

    def within(self, logits: Tensor) -> tuple[Tensor, Tensor]:
        """The logits [rows, vocabulary] of what fits, the others -inf, and which rows are cut [rows].

        A cut row has so little left to say that it should say nothing more.
        """
        widths = self._widths if len(self._widths) == 1 else self._widths[self._kinds]
        fitting = logits.masked_fill(widths > self._left[:, None], -torch.inf)
        sayable = logits.masked_fill(widths == _NEVER, -torch.inf)
        share = fitting.logsumexp(-1) - sayable.logsumexp(-1)
        return fitting, ~(share >= math.log(LEAST_SHARE))

    def spend(self, picked: Tensor) -> None:
        """Take off what `picked` [rows] adds to each line."""
        self._left = self._left - self._widths[self._kinds, picked]

    def keep(self, rows: Tensor) -> None:
        """Keep only the rows `rows`."""
        self._kinds, self._left = self._kinds[rows], self._left[rows]


def _kind(prompt: Prompt) -> Hashable:
    """What the widths of a prompt depend on."""
    return prompt.slot.unit, prompt.banned, frozenset(prompt.strings.items())


def _table(codec: Codec, prompt: Prompt) -> Tensor:
    """What each id adds to a line, at most: int16 [vocabulary]. The end adds nothing."""
    widths = torch.tensor(codec.widths(prompt)).clamp(max=_NEVER - 1).to(torch.int16)
    widths[codec.end_id] = 0
    widths[[id_ for id_ in prompt.banned if id_ < codec.vocab_size]] = _NEVER
    return widths
