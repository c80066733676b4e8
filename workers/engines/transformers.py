"""The engine that needs nothing but transformers: shared prefill, seeds by row, a minibatch that fits.

The rows of one brief share a long prefix. It is run once; its cache is repeated for all rows, each of which
then runs only what differs. Rows leave the minibatch when they end.
"""

from __future__ import annotations

import copy
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

import torch
from peft import PeftModel
from safetensors import SafetensorError
from torch import Tensor
from transformers import DynamicCache, PreTrainedModel

from adgen.errors import ModelUnavailable, OutOfMemory, WorkStopped
from workers.adapters import ADAPTER_WEIGHTS, read_config
from workers.base import BaseModel
from workers.codec import Codec, Prompt
from workers.engines import Sample
from workers.engines.cache import repeated

# The nucleus is taken among this many likeliest tokens: sorting a whole vocabulary costs more than it gives.
NUCLEUS_SIZE = 256


Result = TypeVar("Result")


class TransformersEngine:
    """Samples from one base model, with at most one adapter merged into a copy of its weights."""

    def __init__(self, base: BaseModel, *, minibatch: int | None = None) -> None:
        self.base = base
        self.minibatch = minibatch or (256 if base.device.type == "cuda" else 32)
        self._model: PreTrainedModel | None = base.model
        self._folder: Path | None = None
        self._prefilled: tuple[tuple[int, ...], DynamicCache] | None = None

    @property
    def codec(self) -> Codec:
        return self.base.codec

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
        self._model = self._prefilled = None
        self._model = self.base.model if folder is None else _merged(self.base, folder)
        self._folder = folder

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
    ) -> list[Sample]:
        """See `workers.engines.Engine.sample`."""

        def run(prefix: tuple[int, ...], rows: list[int]) -> list[Sample]:
            own = [prompts[row] for row in rows], [seeds[row] for row in rows]
            return _Decoding(self, prefix, *own, max_new_tokens).run(temperature, top_p, should_stop)

        return self._by_minibatch(prompts, run)

    @torch.inference_mode()
    def score(self, prompts: Sequence[Prompt], lines: Sequence[Sequence[int]]) -> list[float]:
        """See `workers.engines.Engine.score`."""

        def run(prefix: tuple[int, ...], rows: list[int]) -> list[float]:
            return self._scored(prefix, [prompts[row] for row in rows], [lines[row] for row in rows])

        return self._by_minibatch(prompts, run)

    def _by_minibatch(
        self, prompts: Sequence[Prompt], run: Callable[[tuple[int, ...], list[int]], list[Result]]
    ) -> list[Result]:
        """What `run` gives for each row, in order; `run` gets the rows of one prefix, as many as fit."""
        results: dict[int, Result] = {}
        for prefix, rows in _by_prefix(prompts).items():
            while rows:
                part = rows[: self.minibatch]
                try:
                    found = run(prefix, part)
                except RuntimeError as error:
                    if not is_out_of_memory(error):
                        raise
                    found = []
                # Out of the except block, so that nothing holds the tensors any more.
                if not found:
                    self._halve(len(part))
                    continue
                results |= zip(part, found, strict=True)
                rows = rows[len(part) :]
        return [results[row] for row in range(len(prompts))]

    def _scored(
        self, prefix: tuple[int, ...], prompts: Sequence[Prompt], lines: Sequence[Sequence[int]]
    ) -> list[float]:
        shared = prefix if all(prompt.suffix for prompt in prompts) else prefix[:-1]
        befores = [(*prompt.prefix, *prompt.suffix)[len(shared) :] for prompt in prompts]
        tails = [[*before, *line] for before, line in zip(befores, lines, strict=True)]
        # Padding on the right comes after all that counts, so it needs no mask.
        longest = max(map(len, tails))
        ids = torch.tensor(
            [tail + [self.codec.pad_id] * (longest - len(tail)) for tail in tails], device=self.base.device
        )
        first = min(map(len, befores))
        logits = self.model()(
            ids,
            past_key_values=repeated(self.prefill(shared), len(tails), longest),
            use_cache=True,
            logits_to_keep=longest - first + 1,
        ).logits
        told = logits[:, :-1].float().log_softmax(-1).gather(-1, ids[:, first:, None])[:, :, 0].tolist()
        return [
            sum(row[len(before) - first : len(tail) - first])
            for row, before, tail in zip(told, befores, tails, strict=True)
        ]

    def _halve(self, rows: int) -> None:
        """Make the minibatch smaller than the `rows` that did not fit, and remember it."""
        if rows == 1:
            raise OutOfMemory(
                f"One line at a time does not fit into the memory of {self.base.device}. "
                "Use a smaller base model or a larger device."
            )
        self.minibatch = rows // 2
        if self.base.device.type == "cuda":
            torch.cuda.empty_cache()

    def model(self) -> PreTrainedModel:
        """The model in use. Raises ModelUnavailable after a failed change of adapter."""
        if self._model is None:
            raise ModelUnavailable(
                "No adapter is in use since the last one failed to load; choose one again."
            )
        return self._model

    def prefill(self, ids: tuple[int, ...]) -> DynamicCache:
        """The cache after `ids`, for one row. That of the last prefix is kept for the next call."""
        if self._prefilled is None or self._prefilled[0] != ids:
            self._prefilled = None
            cache = DynamicCache(config=self.model().config)
            if ids:
                self.model()(
                    torch.tensor([ids], device=self.base.device), past_key_values=cache, logits_to_keep=1
                )
            self._prefilled = (ids, cache)
        return self._prefilled[1]


class _Decoding:
    """One minibatch on its way: rows that share `prefix`, padded on the left where they differ in length.

    All tensors have a row for each line that is still going; `going` says which lines those are.
    """

    def __init__(
        self,
        engine: TransformersEngine,
        prefix: tuple[int, ...],
        prompts: Sequence[Prompt],
        seeds: Sequence[int],
        max_new_tokens: int,
    ) -> None:
        self.model, self.codec, self.device = engine.model(), engine.codec, engine.base.device
        self.max_new_tokens = max_new_tokens
        self.lines: list[list[int]] = [[] for _ in prompts]
        self.logprobs = [0.0] * len(prompts)
        self.going = list(range(len(prompts)))
        # The last id of each row is run with its row: it gives the first logits.
        shared = prefix if all(prompt.suffix for prompt in prompts) else prefix[:-1]
        tails = [(*prompt.prefix, *prompt.suffix)[len(shared) :] for prompt in prompts]
        self.ids, self.mask = self._left_padded(tails, len(shared))
        self.positions = (self.mask.cumsum(-1) - 1).clamp(min=0)[:, len(shared) :]
        self.ragged = not bool(self.mask.all())
        self.noise, self.banned = self._noise(seeds), self._banned([prompt.banned for prompt in prompts])
        self.cache = repeated(engine.prefill(shared), len(prompts), self.ids.shape[1] + max_new_tokens)

    def run(self, temperature: float, top_p: float, should_stop: Callable[[], bool]) -> list[Sample]:
        for step in range(self.max_new_tokens):
            if should_stop():
                raise WorkStopped(f"Stopped after {step} tokens.")
            logits = self._logits()
            # Models often have more logits than their tokenizer has ids.
            allowed = logits[:, : self.codec.vocab_size].masked_fill(self.banned, -torch.inf)
            picked = pick(allowed, self.noise[:, step], temperature=temperature, top_p=top_p)
            self._append(picked, logits.log_softmax(-1).gather(-1, picked[:, None])[:, 0])
            if not self.going:
                break
        return list(map(Sample, self.lines, self.logprobs))

    def _logits(self) -> Tensor:
        """The logits of the next token of each row: [rows, ids]."""
        logits: Tensor = self.model(
            self.ids,
            attention_mask=self.mask if self.ragged else None,
            position_ids=self.positions,
            past_key_values=self.cache,
            use_cache=True,
            logits_to_keep=1,
        ).logits
        return logits[:, -1].float()

    def _append(self, picked: Tensor, logprobs: Tensor) -> None:
        """Add one id to each line; rows that end leave the minibatch."""
        tokens = picked.tolist()
        for line, token, logprob in zip(self.going, tokens, logprobs.tolist(), strict=True):
            self.lines[line].append(token)
            self.logprobs[line] += logprob
        self.ids, self.positions = picked[:, None], self.positions[:, -1:] + 1
        self.mask = torch.cat([self.mask, self.mask.new_ones(len(tokens), 1)], dim=-1)
        keep = [row for row, token in enumerate(tokens) if token != self.codec.end_id]
        if len(keep) < len(tokens):
            self.going = [self.going[row] for row in keep]
            rows = torch.tensor(keep, dtype=torch.long, device=self.device)
            self.ids, self.positions, self.mask = self.ids[rows], self.positions[rows], self.mask[rows]
            self.noise, self.banned = self.noise[rows], self.banned[rows]
            self.cache.batch_select_indices(rows)

    def _left_padded(self, tails: Sequence[Sequence[int]], shared: int) -> tuple[Tensor, Tensor]:
        """The tails as ids [rows, longest tail], and the mask over prefix and tail [rows, shared + tail]."""
        longest = max(map(len, tails))
        ids = [[self.codec.pad_id] * (longest - len(tail)) + list(tail) for tail in tails]
        mask = [[1] * shared + [0] * (longest - len(tail)) + [1] * len(tail) for tail in tails]
        return torch.tensor(ids, device=self.device), torch.tensor(mask, device=self.device)

    def _noise(self, seeds: Sequence[int]) -> Tensor:
        """One number in 0..1 per row and token, drawn from the row's own seed: [rows, tokens]."""
        drawn = [
            torch.rand(self.max_new_tokens, generator=torch.Generator().manual_seed(seed)) for seed in seeds
        ]
        return torch.stack(drawn).to(self.device)

    def _banned(self, rows: Sequence[frozenset[int]]) -> Tensor:
        """Which ids may not be sampled: bool [rows, vocabulary]."""
        masks = {}
        for ids in set(rows):
            masks[ids] = torch.zeros(self.codec.vocab_size, dtype=torch.bool)
            masks[ids][[id_ for id_ in ids if id_ < self.codec.vocab_size]] = True
        return torch.stack([masks[ids] for ids in rows]).to(self.device)


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
    return ids.gather(-1, torch.searchsorted(cumulative, point, right=True))[:, 0]


def is_out_of_memory(error: RuntimeError) -> bool:
    """Whether the device, or the machine itself, had no memory left for a tensor."""
    return isinstance(error, torch.OutOfMemoryError) or "can't allocate memory" in str(error)


def _by_prefix(prompts: Sequence[Prompt]) -> dict[tuple[int, ...], list[int]]:
    """The rows of each prefix, in order."""
    groups: dict[tuple[int, ...], list[int]] = {}
    for row, prompt in enumerate(prompts):
        groups.setdefault(prompt.prefix, []).append(row)
    return groups


def _merged(base: BaseModel, folder: Path) -> PreTrainedModel:
    """A copy of the base model with the adapter's weights added in."""
    made_for = read_config(folder).get("revision")
    if made_for != base.weights_sha256:
        raise ModelUnavailable(
            f"The adapter in {folder} was trained on base weights {made_for}, but {base.name!r} has "
            f"{base.weights_sha256}. Train the brand again on this base model."
        )
    if not (folder / ADAPTER_WEIGHTS).is_file():
        raise ModelUnavailable(f"The adapter in {folder} has no {ADAPTER_WEIGHTS}; fetch it again.")
    try:
        with warnings.catch_warnings():
            # peft only warns when it finds weights for some of the layers.
            warnings.filterwarnings("error", message="Found missing adapter keys")
            wrapped = PeftModel.from_pretrained(copy.deepcopy(base.model), folder, is_trainable=False)
        return wrapped.merge_and_unload(safe_merge=True).eval()
    except (OSError, ValueError, KeyError, RuntimeError, SafetensorError, UserWarning) as error:
        if isinstance(error, RuntimeError) and is_out_of_memory(error):
            raise OutOfMemory(
                f"The memory of {base.device} holds {base.name!r}, but not a second copy for the adapter. "
                "Use a smaller base model or a larger device."
            ) from error
        raise ModelUnavailable(f"The adapter in {folder} does not fit {base.name!r}: {error}") from error
