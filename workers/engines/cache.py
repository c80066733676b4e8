"""A key-value cache with room: one prefix repeated for many rows, and space for what they will add.

transformers' own cache copies all keys and values for every new token. On a CPU that copying takes more
time than the model itself once prompts are long.
"""

from __future__ import annotations

import copy
from typing import Any

import torch
from torch import Tensor
from transformers import DynamicCache
from transformers.cache_utils import DynamicLayer


class RoomyLayer(DynamicLayer):
    """A full-attention layer that writes into space set aside; keys and values are views of it."""

    def __init__(self, prefix: DynamicLayer, rows: int, room: int) -> None:
        """`prefix` is a layer of one row; it is not changed."""
        super().__init__()
        assert prefix.keys is not None
        assert prefix.values is not None
        self.lazy_initialization(prefix.keys, prefix.values)
        self._key_space = _space(prefix.keys, rows, room)
        self._value_space = _space(prefix.values, rows, room)
        self._show(prefix.get_seq_length())

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


def repeated(prefix: DynamicCache, rows: int, room: int) -> DynamicCache:
    """The cache of one row for `rows` rows, with room for `room` more tokens; `prefix` stays as it is."""
    cache = copy.copy(prefix)
    cache.layers = [_repeated_layer(layer, rows, room) for layer in prefix.layers]
    return cache


def _repeated_layer(layer: Any, rows: int, room: int) -> Any:
    if type(layer) is DynamicLayer and layer.is_initialized:
        return RoomyLayer(layer, rows, room)
    # Sliding windows and recurrent states have a layout of their own, and are small.
    layer = copy.deepcopy(layer)
    layer.batch_repeat_interleave(rows)
    return layer


def _space(states: Tensor, rows: int, room: int) -> Tensor:
    """Space [rows, heads, tokens + room, size] that begins with the states of the one row there is."""
    _, heads, tokens, size = states.shape
    space = torch.empty(rows, heads, tokens + room, size, dtype=states.dtype, device=states.device)
    space[:, :, :tokens] = states
    return space
