"""Sentence embeddings: how near two texts are in meaning, by the packaged all-MiniLM-L6-v2."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import torch
from tokenizers import BertWordPieceTokenizer, Tokenizer
from torch import Tensor
from transformers import BertConfig, BertModel

from workers.starter.screen.base import CONFIG, VOCABULARY, base_file, base_state

SIZE: int = CONFIG["hidden_size"]
_LONGEST = 128
_MINIBATCH = 64


@torch.inference_mode()
def embed(texts: Sequence[str]) -> Tensor:
    """Unit vectors, float32 [texts, SIZE]: mean of the token vectors, of at most 128 tokens a text.

    The product of two is their cosine. Raises ModelUnavailable where the weights are not those pinned.
    """
    vectors = torch.empty(len(texts), SIZE)
    order = sorted(range(len(texts)), key=lambda index: len(texts[index]))
    for start in range(0, len(order), _MINIBATCH):
        part = order[start : start + _MINIBATCH]
        encoded = _tokenizer().encode_batch([texts[index] for index in part])
        ids = torch.tensor([one.ids for one in encoded])
        mask = torch.tensor([one.attention_mask for one in encoded])
        states = _model()(input_ids=ids, attention_mask=mask).last_hidden_state * mask[..., None]
        vectors[part] = torch.nn.functional.normalize(states.sum(1), dim=-1)
    return vectors


@cache
def _tokenizer() -> Tokenizer:
    tokenizer = BertWordPieceTokenizer(str(base_file(VOCABULARY)), lowercase=True)
    tokenizer.enable_truncation(_LONGEST)
    tokenizer.enable_padding()
    return tokenizer._tokenizer


@cache
def _model() -> BertModel:
    model = BertModel(BertConfig(**CONFIG), add_pooling_layer=False)
    state = {name.removeprefix("bert."): tensor for name, tensor in base_state().items()}
    model.load_state_dict({name: state[name] for name in model.state_dict()})
    return model.eval()
