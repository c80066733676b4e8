"""The forward pass of a screen model: the same scores as Detoxify's, for less work."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from typing import Any

import torch
import transformers
from torch.nn.functional import scaled_dot_product_attention

# Half-precision products are the faster ones where the processor has them, and several times the slower
# where it has not. They move a score by less than 0.001.
_HALF = ("avx512_bf16", "amx_bf16")
# Their heads read the first token of the last layer and no other.
_FIRST_TOKEN = (
    transformers.BertForSequenceClassification,
    transformers.RobertaForSequenceClassification,
    transformers.XLMRobertaForSequenceClassification,
)


class Forward:
    """The logits of `network`, which itself stays as it is."""

    def __init__(self, network: Any) -> None:
        capabilities = torch.cpu.get_capabilities()
        if network.device.type == "cpu" and any(capabilities.get(name) for name in _HALF):
            self._network = deepcopy(network).bfloat16()
        else:  # modules of our own around the same weights
            shared = {id(tensor): tensor for tensor in (*network.parameters(), *network.buffers())}
            self._network = deepcopy(network, shared)
        self._network.eval()
        if isinstance(network, _FIRST_TOKEN):
            layers = self._network.base_model.encoder.layer
            layers[-1] = _FirstTokenLayer(layers[-1])

    def __call__(self, inputs: Mapping[str, torch.Tensor]) -> torch.Tensor:
        """Logits (texts, labels) in float32 for token ids and mask (texts, tokens)."""
        logits: torch.Tensor = self._network(**inputs).logits
        return logits.float()


class _FirstTokenLayer(torch.nn.Module):
    """A last layer of BERT's kind that works out what becomes of the first token alone."""

    def __init__(self, layer: Any) -> None:
        super().__init__()
        self._layer = layer

    def forward(self, hidden: torch.Tensor, attention_mask: torch.Tensor | None, *_: Any, **__: Any) -> Any:
        """States (texts, 1, width) after those of all tokens (texts, tokens, width)."""
        attention = self._layer.attention.self

        def heads(states: torch.Tensor) -> torch.Tensor:
            return states.unflatten(-1, (-1, attention.attention_head_size)).transpose(1, 2)

        first = hidden[:, :1]
        attended = scaled_dot_product_attention(
            heads(attention.query(first)),
            heads(attention.key(hidden)),
            heads(attention.value(hidden)),
            attn_mask=None if attention_mask is None else attention_mask[:, :, :1],
        )
        context = attended.transpose(1, 2).flatten(2)
        return self._layer.feed_forward_chunk(self._layer.attention.output(context, first))
