"""Base models: the starter copywriter that ships, or any Hugging Face causal LM, loaded by one path.

Only safetensors are read, no remote code is run, and nothing is downloaded (`fetch_models` does that).
"""

from __future__ import annotations

import hashlib
import json
import warnings
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError
from transformers import AutoModelForCausalLM, PreTrainedModel
from transformers.utils.logging import disable_progress_bar

from adgen.errors import ModelUnavailable
from workers import hub
from workers.codec import Codec
from workers.hashes import require_sha256, sha256
from workers.starter.copywriter import WEIGHTS

STARTER = "starter"
MANIFEST = "manifest.json"


@dataclass(frozen=True)
class BaseFiles:
    """A model that was found, and the codec that speaks its language; its weights are not in memory.

    `weights_sha256` identifies the weights: it is stored with every line and every adapter.
    """

    codec: Codec
    name: str
    folder: Path
    weights_sha256: str


@dataclass(frozen=True)
class BaseModel(BaseFiles):
    """A model in evaluation mode. Nobody changes its weights."""

    model: PreTrainedModel
    device: torch.device


def find_base(name: str, *, revision: str = "") -> BaseFiles:
    """The base model `name`: "starter", a folder, or a hub id with the commit that pins it.

    Raises ModelUnavailable where weights are missing, not safetensors, or not what the manifest says.
    """
    folder = _folder(name, revision)
    if name == STARTER:
        verify_manifest(folder)
    weights_sha256 = _weights_sha256(name, folder)
    try:
        return BaseFiles(_codec(name, folder), name, folder, weights_sha256)
    except (OSError, ValueError) as error:
        raise ModelUnavailable(f"The tokenizer of {name!r} in {folder} cannot be loaded: {error}") from error


def load_base(name: str, *, revision: str = "", device: str | torch.device | None = None) -> BaseModel:
    """The base model `name` as `find_base` finds it, in memory.

    `device` None takes the GPU where there is one. Floats are 32 bits on a CPU, bfloat16 on a GPU.
    Raises ModelUnavailable.
    """
    device = torch.device(device or ("cuda" if torch.cuda.is_available() else "cpu"))
    files = find_base(name, revision=revision)
    # stderr belongs to the commands' own progress, and what peft asks of transformers is nobody's business.
    disable_progress_bar()
    warnings.filterwarnings("ignore", message="`is_gradient_checkpointing`", category=FutureWarning)
    dtype = torch.bfloat16 if device.type == "cuda" else torch.float32
    try:
        model: PreTrainedModel = AutoModelForCausalLM.from_pretrained(
            files.folder, dtype=dtype, use_safetensors=True, trust_remote_code=False, local_files_only=True
        )
    except (OSError, ValueError, RuntimeError, SafetensorError) as error:
        raise ModelUnavailable(
            f"The base model {name!r} in {files.folder} cannot be loaded: {error}"
        ) from error
    model.to(device)  # type: ignore[arg-type]  # its decorator hides the first parameter
    return BaseModel(**vars(files), model=model.eval(), device=device)


def verify_manifest(folder: Path) -> None:
    """Check every file that the folder's manifest lists against its SHA-256, before anything is read."""
    manifest = folder / MANIFEST
    if not manifest.is_file():
        raise ModelUnavailable(f"{manifest} is missing; restore the folder from the release.")
    try:
        released = dict(json.loads(manifest.read_text(encoding="utf-8"))["sha256"])
    except (ValueError, KeyError, TypeError) as error:
        raise ModelUnavailable(f"{manifest} is damaged; restore the folder from the release.") from error
    for name, expected in released.items():
        require_sha256(folder / name, expected, "Restore it from the release.")


def _folder(name: str, revision: str) -> Path:
    """The local folder of a model."""
    if name == STARTER:
        return WEIGHTS
    if Path(name).is_dir():
        return Path(name)
    if not hub.is_hub_id(name):
        raise ModelUnavailable(
            f"The base model {name!r} is neither a folder nor a Hugging Face id such as OWNER/MODEL."
        )
    return hub.cached(name, revision)


def _weights_sha256(name: str, folder: Path) -> str:
    """The SHA-256 of the weights file; of the sorted list of names and hashes where they are several."""
    files = sorted(folder.glob("*.safetensors"))
    if not files:
        raise ModelUnavailable(
            f"The base model {name!r} has no .safetensors weights in {folder}. Other formats can run code "
            "when they are read and are refused; convert them to safetensors."
        )
    if len(files) == 1:
        return sha256(files[0])
    listing = "".join(f"{file.name} {sha256(file)}\n" for file in files)
    return hashlib.sha256(listing.encode()).hexdigest()


def _codec(name: str, folder: Path) -> Codec:
    if name == STARTER:
        from workers.starter.copywriter.codec import StarterCodec

        return StarterCodec.load(folder)
    from workers.chat import ChatCodec

    return ChatCodec.load(folder)
