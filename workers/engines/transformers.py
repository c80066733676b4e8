"""The engine that needs nothing but transformers: shared prefill, seeds by row, a minibatch that fits.

The rows of one brief share a long prefix. It is run once; its cache is spread over all rows, each of which
then runs only what differs. Briefs of like length share a minibatch. Rows leave it when they end.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import torch
from torch import Tensor
from transformers import DynamicCache, PreTrainedModel

from adgen.errors import ModelUnavailable, OutOfMemory
from workers.base import BaseModel
from workers.codec import Codec, Prompt
from workers.engines import Sample
from workers.engines.attention import SharingRows, can_share
from workers.engines.budget import Budget
from workers.engines.cache import CopyingRows, Rows, is_plain
from workers.engines.decoding import Decoding, Draw, left_padded, positions
from workers.engines.lora import RowAdapters, is_out_of_memory, merged
from workers.engines.memory import fastest_rows, rows_that_fit
from workers.engines.minibatches import Group, Minibatch, runs

# Prefixes run lately: those of a brief, and the one without a brief that its lines are compared with.
_REMEMBERED = 2
# A line that outgrows its slot is a waste of its place in the minibatch: so often a row may be begun.
_ATTEMPTS = 24
# Far from the seeds of other rows, and odd; generators heed 32 bits of a seed.
_OTHER_SEED = 0x9E3779B1
Result = TypeVar("Result")


@dataclass(frozen=True)
class _Weights:
    """What rows run on. `beside` are the adapters that are not merged into `model`."""

    model: PreTrainedModel
    beside: RowAdapters | None

    def assign(self, adapters: Sequence[Path | None]) -> None:
        if self.beside:
            self.beside.assign(adapters)


class TransformersEngine:
    """Samples from one base model: with one adapter merged into a copy of it, or several beside it."""

    def __init__(self, base: BaseModel, *, minibatch: int | None = None) -> None:
        self.base = base
        self.minibatch = minibatch or fastest_rows(base)
        self._model: PreTrainedModel | None = base.model
        self._folder: Path | None = None
        self._beside: RowAdapters | None = None
        self._prefilled: dict[tuple[Group, ...], tuple[DynamicCache, Tensor]] = {}
        self._fitted: dict[tuple[str, int], int] = {}
        self._is_plain = is_plain(self._empty_cache())
        self._shares = can_share(base.model.config)

    @property
    def codec(self) -> Codec:
        return self.base.codec

    @property
    def is_adapted(self) -> bool:
        return self._folder is not None

    def use_adapter(self, folder: Path | None) -> None:
        """Write with the LoRA weights in `folder` from now on; None is the base model itself.

        The base is never changed: an adapter is merged into a fresh copy, and the copy before it is dropped
        first, so that a failure leaves no model at all rather than another brand's. Adapters never change,
        so the folder in use is not read again.
        Raises ModelUnavailable where the adapter is damaged or was made for other base weights, OutOfMemory
        where the device has no room for the copy.
        """
        if self._model is not None and folder == self._folder:
            return
        self._model = None
        self._prefilled.clear()
        self._model = self.base.model if folder is None else merged(self.base, folder)
        self._folder = folder

    def model(self) -> PreTrainedModel:
        """The model in use. Raises ModelUnavailable after a failed change of adapter."""
        if self._model is None:
            raise ModelUnavailable(
                "No adapter is in use since the last one failed to load; choose one again."
            )
        return self._model

    @torch.inference_mode()
    def sample(
        self,
        prompts: Sequence[Prompt],
        seeds: Sequence[int],
        *,
        temperature: float,
        top_p: float,
        max_new_tokens: int,
        should_stop: Callable[[], bool],
        adapters: Sequence[Path | None] | None = None,
    ) -> list[Sample]:
        """See `workers.engines.Engine.sample`. A line that outgrows its slot is begun anew, a few times."""
        draw = Draw(temperature, top_p, max_new_tokens)
        samples = self._attempt(prompts, seeds, draw, should_stop, adapters)
        for attempt in range(1, _ATTEMPTS if temperature else 1):
            cut = [row for row, one in enumerate(samples) if self._outgrew(one, max_new_tokens)]
            again = self._attempt(
                [prompts[row] for row in cut],
                [(seeds[row] + attempt * _OTHER_SEED) % 2**32 for row in cut],
                draw,
                should_stop,
                [adapters[row] for row in cut] if adapters is not None else None,
            )
            for row, sample in zip(cut, again, strict=True):
                samples[row] = sample
        return samples

    def _outgrew(self, sample: Sample, max_new_tokens: int) -> bool:
        return len(sample.ids) < max_new_tokens and sample.ids[-1:] != [self.codec.end_id]

    def _attempt(
        self,
        prompts: Sequence[Prompt],
        seeds: Sequence[int],
        draw: Draw,
        should_stop: Callable[[], bool],
        adapters: Sequence[Path | None] | None,
    ) -> list[Sample]:
        def run(weights: _Weights, minibatch: Minibatch) -> list[Sample]:
            ids, mask = left_padded(minibatch.tails, self.codec.pad_id, self.base.device)
            return Decoding(
                self._rows(weights, minibatch, room=ids.shape[1] + draw.max_new_tokens),
                self.codec,
                ids=ids,
                mask=mask,
                budget=Budget(self.codec, minibatch.prompts, self.base.device),
                seeds=[seeds[row] for row in minibatch.rows],
                draw=draw,
                adapters=weights.beside,
            ).run(should_stop)

        return self._by_minibatch("sample", run, prompts, adapters, new_tokens=draw.max_new_tokens)

    @torch.inference_mode()
    def score(
        self,
        prompts: Sequence[Prompt],
        lines: Sequence[Sequence[int]],
        *,
        adapters: Sequence[Path | None] | None = None,
    ) -> list[float]:
        """See `workers.engines.Engine.score`."""

        def run(weights: _Weights, minibatch: Minibatch) -> list[float]:
            return self._scored(weights, minibatch, [lines[row] for row in minibatch.rows])

        longest = max(map(len, lines), default=0)
        return self._by_minibatch("score", run, prompts, adapters, new_tokens=longest)

    def _scored(self, weights: _Weights, minibatch: Minibatch, lines: Sequence[Sequence[int]]) -> list[float]:
        tails = [[*tail, *line] for tail, line in zip(minibatch.tails, lines, strict=True)]
        longest = max(map(len, tails))
        # Padding on the right comes after all that counts, so it needs no mask.
        padded = [tail + [self.codec.pad_id] * (longest - len(tail)) for tail in tails]
        ids = torch.tensor(padded, device=self.base.device)
        first = min(map(len, minibatch.tails))
        rows = self._rows(weights, minibatch, room=longest)
        logits = rows.logits(ids, places=longest - first + 1)[:, :-1]
        told = logits.gather(-1, ids[:, first:, None])[:, :, 0].float() - logits.float().logsumexp(-1)
        return [
            float(row[len(tail) - first :][: len(line)].sum())
            for row, tail, line in zip(told.cpu(), minibatch.tails, lines, strict=True)
        ]

    def _by_minibatch(
        self,
        work: str,
        run: Callable[[_Weights, Minibatch], list[Result]],
        prompts: Sequence[Prompt],
        adapters: Sequence[Path | None] | None,
        *,
        new_tokens: int,
    ) -> list[Result]:
        """What `run` gives for each row, in order; it gets as many rows at a time as fit."""
        owners = [self._folder] * len(prompts) if adapters is None else adapters
        results: dict[int, Result] = {}
        with self._weights(adapters) as weights:
            for rows in runs(prompts, owners, equal_tails=not self._is_plain):
                tokens = new_tokens + max(self._tokens(prompts[row]) for row in rows)
                while rows:
                    part = rows[: self._most(work, tokens, logits=new_tokens if work == "score" else 1)]
                    found = _or_none(run, weights, Minibatch.of(part, prompts, owners))
                    if found is None:
                        self._halve(work, tokens, len(part))
                        continue
                    results |= zip(part, found, strict=True)
                    rows = rows[len(part) :]
        return [results[row] for row in range(len(prompts))]

    @contextmanager
    def _weights(self, adapters: Sequence[Path | None] | None) -> Iterator[_Weights]:
        """The weights for rows with these adapters; None is the adapter in use for all of them."""
        if adapters is None:
            yield _Weights(self.model(), None)
            return
        folders = {folder for folder in adapters if folder is not None}
        if self._beside is None or not folders <= set(self._beside.folders):
            self._beside = RowAdapters(self.base, sorted(folders))
        with self._beside.beside(self.base.model):
            yield _Weights(self.base.model, self._beside)

    def _tokens(self, prompt: Prompt) -> int:
        """How many tokens of its prompt a row has in a cache of its own."""
        return len(prompt.suffix) if self._shares else len(prompt.prefix) + len(prompt.suffix)

    def _rows(self, weights: _Weights, minibatch: Minibatch, *, room: int) -> Rows:
        """The rows of a minibatch after what they share, with room for so many tokens."""
        prefixes, mask = self._prefill(weights, minibatch.groups)
        weights.assign(minibatch.adapters)
        kind = SharingRows if self._shares and mask.shape[1] else CopyingRows
        return kind(weights.model, prefixes, mask, minibatch.group_of_row, room)

    def _prefill(self, weights: _Weights, groups: tuple[Group, ...]) -> tuple[DynamicCache, Tensor]:
        """The cache of one row a group, and its mask [groups, cached]. The last ones are remembered."""
        if groups not in self._prefilled:
            while len(self._prefilled) >= _REMEMBERED:
                del self._prefilled[next(iter(self._prefilled))]
            ids, mask = left_padded([shared for _, shared in groups], self.codec.pad_id, self.base.device)
            cache = self._empty_cache()
            if ids.shape[1]:
                weights.assign([adapter for adapter, _ in groups])
                weights.model(
                    ids,
                    attention_mask=None if bool(mask.all()) else mask,
                    position_ids=positions(mask),
                    past_key_values=cache,
                    use_cache=True,
                    logits_to_keep=1,
                )
            self._prefilled[groups] = cache, mask
        return self._prefilled[groups]

    def _empty_cache(self) -> DynamicCache:
        return DynamicCache(config=self.base.model.config)

    def _most(self, work: str, tokens: int, *, logits: int) -> int:
        """How many rows of so many tokens to run at a time."""
        known = self._fitted.get((work, tokens.bit_length()))
        fit = rows_that_fit(self.base, tokens=tokens, logits=logits)
        return min(most for most in (self.minibatch, known, fit) if most is not None)

    def _halve(self, work: str, tokens: int, rows: int) -> None:
        """Remember that so many `rows` did not fit, for work on rows of about this length."""
        if rows == 1:
            raise OutOfMemory(
                f"One line at a time does not fit into the memory of {self.base.device}. "
                "Use a smaller base model or a larger device."
            )
        self._fitted[work, tokens.bit_length()] = rows // 2
        self._prefilled.clear()
        if self.base.device.type == "cuda":
            torch.cuda.empty_cache()


def _or_none(run: Callable[..., Result], *arguments: Any) -> Result | None:
    """What `run` gives, or None where memory ran out; nothing of what it did is held then."""
    try:
        return run(*arguments)
    except RuntimeError as error:
        if not is_out_of_memory(error):
            raise
    return None
