"""Loading a Detoxify checkpoint that is proven sound first.

`detoxify` unpickles whatever file it is given, answers with random weights where names do not match, and
reads every word as unknown where the tokenizer's files are missing, all without an error. So the folder
is verified by hash, read without running code, and compared with the model before and after.
"""

from __future__ import annotations

import io
import json
import pickle
from pathlib import Path
from typing import Any

import torch
import transformers
from detoxify import Detoxify
from transformers.utils.logging import disable_progress_bar

from adgen.errors import ModelUnavailable
from workers.screen.model import ScreenModel, Threshold
from workers.screen.published import PUBLISHED, verified_folder
from workers.screen.sums import verify_sums
from workers.starter.screen.checkpoint import starter_checkpoint
from workers.starter.screen.difference import state_sha256

CHECKPOINT, CONFIG, TOKENIZER, THRESHOLDS = (
    "checkpoint.ckpt",
    "config.json",
    "tokenizer_config.json",
    "thresholds.json",
)
# Without thresholds of its own, a checkpoint's scores are taken as probabilities.
_DEFAULT = Threshold(flag=0.5, block=0.9)
# Buffers that older transformers versions saved; no weights.
_BUFFERS = ("position_ids",)
_BENIGN = "Fresh coffee, roasted on Monday and delivered to your door."
_TOXIC = "Shut up, you stupid worthless idiot, everybody hates you."


def load_screen_model(spec: str, cache_dir: Path) -> ScreenModel:
    """The screen model named by `spec`: `starter`, a published one, or the path of a checkpoint folder.

    The published ones are Detoxify's `original`, `unbiased` and `multilingual`, which
    `manage.py fetch_models` puts into `cache_dir`. A folder holds checkpoint.ckpt, config.json,
    tokenizer_config.json with the tokenizer's files, SHA256SUMS over all of them and, if its scores
    have their own, thresholds.json.
    The starter is merged into `cache_dir` on first use. Nothing is ever fetched from the network.
    Raises ModelUnavailable, with the file and what would mend it.
    """
    if spec == "starter":
        return load_folder(*starter_checkpoint(cache_dir))
    if spec in PUBLISHED:
        return load_folder(verified_folder(PUBLISHED[spec], cache_dir))
    return load_folder(Path(spec).resolve())


def load_folder(folder: Path, pinned: str | None = None) -> ScreenModel:
    """The model in a checkpoint folder; with `pinned`, its weights must have that hash (state_sha256)."""
    if not folder.is_dir():
        raise ModelUnavailable(f"{folder} is no folder. Give `starter`, {', '.join(PUBLISHED)} or a folder.")
    sums = verify_sums(folder)
    for name in (CHECKPOINT, CONFIG, TOKENIZER):
        if name not in sums:
            raise ModelUnavailable(f"{folder / name} is missing; a screen model cannot be loaded without it.")
    checkpoint = _read(folder / CHECKPOINT)
    state = checkpoint["state_dict"]
    found = state_sha256(state)
    if pinned is not None and found != pinned:
        raise ModelUnavailable(
            f"{folder / CHECKPOINT} holds other weights than the pinned ones: expected SHA-256 {pinned}, "
            f"found {found}. Remove the folder; it is built again on the next start."
        )
    _check_shape(folder, checkpoint)
    # What Detoxify unpickles are bytes written here, never the file itself.
    file = io.BytesIO()
    torch.save(checkpoint, file)
    file.seek(0)
    # stderr belongs to the commands' own progress.
    disable_progress_bar()
    try:
        detoxify = Detoxify(checkpoint=file, huggingface_config_path=str(folder))
    except Exception as error:  # what transformers makes of a folder's files has no common type
        raise ModelUnavailable(f"Detoxify cannot load {folder}: {error}") from error
    _check_weights(folder, detoxify, state)
    _check_tokenizer(folder, detoxify)
    model = ScreenModel(detoxify, _thresholds(folder, detoxify.class_names), found)
    _check_sense(folder, model)
    return model


def _read(path: Path) -> dict[str, Any]:
    """The checkpoint as plain tensors and values, with nothing in it but what Detoxify needs."""
    try:
        loaded = torch.load(path, map_location="cpu", weights_only=True)
        arch = loaded["config"]["arch"]["args"]
        dataset = loaded["config"]["dataset"]["args"]
        state = {name: t for name, t in loaded["state_dict"].items() if not name.endswith(_BUFFERS)}
        args = {key: arch[key] for key in ("num_classes", "model_name", "tokenizer_name")}
        classes = list(dataset["classes"]) + list(dataset.get("identity_classes", ()))
    except (pickle.UnpicklingError, RuntimeError, EOFError, KeyError, TypeError, AttributeError) as error:
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise ModelUnavailable(
            f"{path} is no Detoxify checkpoint that can be read safely: {reason}"
        ) from error
    if args["num_classes"] != len(classes):
        raise ModelUnavailable(f"{path} names {len(classes)} classes but has {args['num_classes']} outputs.")
    # Detoxify resolves `model_type` even where all files are given: only a folder works offline.
    args["model_type"] = str(path.parent)
    return {
        "config": {"arch": {"args": args}, "dataset": {"args": {"classes": dataset["classes"]}}},
        "state_dict": state,
    }


def _check_shape(folder: Path, checkpoint: dict[str, Any]) -> None:
    """Every weight of the model is in the checkpoint, in its shape, and nothing else is."""
    args = checkpoint["config"]["arch"]["args"]
    model_class = _library_class(folder, args["model_name"], transformers.PreTrainedModel)
    _library_class(folder, args["tokenizer_name"], transformers.PreTrainedTokenizerBase)
    try:
        config = model_class.config_class.from_pretrained(str(folder), local_files_only=True)
    except Exception as error:  # transformers checks a configuration with errors of many kinds
        raise ModelUnavailable(f"{folder / CONFIG} is no configuration of a model: {error}") from error
    if config.num_labels != args["num_classes"]:
        raise ModelUnavailable(
            f"{folder / CONFIG} has {config.num_labels} labels, the checkpoint {args['num_classes']} outputs."
        )
    with torch.device("meta"):
        expected = {name: t.shape for name, t in model_class(config).state_dict().items()}
    found = {name: t.shape for name, t in checkpoint["state_dict"].items()}
    for name in sorted(expected.keys() | found.keys()):
        if expected.get(name) != found.get(name):
            raise ModelUnavailable(
                f"{folder / CHECKPOINT} does not fit {args['model_name']} at {name!r}: expected "
                f"{_shape(expected.get(name))}, found {_shape(found.get(name))}."
            )


def _library_class(folder: Path, name: str, kind: type) -> Any:
    """A class of transformers by the name a checkpoint gives, which might name anything in there."""
    found = getattr(transformers, name, None)
    if not (isinstance(found, type) and issubclass(found, kind)):
        raise ModelUnavailable(f"{folder / CHECKPOINT} asks for {name!r}, which is no {kind.__name__}.")
    return found


def _shape(shape: torch.Size | None) -> str:
    return "nothing" if shape is None else f"shape {tuple(shape)}"


def _check_weights(folder: Path, detoxify: Any, state: dict[str, torch.Tensor]) -> None:
    loaded = detoxify.model.state_dict()
    for name, tensor in state.items():
        if not torch.equal(loaded[name].cpu(), tensor):
            raise ModelUnavailable(f"Detoxify did not load {name!r} from {folder / CHECKPOINT}.")


def _check_tokenizer(folder: Path, detoxify: Any) -> None:
    tokenizer = detoxify.tokenizer
    limit = detoxify.model.config.max_position_embeddings
    if not 2 < tokenizer.model_max_length <= limit:
        raise ModelUnavailable(f"{folder / TOKENIZER} must state a model_max_length of at most {limit}.")
    ids = tokenizer(_BENIGN, add_special_tokens=False)["input_ids"]
    if not ids or ids.count(tokenizer.unk_token_id) > len(ids) / 2:
        raise ModelUnavailable(
            f"The tokenizer in {folder} knows no English words; its vocabulary is missing."
        )


def _thresholds(folder: Path, labels: list[str]) -> dict[str, Threshold]:
    path = folder / THRESHOLDS
    if not path.is_file():
        return dict.fromkeys(labels, _DEFAULT)
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
        thresholds = {label: Threshold(**values[label]) for label in labels}
    except (ValueError, KeyError, TypeError) as error:
        raise ModelUnavailable(
            f"{path} must give flag and block for {', '.join(labels)}: {error!r}."
        ) from error
    for label, threshold in thresholds.items():
        if not 0 < threshold.flag <= threshold.block <= 1:
            raise ModelUnavailable(f"{path}: {label} must have 0 < flag <= block <= 1.")
    return thresholds


def _check_sense(folder: Path, model: ScreenModel) -> None:
    """The right weights in the right place tell a plain insult from a plain ad."""
    benign, toxic = (max(reading.scores.values()) for reading in model.read([_BENIGN, _TOXIC]))
    if not toxic > benign + 0.3:
        raise ModelUnavailable(
            f"The model in {folder} cannot tell an insult ({toxic:.2f}) from an ad ({benign:.2f})."
        )
