"""One minibatch on its way, from the first token to the last line that ends."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from adgen.errors import WorkStopped
from workers.codec import Codec
from workers.engines import Sample
from workers.engines.budget import Budget
from workers.engines.cache import Rows
from workers.engines.lora import RowAdapters

# The nucleus is taken among this many likeliest tokens: sorting a whole vocabulary costs more than it gives.
NUCLEUS_SIZE = 256


@dataclass(frozen=True)
class Draw:
    """How tokens are drawn."""

    temperature: float
    top_p: float
    max_new_tokens: int


class Decoding:
    """Rows on their way to the ends of their lines.

    All tensors have a row for each line that is still going; `_going` says which lines those are.
    """

    def __init__(
        self,
        rows: Rows,
        codec: Codec,
        *,
        ids: Tensor,
        mask: Tensor,
        budget: Budget,
        seeds: Sequence[int],
        draw: Draw,
        adapters: RowAdapters | None,
    ) -> None:
        """`ids` [rows, tokens] have not been run yet; `mask` hides the padding among them."""
        self._rows, self._codec, self._ids = rows, codec, ids
        self._mask: Tensor | None = mask
        self._budget, self._draw, self._adapters = budget, draw, adapters
        self._noise = _noise(seeds, draw.max_new_tokens).to(ids.device)
        self._lines: list[list[int]] = [[] for _ in seeds]
        self._logprobs = [0.0] * len(seeds)
        self._going = list(range(len(seeds)))

    def run(self, should_stop: Callable[[], bool]) -> list[Sample]:
        """The lines of all rows. Raises WorkStopped."""
        for step in range(self._draw.max_new_tokens):
            if should_stop():
                raise WorkStopped(f"Stopped after {step} tokens.")
            logits = self._rows.logits(self._ids, self._mask)[:, -1].float()
            # Models often have more logits than their tokenizer has ids.
            fitting, cut = self._budget.within(logits[:, : self._codec.vocab_size])
            draw = self._draw
            picked = pick(fitting, self._noise[:, step], temperature=draw.temperature, top_p=draw.top_p)
            logprobs = logits.gather(-1, picked[:, None])[:, 0] - logits.logsumexp(-1)
            self._append(picked, logprobs, cut)
            if not self._going:
                break
        return list(map(Sample, self._lines, self._logprobs))

    def _append(self, picked: Tensor, logprobs: Tensor, cut: Tensor) -> None:
        """Add one id to each line that is not cut; rows that are, or that end, leave the minibatch."""
        keep = []
        found = zip(self._going, picked.tolist(), logprobs.tolist(), cut.tolist(), strict=True)
        for row, (line, token, logprob, is_cut) in enumerate(found):
            if is_cut:
                continue
            self._lines[line].append(token)
            self._logprobs[line] += logprob
            if token != self._codec.end_id:
                keep.append(row)
        self._budget.spend(picked)
        self._ids, self._mask = picked[:, None], None
        if len(keep) < len(picked):
            self._keep(keep)

    def _keep(self, keep: list[int]) -> None:
        """Go on with the rows `keep` alone."""
        self._going = [self._going[row] for row in keep]
        rows = torch.tensor(keep, dtype=torch.long, device=self._ids.device)
        self._ids, self._noise = self._ids[rows], self._noise[rows]
        self._budget.keep(rows)
        if self._going:
            self._rows.keep(keep)
        if self._adapters:
            self._adapters.keep(rows)


def pick(logits: Tensor, noise: Tensor, *, temperature: float, top_p: float) -> Tensor:
    """One id per row from logits [rows, vocabulary], chosen by noise [rows] in 0..1.

    Inverse sampling over the nucleus in the order of ids: unlike an order of likelihood, that order does
    not change when rounding swaps two near-equal tokens, so a seed keeps its line in another minibatch.
    """
    if temperature == 0:
        return logits.argmax(-1)
    probabilities = torch.softmax(logits / temperature, dim=-1)
    top, ids = probabilities.topk(min(NUCLEUS_SIZE, probabilities.shape[-1]), dim=-1)
    top = top.masked_fill(top.cumsum(-1) - top >= top_p, 0.0)
    ids, order = ids.sort(dim=-1)
    cumulative = top.gather(-1, order).cumsum(-1)
    # Just under 1: at the full sum the search would run past the last token that has any probability.
    point = noise[:, None].clamp(max=1 - 1e-6) * cumulative[:, -1:]
    found = torch.searchsorted(cumulative, point, right=True)
    # A row in which nothing may be sampled has no probabilities; what is found for it does not count.
    return ids.gather(-1, found.clamp(max=ids.shape[-1] - 1))[:, 0]


def left_padded(rows: Sequence[Sequence[int]], pad_id: int, device: torch.device) -> tuple[Tensor, Tensor]:
    """`rows` as ids and mask, both [rows, longest]."""
    longest = max(map(len, rows))
    ids = [[pad_id] * (longest - len(row)) + list(row) for row in rows]
    mask = [[0] * (longest - len(row)) + [1] * len(row) for row in rows]
    return (
        torch.tensor(ids, dtype=torch.long, device=device),
        torch.tensor(mask, dtype=torch.long, device=device),
    )


def positions(mask: Tensor) -> Tensor:
    """Where each token stands in its row, padding left out: [rows, tokens]."""
    return (mask.cumsum(-1) - 1).clamp(min=0)


def _noise(seeds: Sequence[int], tokens: int) -> Tensor:
    """One number in 0..1 per row and token, drawn from the row's own seed: [rows, tokens]."""
    return torch.stack([torch.rand(tokens, generator=torch.Generator().manual_seed(seed)) for seed in seeds])
