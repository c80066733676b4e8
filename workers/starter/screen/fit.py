"""The training run of the starter screen: a LoRA and a head, which a stopped run takes up again."""

from __future__ import annotations

import os
import random
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from peft import LoraConfig, get_peft_model, get_peft_model_state_dict, set_peft_model_state_dict
from tqdm import tqdm

from workers.starter.screen import base, calibrate
from workers.starter.screen.corpus import Row
from workers.starter.screen.difference import State, difference_of
from workers.starter.screen.network import encode, network, targets_of

RANK = 48
MINIBATCH = 48
_SAVED_EVERY = 100  # steps; about a minute and a half on one core


@dataclass(frozen=True)
class Plan:
    """How a run goes: `rows` gives the rows of an epoch, always the same ones for the same number."""

    rows: Callable[[int], list[Row]]
    epochs: int
    rate: float
    seed: int


class Run:
    """One run, its state kept in the file `saved` so that it can be stopped at any time."""

    def __init__(self, plan: Plan, tokens: Any, saved: Path) -> None:
        torch.manual_seed(plan.seed)
        config = LoraConfig(
            r=RANK,
            lora_alpha=RANK,
            lora_dropout=0.0,
            target_modules=r".*encoder.*\.(query|key|value|dense)",
            modules_to_save=["pooler", "classifier"],
        )
        self._plan, self._tokens, self._saved = plan, tokens, saved
        self._model = get_peft_model(network(base.base_state(), strict=False), config)
        self._trained = [parameter for parameter in self._model.parameters() if parameter.requires_grad]
        self._optimizer = torch.optim.AdamW(self._trained, lr=plan.rate, weight_decay=0.01)
        self._step = 0

    def finish(self) -> State:
        """The difference after the last step, taking up what an earlier run left."""
        if self._saved.is_file():
            self._resume()
        epochs = [_minibatches(self._plan, epoch) for epoch in range(self._plan.epochs)]
        steps = [minibatch for epoch in epochs for minibatch in epoch]
        self._model.train()
        progress = tqdm(total=len(steps), initial=self._step, desc="train", unit="step", mininterval=20)
        while self._step < len(steps):
            loss = self._take(steps[self._step], len(steps))
            progress.update()
            progress.set_postfix(loss=f"{loss:.3f}", refresh=False)
            if self._step % _SAVED_EVERY == 0 or self._step == len(steps):
                self._save()
        progress.close()
        return difference_of(get_peft_model_state_dict(self._model))

    def _take(self, minibatch: list[Row], steps: int) -> float:
        for group in self._optimizer.param_groups:
            warm = min(1.0, (self._step + 1) / (0.05 * steps))
            group["lr"] = self._plan.rate * warm * (1 - self._step / steps)
        with torch.autocast("cpu", dtype=torch.bfloat16):
            logits = self._model(**encode(self._tokens, minibatch)).logits
        loss = calibrate.masked_loss(logits.float(), targets_of(minibatch))
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self._trained, 1.0)
        self._optimizer.step()
        self._optimizer.zero_grad()
        self._step += 1
        return float(loss)

    def _save(self) -> None:
        aside = self._saved.with_suffix(".part")
        state = {
            "step": self._step,
            "weights": get_peft_model_state_dict(self._model),
            "optimizer": self._optimizer.state_dict(),
        }
        torch.save(state, aside)
        os.replace(aside, self._saved)

    def _resume(self) -> None:
        state = torch.load(self._saved, weights_only=True)
        set_peft_model_state_dict(self._model, state["weights"])
        self._optimizer.load_state_dict(state["optimizer"])
        self._step = state["step"]


def _minibatches(plan: Plan, epoch: int) -> list[list[Row]]:
    """Shuffled minibatches of texts of like length, so that little is padding."""
    rng = random.Random(f"{plan.seed} {epoch}")
    rows = plan.rows(epoch)
    rng.shuffle(rows)
    block = 50 * MINIBATCH
    ordered = [
        row
        for at in range(0, len(rows), block)
        for row in sorted(rows[at : at + block], key=lambda row: len(row.text))
    ]
    starts = list(range(0, len(rows), MINIBATCH))
    rng.shuffle(starts)
    return [ordered[at : at + MINIBATCH] for at in starts]
