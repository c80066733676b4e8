"""Rows that go on from prefixes which were run before, and the space for what they add.

transformers' own cache copies all keys and values for every new token. On a CPU that copying takes more
time than the model itself once prompts are long.
"""

from __future__ import annotations

import copy
from abc import ABC, abstractmethod
from typing import Any

import torch
from torch import Tensor
from transformers import DynamicCache
from transformers.cache_utils import DynamicLayer


class RoomyLayer(DynamicLayer):
    """A full-attention layer that writes into space set aside; keys and values are views of it."""

    def __init__(self, keys: Tensor, values: Tensor, room: int) -> None:
        """Begins with a copy of `keys` and `values` [rows, heads, tokens, size]."""
        super().__init__()
        self.lazy_initialization(keys, values)
        self._key_space, self._value_space = _space(keys, room), _space(values, room)
        self._show(keys.shape[-2])

    def update(
        self, key_states: Tensor, value_states: Tensor, *args: Any, **kwargs: Any
    ) -> tuple[Tensor, Tensor]:
        """Add states [rows, heads, tokens, size]; returns all keys and values so far."""
        start = self.get_seq_length()
        end = start + key_states.shape[-2]
        self._key_space[:, :, start:end] = key_states
        self._value_space[:, :, start:end] = value_states
        return self._show(end)

    def batch_select_indices(self, indices: Tensor) -> None:
        """Keep only the rows `indices`."""
        length = self.get_seq_length()
        self._key_space = self._key_space[indices]
        self._value_space = self._value_space[indices]
        self._show(length)

    def _show(self, length: int) -> tuple[Tensor, Tensor]:
        self.keys, self.values = self._key_space[:, :, :length], self._value_space[:, :, :length]
        return self.keys, self.values


class Rows(ABC):
    """The rows of a minibatch, each of which goes on from one of a few prefixes. Padding stays hidden."""

    def __init__(self, model: Any, cache: DynamicCache, before: Tensor) -> None:
        """`before` [rows, prefix tokens] hides the padding of each row's prefix."""
        self._model, self._cache, self._before = model, cache, before
        self._own = before[:, :0]
        self._is_padded = not bool(before.all())

    def logits(self, ids: Tensor, mask: Tensor | None = None, *, places: int = 1) -> Tensor:
        """Run `ids` [rows, tokens] after all before them; the logits of the last `places` of them.

        `mask` hides padding among `ids`. Returns [rows, places, vocabulary].
        """
        if mask is None:
            mask = torch.ones_like(ids)
        elif not bool(mask.all()):
            self._is_padded = True
        self._own = torch.cat([self._own, mask], dim=-1)
        seen = self._before.sum(-1, keepdim=True) + self._own.cumsum(-1)[:, -ids.shape[1] :]
        return self._run(ids, (seen - 1).clamp(min=0), places)

    def keep(self, rows: list[int]) -> None:
        """Go on with the rows `rows` alone."""
        kept = torch.tensor(rows, dtype=torch.long, device=self._own.device)
        self._before, self._own = self._before[kept], self._own[kept]
        self._cache.batch_select_indices(kept)

    @abstractmethod
    def _run(self, ids: Tensor, positions: Tensor, places: int) -> Tensor: ...


class CopyingRows(Rows):
    """Each row has a copy of its prefix's cache. This does for every architecture."""

    def __init__(
        self, model: Any, prefixes: DynamicCache, mask: Tensor, group_of_row: list[int], room: int
    ) -> None:
        """`mask` hides the padding of `prefixes`, which stay as they are. Rows add up to `room` tokens."""
        groups = torch.tensor(group_of_row, device=mask.device)
        cache = copy.copy(prefixes)
        cache.layers = [_copied_layer(layer, groups, room) for layer in prefixes.layers]
        super().__init__(model, cache, mask[groups])

    def _run(self, ids: Tensor, positions: Tensor, places: int) -> Tensor:
        logits: Tensor = self._model(
            ids,
            attention_mask=torch.cat([self._before, self._own], dim=-1) if self._is_padded else None,
            position_ids=positions,
            past_key_values=self._cache,
            use_cache=True,
            logits_to_keep=places,
        ).logits
        return logits


def is_plain(cache: DynamicCache) -> bool:
    """Whether each token sees all tokens before it in every layer, so that a mask can hide any of them."""
    return all(type(layer) is DynamicLayer for layer in cache.layers)


def _copied_layer(layer: Any, rows: Tensor, room: int) -> Any:
    if type(layer) is DynamicLayer and layer.is_initialized:
        assert layer.keys is not None
        assert layer.values is not None
        return RoomyLayer(layer.keys[rows], layer.values[rows], room)
    # Sliding windows and recurrent states have a layout of their own, and are small.
    layer = copy.deepcopy(layer)
    layer.batch_select_indices(rows)
    return layer


def _space(states: Tensor, room: int) -> Tensor:
    """Space [rows, heads, tokens + room, size] that begins with `states`."""
    rows, heads, tokens, size = states.shape
    space = torch.empty(rows, heads, tokens + room, size, dtype=states.dtype, device=states.device)
    space[:, :, :tokens] = states
    return space
