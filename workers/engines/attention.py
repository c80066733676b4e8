"""Attention to prefixes that many rows share: their keys and values are read once, not once a row.

The scores of all rows of a prefix are one matrix product. What each row has added itself is small. Only for
architectures whose attention is the usual one; for others `workers.engines.cache.CopyingRows` does.
"""

from __future__ import annotations

import copy
from typing import Any

import torch
from torch import Tensor, nn
from transformers import AttentionInterface, DynamicCache, PreTrainedConfig

from workers.engines.cache import RoomyLayer, Rows, is_plain

_NAME = "shared_prefix"
_USUAL = {"llama", "mistral", "qwen2", "qwen3", "smollm3"}


def can_share(config: PreTrainedConfig) -> bool:
    """Whether rows of this architecture can read prefixes where they lie."""
    return config.model_type in _USUAL and is_plain(DynamicCache(config=config))


class SharingRows(Rows):
    """Rows that read the keys and values of their prefixes where these lie, and own only what they add."""

    def __init__(
        self, model: Any, prefixes: DynamicCache, mask: Tensor, group_of_row: list[int], room: int
    ) -> None:
        """`mask` hides the padding of `prefixes`, which stay as they are. Rows add up to `room` tokens."""
        groups = torch.tensor(group_of_row, device=mask.device)
        self._prefixes: list[Any] = list(prefixes.layers)
        cache = copy.copy(prefixes)
        cache.layers = [
            RoomyLayer(layer.keys[groups, :, :0], layer.values[groups, :, :0], room)
            for layer in self._prefixes
        ]
        super().__init__(model, cache, mask[groups])
        self._group_of_row = group_of_row
        self._arrange()

    def keep(self, rows: list[int]) -> None:
        super().keep(rows)
        self._group_of_row = [self._group_of_row[row] for row in rows]
        self._arrange()

    def _arrange(self) -> None:
        """Find the rows of each prefix [prefixes, most rows], padded with any, and each row's place there."""
        members: list[list[int]] = [[] for _ in range(len(self._prefixes[0].keys))]
        for row, group in enumerate(self._group_of_row):
            members[group].append(row)
        most = max(map(len, members), default=0)
        places = {row: group * most + at for group, rows in enumerate(members) for at, row in enumerate(rows)}
        device = self._own.device
        self._members = torch.tensor([rows + [0] * (most - len(rows)) for rows in members], device=device)
        self._places = torch.tensor([places[row] for row in range(len(places))], device=device)

    def _run(self, ids: Tensor, positions: Tensor, places: int) -> Tensor:
        config = self._model.config
        usual = config._attn_implementation
        config._attn_implementation = _NAME
        try:
            logits: Tensor = self._model(
                ids,
                position_ids=positions,
                past_key_values=self._cache,
                use_cache=True,
                logits_to_keep=places,
                rows=self,
            ).logits
        finally:
            config._attn_implementation = usual
        return logits

    def attended(self, layer: int, query: Tensor, keys: Tensor, values: Tensor, scaling: float) -> Tensor:
        """What `query` [rows, heads, tokens, size] finds in its prefix and among the row's own `keys`.

        These and `values` are [rows, key heads, own tokens, size]. Returns what `query` is in shape.
        """
        prefix = self._prefixes[layer]
        tokens = query.shape[2]
        # Heads that share keys, and all their tokens, are so many queries to the same keys.
        asked = query.reshape(len(query), keys.shape[1], -1, query.shape[3]) * scaling
        before = self._by_row(self._by_prefix(asked) @ prefix.keys.transpose(-1, -2))
        own = asked @ keys.transpose(-1, -2)
        if self._is_padded:
            before = _hidden(before, self._before[:, None, None].bool())
        if self._is_padded or tokens > 1:
            own = _hidden(own, self._visible(tokens, asked.shape[2] // tokens))
        weights = torch.cat([before, own], dim=-1).softmax(-1, dtype=torch.float32).to(query.dtype)
        shared, single = weights.split([before.shape[-1], own.shape[-1]], dim=-1)
        found = self._by_row(self._by_prefix(shared) @ prefix.values) + single @ values
        return found.reshape(query.shape)

    def _visible(self, tokens: int, heads: int) -> Tensor:
        """Which own tokens the newest `tokens` of each row may see: bool [rows, 1, heads * tokens, own]."""
        length = self._own.shape[1]
        causal = torch.ones(tokens, length, dtype=torch.bool, device=self._own.device).tril(length - tokens)
        visible = causal & self._own[:, None].bool()
        return visible.repeat(1, heads, 1)[:, None]

    def _by_prefix(self, states: Tensor) -> Tensor:
        """States [rows, heads, queries, size] as [prefixes, heads, rows * queries, size]."""
        rows = states[self._members] if len(self._members) > 1 else states[None]
        return rows.transpose(1, 2).flatten(2, 3)

    def _by_row(self, states: Tensor) -> Tensor:
        """The reverse of `_by_prefix`."""
        rows = states.unflatten(2, (self._members.shape[1], -1)).transpose(1, 2).flatten(0, 1)
        return rows[self._places] if len(self._members) > 1 else rows


def _hidden(scores: Tensor, visible: Tensor) -> Tensor:
    # No infinity: a token of padding may see nothing at all, and must not come to be no number.
    return scores.masked_fill(~visible, torch.finfo(scores.dtype).min)


def _attention(
    module: nn.Module,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attention_mask: Tensor | None,
    *,
    scaling: float,
    rows: SharingRows,
    **kwargs: object,
) -> tuple[Tensor, None]:
    """transformers' interface of attention; the mask is the rows' own business."""
    layer: Any = module.layer_idx
    return rows.attended(layer, query, key, value, scaling).transpose(1, 2), None


AttentionInterface.register(_NAME, _attention)
