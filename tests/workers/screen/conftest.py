"""The starter screen, loaded once, and a tiny checkpoint that each test may spoil."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from detoxify import Detoxify
from transformers import BertConfig, BertForSequenceClassification

from workers.screen.loader import load_folder
from workers.screen.model import ScreenModel, Threshold
from workers.screen.screener import Screener
from workers.screen.sums import write_sums
from workers.starter.screen import base
from workers.starter.screen.checkpoint import starter_checkpoint

Change = Callable[[dict[str, Any]], None]


@pytest.fixture(scope="session")
def starter(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The starter's checkpoint folder and the hash that its weights must have."""
    return starter_checkpoint(tmp_path_factory.mktemp("screen"))


@pytest.fixture(scope="session")
def model(starter: tuple[Path, str]) -> ScreenModel:
    return load_folder(*starter)


@pytest.fixture(scope="session")
def screener(model: ScreenModel) -> Screener:
    return Screener(model)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A sound Detoxify checkpoint folder with two random layers: right in all but what it has learnt."""
    torch.manual_seed(0)
    small = {"hidden_size": 16, "intermediate_size": 16, "num_attention_heads": 2, "num_hidden_layers": 2}
    labels = {"id2label": {0: "toxicity", 1: "insult"}, "label2id": {"toxicity": 0, "insult": 1}}
    config = base.CONFIG | small | labels
    model = BertForSequenceClassification(BertConfig.from_dict(config))
    arch = {
        "model_type": "bert-base-uncased",
        "model_name": "BertForSequenceClassification",
        "tokenizer_name": "BertTokenizer",
        "num_classes": 2,
    }
    folder = tmp_path / "checkpoint"
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "tokenizer_config.json").write_text(json.dumps(base.TOKENIZER_CONFIG))
    (folder / "vocab.txt").write_bytes(base.base_file(base.VOCABULARY).read_bytes())
    checkpoint = {
        "config": {"arch": {"args": arch}, "dataset": {"args": {"classes": ["toxicity", "insult"]}}},
        "state_dict": model.state_dict(),
    }
    torch.save(checkpoint, folder / "checkpoint.ckpt")
    write_sums(folder)
    return folder


@pytest.fixture
def tiny(folder: Path) -> ScreenModel:
    """The checkpoint in `folder`, which has learnt nothing, past the checks that would refuse it."""
    path = folder / "checkpoint.ckpt"
    checkpoint = torch.load(path, weights_only=True)
    checkpoint["config"]["arch"]["args"]["model_type"] = str(folder)
    torch.save(checkpoint, path)
    detoxify = Detoxify(checkpoint=str(path), huggingface_config_path=str(folder))
    return ScreenModel(detoxify, dict.fromkeys(detoxify.class_names, Threshold(0.5, 0.9)), "")


@pytest.fixture
def change(folder: Path) -> Callable[[Change], None]:
    """Changes the checkpoint in `folder` as its owner would: the list of hashes is made anew."""

    def apply(edit: Change) -> None:
        path = folder / "checkpoint.ckpt"
        checkpoint = torch.load(path, weights_only=True)
        edit(checkpoint)
        torch.save(checkpoint, path)
        write_sums(folder)

    return apply
