"""How much memory a row takes, and how many rows a device has room for."""

from __future__ import annotations

import torch
from transformers import PreTrainedConfig

from workers.base import BaseModel

# Of the memory that is free: the rest is for what the model itself needs on the way.
_SHARE = 0.7
# Logits are held as they come out, as 32-bit floats, and as what fits the limit.
_LOGIT_BYTES = 12


# On a GPU more rows are free until arithmetic takes longer than reading the weights: about 300. On a CPU they
# save the overhead of each step, which counts for small models; large ones must look up now and then.
_ROWS, _ROWS_OF_LARGE_MODEL_ON_CPU = 256, 32
_LARGE_MODEL = 50_000_000


def fastest_rows(base: BaseModel) -> int:
    """How many rows at a time are fastest."""
    is_large = base.model.num_parameters() > _LARGE_MODEL
    return _ROWS_OF_LARGE_MODEL_ON_CPU if is_large and base.device.type == "cpu" else _ROWS


def cache_bytes(config: PreTrainedConfig, dtype: torch.dtype) -> int:
    """What keys and values of one token take in the cache, if every layer sees all tokens."""
    text = config.get_text_config(decoder=True)
    heads: int = getattr(text, "num_key_value_heads", None) or text.num_attention_heads
    size: int = getattr(text, "head_dim", None) or text.hidden_size // text.num_attention_heads
    layers: int = text.num_hidden_layers
    return 2 * layers * heads * size * dtype.itemsize


def rows_that_fit(base: BaseModel, *, tokens: int, logits: int) -> int | None:
    """How many rows of so many `tokens`, with logits for so many of them, fit into the GPU's free memory.

    None on a CPU, where rows are few and memory is plenty.
    """
    if base.device.type != "cuda":
        return None
    config, dtype = base.model.config, base.model.dtype
    row = tokens * cache_bytes(config, dtype) + logits * _LOGIT_BYTES * config.get_text_config().vocab_size
    # What torch holds without using it is free as well.
    unused = torch.cuda.memory_reserved(base.device) - torch.cuda.memory_allocated(base.device)
    free = torch.cuda.mem_get_info(base.device)[0] + unused
    return max(1, int(_SHARE * free) // row)
