"""The recipe of the starter copywriter: a Llama-shaped model trained from scratch on invented briefs.

Everything is seeded and every minibatch is made from its step number, so that a run stopped at a
checkpoint goes on as if it had not stopped. The learning rate follows the share of the minutes spent.
"""

from __future__ import annotations

import json
import math
import shutil
import sys
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from torch.nn import functional
from transformers import LlamaConfig, LlamaForCausalLM

from workers.starter.copywriter import rows
from workers.starter.copywriter.vocabulary import BRIEF, END, PAD, Vocabulary

HELD_OUT = ("strings", "skeletons")
_HELD_OUT_SEED = 1_000_003


@dataclass(frozen=True)
class Recipe:
    """What a training run depends on, besides the corpus. Rates are per step at the peak."""

    seed: int = 1
    minutes: float = 62.0
    minibatch: int = 10
    rate: float = 3e-3
    warmup: int = 40
    width: int = 256
    layers: int = 6
    heads: int = 4
    inner: int = 704
    checkpoint_every: int = 100


@dataclass
class Progress:
    """Where a run stands. Minutes leave out the time that the run was stopped."""

    step: int = 0
    minutes: float = 0.0
    tokens: int = 0
    supervised: int = 0


def build(recipe: Recipe, vocabulary: Vocabulary) -> LlamaForCausalLM:
    """The untrained model of a recipe."""
    torch.manual_seed(recipe.seed)
    config = LlamaConfig(
        vocab_size=vocabulary.size,
        hidden_size=recipe.width,
        num_hidden_layers=recipe.layers,
        num_attention_heads=recipe.heads,
        num_key_value_heads=recipe.heads,
        intermediate_size=recipe.inner,
        max_position_embeddings=1024,
        tie_word_embeddings=True,
        pad_token_id=vocabulary.ids[PAD],
        bos_token_id=vocabulary.ids[BRIEF],
        eos_token_id=vocabulary.ids[END],
    )
    return LlamaForCausalLM(config)


def loss_of(model: LlamaForCausalLM, trunk: Any, batch: Mapping[str, torch.Tensor]) -> torch.Tensor:
    """Mean cross entropy over labels. Each line sees the brief (line 0) and itself only.

    `trunk` is the model without its head, compiled or not. The head runs on labelled positions alone.
    """
    lines, told = batch["lines"], batch["labels"] != rows.IGNORED
    sees = (lines[:, None, :] == 0) | (lines[:, None, :] == lines[:, :, None])
    sees &= torch.ones(sees.shape[1:], dtype=torch.bool).tril()
    mask = torch.zeros(sees.shape, dtype=torch.bfloat16).masked_fill(~sees, -1e9)[:, None]
    with torch.autocast("cpu", dtype=torch.bfloat16):
        hidden = trunk(
            input_ids=batch["ids"], position_ids=batch["positions"], attention_mask=mask, use_cache=False
        ).last_hidden_state
        logits = model.lm_head(hidden[told])
    return functional.cross_entropy(logits.float(), batch["labels"][told])


def _compiled(trunk: torch.nn.Module) -> Any:
    """`trunk` compiled where the machine has a C++ compiler, else as it is: the same figures, more slowly."""
    return torch.compile(trunk) if shutil.which("g++") else trunk


def _optimizers(model: LlamaForCausalLM, rate: float) -> list[torch.optim.Optimizer]:
    """Muon for the matrices, AdamW for embeddings and norms."""
    matrices = [p for name, p in model.named_parameters() if p.ndim == 2 and "embed" not in name]
    others = [p for name, p in model.named_parameters() if p.ndim != 2 or "embed" in name]
    return [
        torch.optim.Muon(matrices, lr=rate, weight_decay=0.05, adjust_lr_fn="match_rms_adamw"),
        torch.optim.AdamW(others, lr=rate, betas=(0.9, 0.98), weight_decay=0.0),
    ]


def _rate(recipe: Recipe, progress: Progress) -> float:
    """Warm-up by steps, then level, then a cosine down to a fiftieth by the share of time spent."""
    share = min(progress.minutes / recipe.minutes, 1.0)
    falling = 1.0 if share < 0.15 else 0.02 + 0.49 * (1 + math.cos(math.pi * (share - 0.15) / 0.85))
    return recipe.rate * min(1.0, (progress.step + 1) / recipe.warmup) * falling


class Run:
    """A training run with its checkpoint file."""

    def __init__(self, recipe: Recipe, vocabulary: Vocabulary, checkpoint: Path) -> None:
        self.recipe = recipe
        self.vocabulary = vocabulary
        self.progress = Progress()
        self.model = build(recipe, vocabulary)
        self._optimizers = _optimizers(self.model, recipe.rate)
        self._checkpoint = checkpoint
        self._trunk = _compiled(self.model.model)
        if checkpoint.exists():
            self._resume()

    def train(self) -> LlamaForCausalLM:
        """Trains until the recipe's minutes are spent; prints a line every 25 steps to stderr."""
        self.model.train()
        recent: list[float] = []
        while self.progress.minutes < self.recipe.minutes:
            started = time.monotonic()
            recent.append(self._step())
            self.progress.minutes += (time.monotonic() - started) / 60
            if self.progress.step % 25 == 0:
                self._report(sum(recent[-25:]) / len(recent[-25:]))
            if self.progress.step % self.recipe.checkpoint_every == 0:
                self._save()
        self._save()
        return self.model

    def _step(self) -> float:
        recipe, progress = self.recipe, self.progress
        first = progress.step * recipe.minibatch
        batch = _tensors(self.vocabulary, recipe.seed, range(first, first + recipe.minibatch))
        for optimizer in self._optimizers:
            for group in optimizer.param_groups:
                group["lr"] = _rate(recipe, progress)
        loss = loss_of(self.model, self._trunk, batch)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        for optimizer in self._optimizers:
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
        progress.step += 1
        progress.tokens += batch["ids"].numel()
        progress.supervised += int((batch["labels"] >= 0).sum())
        return loss.item()

    def perplexity(self, held_out: str, minibatches: int = 12) -> float:
        """Perplexity on rows that training never sees."""
        self.model.eval()
        total, count = 0.0, 0
        with torch.no_grad():
            for index in range(minibatches):
                numbers = range(index * self.recipe.minibatch, (index + 1) * self.recipe.minibatch)
                batch = _tensors(self.vocabulary, _HELD_OUT_SEED, numbers, held_out=held_out)
                labels = int((batch["labels"] >= 0).sum())
                total += float(loss_of(self.model, self._trunk, batch)) * labels
                count += labels
        self.model.train()
        return math.exp(total / count)

    def _report(self, loss: float) -> None:
        progress = self.progress
        speed = progress.tokens / max(progress.minutes * 60, 1e-9)
        print(
            f"step {progress.step}  perplexity {math.exp(loss):.2f}  {progress.tokens / 1e6:.2f}M tokens  "
            f"{speed:.0f} tokens/s  {progress.minutes:.1f} of {self.recipe.minutes:g} minutes",
            file=sys.stderr,
            flush=True,
        )

    def _save(self) -> None:
        state: dict[str, Any] = {
            "recipe": json.dumps(asdict(self.recipe)),
            "progress": asdict(self.progress),
            "model": self.model.state_dict(),
            "optimizers": [optimizer.state_dict() for optimizer in self._optimizers],
        }
        written = self._checkpoint.with_suffix(".part")
        torch.save(state, written)
        written.replace(self._checkpoint)

    def _resume(self) -> None:
        state = torch.load(self._checkpoint, weights_only=True)
        if state["recipe"] != json.dumps(asdict(self.recipe)):
            raise ValueError(
                f"{self._checkpoint} belongs to another recipe: delete it or repeat its settings."
            )
        self.progress = Progress(**state["progress"])
        self.model.load_state_dict(state["model"])
        for optimizer, saved in zip(self._optimizers, state["optimizers"], strict=True):
            optimizer.load_state_dict(saved)


def _tensors(
    vocabulary: Vocabulary, seed: int, numbers: range, *, held_out: str = ""
) -> dict[str, torch.Tensor]:
    arrays = rows.minibatch(vocabulary, seed, numbers, held_out=held_out)
    return {name: torch.from_numpy(array) for name, array in arrays.items()}
