"""A key-value cache with room: a few prefixes spread over many rows, and space for what those will add.

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

    def __init__(self, prefixes: DynamicLayer, rows: Tensor, room: int) -> None:
        """Each of `rows` goes on from that row of `prefixes`, which is not changed."""
        super().__init__()
        assert prefixes.keys is not None
        assert prefixes.values is not None
        self.lazy_initialization(prefixes.keys, prefixes.values)
        self._key_space = _space(prefixes.keys, rows, room)
        self._value_space = _space(prefixes.values, rows, room)
        self._show(prefixes.get_seq_length())

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


def spread(prefixes: DynamicCache, rows: Tensor, room: int) -> DynamicCache:
    """A cache whose rows go on from the rows `rows` of `prefixes`, with room for `room` more tokens.

    `prefixes` stays as it is.
    """
    cache = copy.copy(prefixes)
    cache.layers = [_spread_layer(layer, rows, room) for layer in prefixes.layers]
    return cache


def is_plain(cache: DynamicCache) -> bool:
    """Whether each token sees all tokens before it in every layer, so that a mask can hide any of them."""
    return all(type(layer) is DynamicLayer for layer in cache.layers)


def _spread_layer(layer: Any, rows: Tensor, room: int) -> Any:
    if type(layer) is DynamicLayer and layer.is_initialized:
        return RoomyLayer(layer, rows, room)
    # Sliding windows and recurrent states have a layout of their own, and are small.
    layer = copy.deepcopy(layer)
    layer.batch_select_indices(rows)
    return layer


def _space(states: Tensor, rows: Tensor, room: int) -> Tensor:
    """Space [rows, heads, tokens + room, size] that begins with the states of each row's prefix."""
    prefixes, heads, tokens, size = states.shape
    space = torch.empty(len(rows), heads, tokens + room, size, dtype=states.dtype, device=states.device)
    space[:, :, :tokens] = states if prefixes == 1 else states[rows]
    return space
