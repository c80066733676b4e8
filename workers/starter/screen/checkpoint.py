"""The starter screen as a checkpoint folder: the base and the shipped difference, merged on first use."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file

from adgen.errors import ModelUnavailable
from workers.hashes import require_sha256, sha256
from workers.screen.sums import write_sums
from workers.starter.screen import base
from workers.starter.screen.difference import State, merge, state_sha256

WEIGHTS_DIR = Path(__file__).with_name("weights")
DIFFERENCE = "difference.safetensors"
MANIFEST = "manifest.json"


def starter_checkpoint(cache_dir: Path, weights_dir: Path = WEIGHTS_DIR) -> tuple[Path, str]:
    """The checkpoint folder in `cache_dir`, made if it is not there, and the hash its weights must have.

    Two processes may build at once: each builds aside, the first to finish wins, and both folders
    would hold the same bytes. Raises ModelUnavailable if the base or the difference is not the pinned one.
    """
    manifest = json.loads((weights_dir / MANIFEST).read_text(encoding="utf-8"))
    pinned: str = manifest["state_sha256"]
    # By the manifest, so that other thresholds make another folder too.
    folder = cache_dir.resolve() / f"starter-{sha256(weights_dir / MANIFEST)[:12]}"
    if not folder.is_dir():
        _build(folder, _merged_state(weights_dir, manifest), manifest)
    return folder, pinned


def _merged_state(weights_dir: Path, manifest: dict[str, Any]) -> State:
    difference = weights_dir / DIFFERENCE
    require_sha256(difference, manifest["difference_sha256"], "Check the file out again.")
    state = merge(base.base_state(), load_file(difference))
    if (found := state_sha256(state)) != manifest["state_sha256"]:
        raise ModelUnavailable(
            f"The starter screen does not merge to the weights that were measured: expected SHA-256 "
            f"{manifest['state_sha256']}, found {found}."
        )
    return state


def _build(folder: Path, state: State, manifest: dict[str, Any]) -> None:
    folder.parent.mkdir(parents=True, exist_ok=True)
    aside = Path(tempfile.mkdtemp(prefix=".building-", dir=folder.parent))
    try:
        _write(aside, folder, state, manifest)
        os.rename(aside, folder)
    except OSError:
        # A folder with files in it is never replaced by a rename: another process was faster.
        if not folder.is_dir():
            raise
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _write(aside: Path, folder: Path, state: State, manifest: dict[str, Any]) -> None:
    labels = manifest["labels"]
    config = base.CONFIG | {
        "id2label": dict(enumerate(labels)),
        "label2id": {label: i for i, label in enumerate(labels)},
    }
    _write_json(aside / "config.json", config)
    _write_json(aside / "tokenizer_config.json", base.TOKENIZER_CONFIG)
    _write_json(aside / "thresholds.json", manifest["thresholds"])
    shutil.copyfile(base.base_file(base.VOCABULARY), aside / base.VOCABULARY)
    arch = {
        # Detoxify resolves `model_type` even where all files are given: only a folder works offline.
        "model_type": str(folder),
        "model_name": "BertForSequenceClassification",
        "tokenizer_name": "BertTokenizer",
        "num_classes": len(labels),
    }
    checkpoint = {
        "config": {"arch": {"args": arch}, "dataset": {"args": {"classes": labels}}},
        "state_dict": state,
    }
    torch.save(checkpoint, aside / "checkpoint.ckpt")
    write_sums(aside)


def _write_json(path: Path, value: Any) -> None:
    path.write_text(json.dumps(value, indent=1) + "\n", encoding="utf-8")
