"""The network of the starter screen, outside Detoxify: for training it and for reading its logits."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from transformers import BertConfig, BertForSequenceClassification, BertTokenizer

from workers.starter.screen import base
from workers.starter.screen.corpus import LABELS, Row
from workers.starter.screen.difference import State, merge

MAX_TOKENS = 96
_MINIBATCH = 32


def network(state: State, *, strict: bool) -> BertForSequenceClassification:
    """The classifier with `state` loaded; unless strict, its head may be missing and starts at random."""
    model = BertForSequenceClassification(BertConfig.from_dict({**base.CONFIG, "num_labels": len(LABELS)}))
    missing, unexpected = model.load_state_dict(state, strict=strict)
    assert not unexpected
    assert all(name.startswith("classifier.") for name in missing), missing
    return model


def merged(difference: State) -> BertForSequenceClassification:
    """The base with `difference`, ready to read."""
    return network(merge(base.base_state(), difference), strict=True).eval()


def tokenizer() -> Any:
    return BertTokenizer(str(base.base_file(base.VOCABULARY)), **base.TOKENIZER_CONFIG)


def encode(tokens: Any, rows: Sequence[Row]) -> Any:
    texts = [row.text for row in rows]
    return tokens(texts, padding=True, truncation=True, max_length=MAX_TOKENS, return_tensors="pt")


def targets_of(rows: Sequence[Row]) -> torch.Tensor:
    """Targets (texts, labels); NaN where a label was not given."""
    return torch.tensor([[float("nan") if t is None else t for t in row.targets] for row in rows])


@torch.inference_mode()
def logits(model: BertForSequenceClassification, tokens: Any, rows: list[Row]) -> torch.Tensor:
    """Logits (texts, labels), in the order of `rows`."""
    order = sorted(range(len(rows)), key=lambda i: len(rows[i].text))
    result = torch.empty(len(rows), len(LABELS))
    for at in range(0, len(order), _MINIBATCH):
        part = order[at : at + _MINIBATCH]
        result[part] = model(**encode(tokens, [rows[i] for i in part])).logits
    return result
