"""Scoring texts with a loaded Detoxify checkpoint: many texts at once, of any length."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch

from adgen.errors import ModelUnavailable
from workers.screen.forward import Forward

# Longer texts are read in overlapping windows, in tokens. With windows of 128 an insult at the end of a
# friendly text scored 0.37, with 48 it scored 0.91; most lines of copy fit into one.
_WINDOW, _OVERLAP = 48, 16
_MINIBATCH_TOKENS = 1024


@dataclass(frozen=True)
class Threshold:
    """The scores from which a label flags and blocks."""

    flag: float
    block: float


@dataclass(frozen=True)
class Reading:
    """What the model makes of one text. `known` is the share of its tokens that are in the vocabulary."""

    scores: Mapping[str, float]
    known: float


class ScreenModel:
    """A verified `detoxify.Detoxify`, its thresholds by label, and the hash of its weights."""

    def __init__(self, detoxify: Any, thresholds: Mapping[str, Threshold], sha256: str) -> None:
        self.detoxify = detoxify
        self.thresholds = thresholds
        self.sha256 = sha256
        self.labels: tuple[str, ...] = tuple(detoxify.class_names)
        self._forward = Forward(detoxify.model)

    @torch.inference_mode()
    def read(self, texts: Sequence[str]) -> list[Reading]:
        """One reading a text, in order; each score is the highest of the text's windows.

        Raises ModelUnavailable if the model answers with no number.
        """
        if not texts:
            return []
        windows, owners = self._windows(texts)
        scores = torch.full((len(windows), len(self.labels)), torch.nan)
        for minibatch in _minibatches(windows):
            inputs = self.detoxify.tokenizer.pad(
                {"input_ids": [windows[i] for i in minibatch]}, return_tensors="pt"
            ).to(self.detoxify.model.device)
            scores[minibatch] = self._forward(inputs)[:, : len(self.labels)].sigmoid().cpu()
        if not scores.isfinite().all():
            raise ModelUnavailable(
                "The screen model gave a score that is not a number; its weights are broken."
            )
        windows_of = Counter(owners)
        highest = [part.amax(0).tolist() for part in scores.split([windows_of[i] for i in range(len(texts))])]
        known = self._known(windows, owners, len(texts))
        return [
            Reading(dict(zip(self.labels, row, strict=True)), share)
            for row, share in zip(highest, known, strict=True)
        ]

    def _windows(self, texts: Sequence[str]) -> tuple[list[list[int]], list[int]]:
        """Token ids of every window, and for each the index of its text."""
        encoded = self.detoxify.tokenizer(
            # Lone surrogates cannot be encoded; every other text passes unchanged.
            [text.encode("utf-8", "replace").decode("utf-8") for text in texts],
            truncation=True,
            max_length=min(_WINDOW, self.detoxify.tokenizer.model_max_length),
            stride=_OVERLAP,
            return_overflowing_tokens=True,
        )
        return encoded["input_ids"], encoded["overflow_to_sample_mapping"]

    def _known(self, windows: list[list[int]], owners: list[int], texts: int) -> list[float]:
        tokenizer = self.detoxify.tokenizer
        special = set(tokenizer.all_special_ids) - {tokenizer.unk_token_id}
        unknown, total = [0] * texts, [0] * texts
        for ids, owner in zip(windows, owners, strict=True):
            unknown[owner] += ids.count(tokenizer.unk_token_id)
            total[owner] += sum(token not in special for token in ids)
        return [1 - u / t if t else 1.0 for u, t in zip(unknown, total, strict=True)]


def _minibatches(windows: list[list[int]]) -> Iterator[list[int]]:
    """Indices of windows of like length, so that little is padding, and no more tokens than memory likes."""
    minibatch: list[int] = []
    for i in sorted(range(len(windows)), key=lambda i: len(windows[i])):
        if minibatch and (len(minibatch) + 1) * len(windows[i]) > _MINIBATCH_TOKENS:
            yield minibatch
            minibatch = []
        minibatch.append(i)
    if minibatch:
        yield minibatch
