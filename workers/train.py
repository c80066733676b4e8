"""Training: plain LoRA on a brand's own lines, loss on the line alone, stopped where held-out loss turns.

Every run starts from the base model. The same examples, config and seed give the same weights on the same
kind of machine.
"""

from __future__ import annotations

import copy
import math
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from peft import LoraConfig, PeftModel, get_peft_model, get_peft_model_state_dict
from safetensors.torch import save_file
from torch import Tensor
from torch.utils.tensorboard import SummaryWriter

from adgen.channels import slot_format
from adgen.errors import CannotTrain, OutOfMemory, WorkStopped
from adgen.spec import Example
from workers.adapters import ADAPTER_CONFIG, ADAPTER_WEIGHTS, canonical_config
from workers.base import BaseModel
from workers.codec import Prompt

FEWEST_EXAMPLES = 8
# Small models take, and need, larger steps; much larger ones unteach them English (docs/LOG.md).
_SMALL_MODEL = 50_000_000
_IGNORED = -100


@dataclass(frozen=True)
class TrainConfig:
    """The recipe. `lr` None goes by the size of the base model; `minibatch` counts lines."""

    r: int = 8
    alpha: int = 16
    dropout: float = 0.05
    lr: float | None = None
    epochs: int = 6
    minibatch: int = 8
    patience: int = 2
    heldout_share: float = 0.15
    seed: int = 0


@dataclass(frozen=True)
class TrainProgress:
    """Where a run is. Losses are mean nats per token; `heldout_loss` is the latest one measured."""

    step: int
    steps: int
    epoch: int
    loss: float
    heldout_loss: float


@dataclass(frozen=True)
class TrainMetrics:
    """What a run gave. Losses are mean nats per token; base and held-out loss are of the same lines.

    A held-out loss that is not below the base's is reported like any other: the gate judges it.
    """

    base_loss: float
    heldout_loss: float
    train_loss: float
    epochs: int
    steps: int
    train_lines: int
    heldout_lines: int


@dataclass(frozen=True)
class TrainResult:
    """The adapter's folder, its metrics, and what a person should know about how it came about."""

    folder: Path
    metrics: TrainMetrics
    notes: tuple[str, ...]


@dataclass(frozen=True)
class _Line:
    """One example in ids, under each angle that the codec can ask for."""

    group: str
    weight: float
    pairs: tuple[tuple[Prompt, tuple[int, ...]], ...]

    @property
    def key(self) -> tuple[int, ...]:
        return self.pairs[0][1]


@dataclass(frozen=True)
class _Losses:
    """Summed loss and number of tokens by line."""

    total: Tensor
    tokens: Tensor

    @property
    def mean(self) -> Tensor:
        return self.total / self.tokens


def train(
    base: BaseModel,
    *,
    examples: Sequence[Example],
    config: TrainConfig,
    out_dir: Path,
    log_dir: Path | None,
    on_step: Callable[[TrainProgress], None],
    should_stop: Callable[[], bool],
) -> TrainResult:
    """Train an adapter for `base` and write it to `out_dir`; `log_dir` gets TensorBoard events.

    The weights kept are those of the epoch with the lowest held-out loss. The base model is not changed.
    Raises CannotTrain with fewer than FEWEST_EXAMPLES usable lines or where the held-out loss is never a
    number, WorkStopped, OutOfMemory.
    """
    lines, notes = _usable(base, examples)
    training, heldout, split_notes = _split(lines, config)
    with torch.random.fork_rng():
        torch.manual_seed(config.seed)
        try:
            run = _Run(base, training, heldout, config)
            with _event_log(log_dir) as log:
                state, metrics = run.fit(on_step, should_stop, log)
        except torch.OutOfMemoryError as error:
            raise OutOfMemory(
                f"Training does not fit into the memory of {base.device} with minibatches of "
                f"{config.minibatch} lines; lower the minibatch or take a smaller base model."
            ) from error
    _write(run.model, state, base, out_dir)
    return TrainResult(out_dir, metrics, (*notes, *split_notes))


class _Run:
    """One LoRA model over a copy of the base, with its lines and its optimizer."""

    def __init__(
        self, base: BaseModel, training: Sequence[_Line], heldout: Sequence[_Line], config: TrainConfig
    ) -> None:
        self.base, self.training, self.heldout, self.config = base, training, heldout, config
        self.lora = LoraConfig(
            r=config.r,
            lora_alpha=config.alpha,
            lora_dropout=config.dropout,
            target_modules="all-linear",
            task_type="CAUSAL_LM",
        )
        self.model: PeftModel = get_peft_model(copy.deepcopy(base.model), self.lora)
        self.weights = [weight for weight in self.model.parameters() if weight.requires_grad]
        self.steps = config.epochs * math.ceil(len(training) / config.minibatch)
        small = sum(weight.numel() for weight in base.model.parameters()) < _SMALL_MODEL
        lr = config.lr or (5e-4 if small else 2e-4)
        self.optimizer = torch.optim.AdamW(self.weights, lr=lr, weight_decay=0.0)
        self.schedule = torch.optim.lr_scheduler.OneCycleLR(
            self.optimizer, max_lr=lr, total_steps=self.steps, pct_start=0.1, cycle_momentum=False
        )

    def fit(
        self,
        on_step: Callable[[TrainProgress], None],
        should_stop: Callable[[], bool],
        log: Callable[[str, float, int], None],
    ) -> tuple[dict[str, Tensor], TrainMetrics]:
        """The best weights and the metrics. A fresh adapter adds nothing, so its first loss is the base's."""
        base_loss = heldout_loss = self._heldout_loss(should_stop)
        best_loss, best_train_loss, best_state, since_best = math.inf, math.inf, self._state(), 0
        step = epoch = 0
        while epoch < self.config.epochs and since_best < self.config.patience:
            epoch += 1
            losses = []
            for minibatch in self._minibatches(epoch):
                if should_stop():
                    raise WorkStopped(f"Stopped after {step} of {self.steps} steps.")
                losses.append(self._step(minibatch))
                step += 1
                log("loss/train", losses[-1], step)
                on_step(TrainProgress(step, self.steps, epoch, losses[-1], heldout_loss))
            heldout_loss = self._heldout_loss(should_stop)
            log("loss/heldout", heldout_loss, step)
            since_best += 1
            if heldout_loss < best_loss:
                best_loss, best_train_loss = heldout_loss, sum(losses) / len(losses)
                best_state, since_best = self._state(), 0
        if math.isinf(best_loss):
            raise CannotTrain("The held-out loss was never a number; lower the learning rate.")
        return best_state, TrainMetrics(
            base_loss=base_loss,
            heldout_loss=best_loss,
            train_loss=best_train_loss,
            epochs=epoch,
            steps=step,
            train_lines=len(self.training),
            heldout_lines=len(self.heldout),
        )

    def _minibatches(self, epoch: int) -> Iterator[list[tuple[_Line, int]]]:
        """The training lines in a new order, each with the angle whose turn it is in this epoch."""
        order = list(range(len(self.training)))
        random.Random(f"{self.config.seed} {epoch}").shuffle(order)
        for start in range(0, len(order), self.config.minibatch):
            places = order[start : start + self.config.minibatch]
            yield [(self.training[place], place + epoch) for place in places]

    def _step(self, minibatch: Sequence[tuple[_Line, int]]) -> float:
        """One step of the optimizer; returns the mean loss per token, weighted by line."""
        self.model.train()
        per_line = self._losses([line.pairs[turn % len(line.pairs)] for line, turn in minibatch])
        weights = torch.tensor([line.weight for line, _ in minibatch], device=self.base.device)
        loss = (per_line.mean * weights).sum() / weights.sum()
        self.optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.weights, 1.0)
        self.optimizer.step()
        self.schedule.step()
        return loss.item()

    @torch.no_grad()
    def _heldout_loss(self, should_stop: Callable[[], bool]) -> float:
        """Mean loss per token of the held-out lines, each under the brief's own angle."""
        self.model.eval()
        total = tokens = 0.0
        for start in range(0, len(self.heldout), self.config.minibatch):
            if should_stop():
                raise WorkStopped("Stopped while measuring the held-out loss.")
            losses = self._losses(
                [line.pairs[0] for line in self.heldout[start : start + self.config.minibatch]]
            )
            total += losses.total.sum().item()
            tokens += losses.tokens.sum().item()
        return total / tokens

    def _losses(self, pairs: Sequence[tuple[Prompt, Sequence[int]]]) -> _Losses:
        """The loss of each pair of prompt and target; the prompt itself counts nothing."""
        minibatch = collate(pairs, pad_id=self.base.codec.pad_id)
        ids, mask, labels = (tensor.to(self.base.device) for tensor in minibatch)
        logits = self.model(
            input_ids=ids,
            attention_mask=mask,
            position_ids=(mask.cumsum(-1) - 1).clamp(min=0),
            use_cache=False,
            # Rows end together, so logits before the longest target are of no use.
            logits_to_keep=max(len(target) for _, target in pairs) + 1,
        ).logits.float()
        labels = labels[:, -logits.shape[1] + 1 :]
        losses = torch.nn.functional.cross_entropy(
            logits[:, :-1].transpose(1, 2), labels, ignore_index=_IGNORED, reduction="none"
        )
        return _Losses(losses.sum(-1), (labels != _IGNORED).sum(-1))

    def _state(self) -> dict[str, Tensor]:
        state = get_peft_model_state_dict(self.model, save_embedding_layers=False)
        return {name: tensor.detach().cpu().clone().contiguous() for name, tensor in state.items()}


@contextmanager
def _event_log(log_dir: Path | None) -> Iterator[Callable[[str, float, int], None]]:
    """Takes name, value and step of each figure to TensorBoard, or nowhere without a folder."""
    if log_dir is None:
        yield lambda name, value, step: None
        return
    with SummaryWriter(str(log_dir)) as writer:
        yield writer.add_scalar


def collate(pairs: Sequence[tuple[Prompt, Sequence[int]]], *, pad_id: int) -> tuple[Tensor, Tensor, Tensor]:
    """Ids, attention mask and labels of prompts with their targets, padded on the left: [lines, longest].

    Labels are told by place, never by id: a pad id that equals the end id does not hide the end.
    """
    rows = [((*prompt.prefix, *prompt.suffix), tuple(target)) for prompt, target in pairs]
    longest = max(len(prompt) + len(target) for prompt, target in rows)
    ids, mask, labels = [], [], []
    for prompt, target in rows:
        padding = longest - len(prompt) - len(target)
        ids.append([pad_id] * padding + [*prompt, *target])
        mask.append([0] * padding + [1] * (longest - padding))
        labels.append([_IGNORED] * (longest - len(target)) + list(target))
    return torch.tensor(ids), torch.tensor(mask), torch.tensor(labels)


def _usable(base: BaseModel, examples: Sequence[Example]) -> tuple[list[_Line], list[str]]:
    """The examples as ids, one for each distinct line, and notes on what was left out."""
    lines: dict[tuple[str, tuple[int, ...]], _Line] = {}
    wanted = [example for example in examples if example.weight > 0 and example.text.strip()]
    for example in wanted:
        line = _encoded(base, example)
        # Repeats would teach the model to repeat itself. Pointer codecs see one skeleton here.
        lines.setdefault((example.slot, line.key), line)
    notes = []
    if len(wanted) < len(examples):
        notes.append(f"{len(examples) - len(wanted)} examples without text or weight were left out.")
    if len(lines) < len(wanted):
        notes.append(f"{len(wanted) - len(lines)} repeated lines were left out.")
    if len(lines) < FEWEST_EXAMPLES:
        raise CannotTrain(
            f"Only {len(lines)} different lines can be learnt from; at least {FEWEST_EXAMPLES} are needed. "
            "Import past ads or approve more lines."
        )
    return list(lines.values()), notes


def _encoded(base: BaseModel, example: Example) -> _Line:
    slot = slot_format(example.slot)
    prompts = [
        base.codec.prompt(example.brief, slot, angle) for angle in base.codec.angles(example.brief, slot)
    ]
    pairs = tuple((prompt, tuple(base.codec.target(example.text, prompt))) for prompt in prompts)
    return _Line(example.group, example.weight, pairs)


def _split(lines: Sequence[_Line], config: TrainConfig) -> tuple[list[_Line], list[_Line], list[str]]:
    """Training and held-out lines. Whole groups are held out, so that no ad is on both sides."""
    notes = []
    groups: dict[str, list[_Line]] = {}
    for line in lines:
        groups.setdefault(line.group, []).append(line)
    if len(groups) == 1:
        notes.append("All lines are of one group, so single lines are held out: the held-out loss flatters.")
        groups = {str(number): [line] for number, line in enumerate(lines)}
    order = sorted(groups)
    random.Random(config.seed).shuffle(order)
    wanted = max(1, round(len(lines) * config.heldout_share))
    heldout: list[_Line] = []
    for name in list(order):
        # A group that would hold out more than half of all lines stays with the training lines.
        if len(heldout) < wanted and len(heldout) + len(groups[name]) <= len(lines) // 2:
            heldout += groups[name]
            order.remove(name)
    return [line for name in order for line in groups[name]], heldout, notes


def _write(model: PeftModel, state: Mapping[str, Tensor], base: BaseModel, out_dir: Path) -> None:
    """Weights and configuration, byte for byte the same for the same values."""
    config: dict[str, Any] = model.peft_config["default"].to_dict()
    config |= {
        "inference_mode": True,
        "base_model_name_or_path": base.name,
        # The engine refuses an adapter whose base weights are not its own.
        "revision": base.weights_sha256,
    }
    out_dir.mkdir(parents=True, exist_ok=True)
    save_file(dict(state), out_dir / ADAPTER_WEIGHTS, metadata={"format": "pt"})
    (out_dir / ADAPTER_CONFIG).write_bytes(canonical_config(config))
