"""LoRA adapters over a base model: one merged into a copy, or several beside it, each for rows of its own."""

from __future__ import annotations

import copy
import math
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn
from transformers import PreTrainedModel

from adgen.errors import ModelUnavailable, OutOfMemory
from workers.adapters import ADAPTER_WEIGHTS, read_config
from workers.base import BaseFiles, BaseModel

_PREFIX = "base_model.model."
_DOWN, _UP = ".lora_A.weight", ".lora_B.weight"
# What makes an adapter more than plain LoRA on whole layers, and the values of those that do not.
_PLAIN: dict[str, tuple[Any, ...]] = {
    "peft_type": ("LORA",),
    "use_dora": (False, None),
    "bias": ("none", None),
    "lora_bias": (False, None),
    "modules_to_save": (None, []),
    "layers_to_transform": (None, []),
    "exclude_modules": (None, []),
    "rank_pattern": (None, {}),
    "alpha_pattern": (None, {}),
    "fan_in_fan_out": (False, None),
}


@dataclass(frozen=True)
class _Factors:
    """What an adapter adds to one linear layer: x @ down.T @ up."""

    down: Tensor  # [ranks, in]
    up: Tensor  # [ranks, out], scaled

    def on(self, base: BaseModel) -> _Factors:
        return _Factors(*(factor.to(base.device, base.model.dtype) for factor in (self.down, self.up)))


def merged(base: BaseModel, folder: Path) -> PreTrainedModel:
    """A copy of the base model with the adapter's weights added in.

    Raises ModelUnavailable where the adapter is damaged, no plain LoRA or was made for other base weights,
    OutOfMemory where the device has no room for the copy.
    """
    adapter = _read(base, folder)
    try:
        model = copy.deepcopy(base.model)
        for name, factors in adapter.items():
            layer: Any = model.get_submodule(name)
            added = (factors.up.T @ factors.down).to(layer.weight.device)
            weight = (layer.weight.float() + added).to(layer.weight.dtype)
            # A weight of its own: the old one may be shared with the embeddings.
            layer.weight = nn.Parameter(weight, requires_grad=False)
    except RuntimeError as error:
        if not is_out_of_memory(error):
            raise
        raise OutOfMemory(
            f"The memory of {base.device} holds {base.name!r}, but not a second copy for the adapter. "
            "Use a smaller base model or a larger device."
        ) from error
    return model


class RowAdapters:
    """Adapters beside the base model's weights, which stay as they are; each row runs with its own or none.

    The factors of all adapters are one wide pair of factors, and a row is given zeros where the ranks are
    another adapter's. So the cost hardly grows with their number, and no row sees another's weights.
    """

    def __init__(self, base: BaseModel, folders: Sequence[Path]) -> None:
        """Raises ModelUnavailable where an adapter is damaged, no plain LoRA, or made for other weights."""
        self.folders = tuple(folders)
        adapters = [_read(base, folder) for folder in folders]
        ranks = [max(len(factors.down) for factors in adapter.values()) for adapter in adapters]
        self._device = base.device
        self._owners = torch.tensor(
            [number for number, rank in enumerate(ranks) for _ in range(rank)], device=base.device
        )
        self._factors = {
            name: _side_by_side([adapter.get(name) for adapter in adapters], ranks).on(base)
            for name in sorted(set().union(*adapters))
        }
        self._foreign: Tensor | None = None

    @contextmanager
    def beside(self, model: PreTrainedModel) -> Iterator[None]:
        """Run `model` with these adapters for the time of the block."""
        with ExitStack() as stack:
            for name, factors in self._factors.items():
                layer = model.get_submodule(name)
                stack.callback(layer.register_forward_hook(self._hook(factors)).remove)
            try:
                yield
            finally:
                self._foreign = None

    def assign(self, folders: Sequence[Path | None]) -> None:
        """Say whose the rows of the next runs are."""
        numbers = [-1 if folder is None else self.folders.index(folder) for folder in folders]
        # [rows, 1, ranks]: the ranks that a row may not use.
        self._foreign = torch.tensor(numbers, device=self._device)[:, None, None] != self._owners

    def keep(self, rows: Tensor) -> None:
        """Go on with the rows `rows` alone."""
        assert self._foreign is not None
        self._foreign = self._foreign[rows]

    def _hook(self, factors: _Factors) -> Any:
        def add(layer: nn.Module, given: tuple[Tensor, ...], output: Tensor) -> Tensor:
            assert self._foreign is not None, "rows were run before they were assigned"
            return output + (given[0] @ factors.down.T).masked_fill(self._foreign, 0.0) @ factors.up

        return add


def is_out_of_memory(error: RuntimeError) -> bool:
    """Whether the device, or the machine itself, had no memory left for a tensor."""
    return isinstance(error, torch.OutOfMemoryError) or "can't allocate memory" in str(error)


def usable_config(base: BaseFiles, folder: Path) -> dict[str, Any]:
    """The configuration of an adapter. Raises ModelUnavailable unless it is plain LoRA for these weights."""
    config = read_config(folder)
    if (made_for := config.get("revision")) != base.weights_sha256:
        raise ModelUnavailable(
            f"The adapter in {folder} was trained on base weights {made_for}, but {base.name!r} has "
            f"{base.weights_sha256}. Train the brand again on this base model."
        )
    for name, plain in _PLAIN.items():
        if config.get(name, plain[0]) not in plain:
            raise ModelUnavailable(
                f"The adapter in {folder} has {name}={config[name]!r}; only plain LoRA can be used."
            )
    if not (folder / ADAPTER_WEIGHTS).is_file():
        raise ModelUnavailable(f"The adapter in {folder} has no {ADAPTER_WEIGHTS}; fetch it again.")
    return config


def _side_by_side(adapters: Sequence[_Factors | None], ranks: Sequence[int]) -> _Factors:
    """The factors of one layer in one pair; zeros for adapters that leave the layer alone."""
    known = next(factors for factors in adapters if factors is not None)
    down, up = (torch.zeros(sum(ranks), factor.shape[1]) for factor in (known.down, known.up))
    for number, factors in enumerate(adapters):
        if factors is not None:
            first = sum(ranks[:number])
            own = slice(first, first + len(factors.down))
            down[own], up[own] = factors.down, factors.up
    return _Factors(down, up)


def _read(base: BaseModel, folder: Path) -> dict[str, _Factors]:
    """The factors of each layer that a plain LoRA adapter changes, in 32-bit floats, by the layer's name."""
    config = usable_config(base, folder)
    try:
        weights = load_file(folder / ADAPTER_WEIGHTS)
        found = {name: _factors(base.model, name, weights, config) for name in _targets(base.model, config)}
        if weights or not found:
            raise ValueError(f"it changes {', '.join(sorted(weights)) or 'no layer'}")
    except (OSError, KeyError, ValueError, TypeError, SafetensorError) as error:
        raise ModelUnavailable(f"The adapter in {folder} does not fit {base.name!r}: {error}") from error
    return found


def _targets(model: PreTrainedModel, config: dict[str, Any]) -> list[str]:
    """The linear layers that an adapter says it changes."""
    ends = tuple(f".{name}" for name in config["target_modules"])
    return [
        name
        for name, layer in model.named_modules()
        if isinstance(layer, nn.Linear) and f".{name}".endswith(ends)
    ]


def _factors(
    model: PreTrainedModel, name: str, weights: dict[str, Tensor], config: dict[str, Any]
) -> _Factors:
    """Take the factors of one layer out of `weights`."""
    down, up = (weights.pop(f"{_PREFIX}{name}{which}").float() for which in (_DOWN, _UP))
    layer: Any = model.get_submodule(name)
    rank = len(down)
    if up.shape[1] != rank or (up.shape[0], down.shape[1]) != tuple(layer.weight.shape):
        raise ValueError(f"the weights for {name} have another shape")
    # Zero times infinity is no zero: in a shared minibatch such weights would reach the rows of others.
    if not (down.isfinite().all() and up.isfinite().all()):
        raise ValueError(f"the weights for {name} are no numbers")
    scale = config["lora_alpha"] / (math.sqrt(rank) if config.get("use_rslora") else rank)
    return _Factors(down, up.T * scale)
