"""Base models: one path for every model, safetensors only, and a hash that means something."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path

import pytest
import torch

from adgen.errors import ModelUnavailable
from workers.base import BaseModel, find_base, load_base, verify_manifest


def test_a_folder_is_loaded_with_the_hash_of_its_weights(tiny_folder: Path, tiny_base: BaseModel) -> None:
    weights = (tiny_folder / "model.safetensors").read_bytes()
    assert tiny_base.weights_sha256 == hashlib.sha256(weights).hexdigest()
    assert tiny_base.model.dtype == torch.float32
    assert not tiny_base.model.training


def test_the_hash_of_several_files_covers_each_of_them(tiny_folder: Path, tmp_path: Path) -> None:
    folder = tmp_path / "sharded"
    base = load_base(str(tiny_folder), device="cpu")
    base.model.save_pretrained(folder, max_shard_size="20KB")
    base.codec.tokenizer.save_pretrained(folder)  # type: ignore[attr-defined]
    shards = sorted(folder.glob("*.safetensors"))
    assert len(shards) > 1
    first = load_base(str(folder), device="cpu").weights_sha256
    data = bytearray(shards[-1].read_bytes())
    data[-1] ^= 1
    shards[-1].write_bytes(data)
    assert load_base(str(folder), device="cpu").weights_sha256 != first


def test_weights_in_a_pickle_are_refused_unread(tiny_folder: Path, tmp_path: Path) -> None:
    folder = tmp_path / "pickle"
    shutil.copytree(tiny_folder, folder)
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    with pytest.raises(ModelUnavailable, match=r"no \.safetensors weights"):
        load_base(str(folder), device="cpu")


def test_damaged_weights_are_refused(tiny_folder: Path, tmp_path: Path) -> None:
    folder = tmp_path / "damaged"
    shutil.copytree(tiny_folder, folder)
    weights = folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:100])
    with pytest.raises(ModelUnavailable, match="cannot be loaded"):
        load_base(str(folder), device="cpu")


@pytest.mark.parametrize("name", ["/no/such/folder", "nothing-here", "a/b/c", "nobody/no thing"])
def test_what_is_neither_a_folder_nor_an_id_is_refused(name: str) -> None:
    with pytest.raises(ModelUnavailable, match="neither a folder nor a Hugging Face id"):
        load_base(name, device="cpu")


def test_a_base_can_be_found_without_its_weights_in_memory(tiny_folder: Path, tiny_base: BaseModel) -> None:
    found = find_base(str(tiny_folder))
    assert (found.name, found.folder) == (str(tiny_folder), tiny_folder)
    assert found.weights_sha256 == tiny_base.weights_sha256
    assert not hasattr(found, "model")


def test_the_manifest_names_the_changed_file_and_both_hashes(tmp_path: Path) -> None:
    (tmp_path / "weights").write_bytes(b"released")
    released = hashlib.sha256(b"released").hexdigest()
    (tmp_path / "manifest.json").write_text(json.dumps({"sha256": {"weights": released}}))
    verify_manifest(tmp_path)
    (tmp_path / "weights").write_bytes(b"tampered")
    with pytest.raises(ModelUnavailable) as refusal:
        verify_manifest(tmp_path)
    for part in ("weights", released, hashlib.sha256(b"tampered").hexdigest()):
        assert part in str(refusal.value)


def test_a_listed_file_that_is_missing_is_named(tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text(json.dumps({"sha256": {"weights": "0" * 64}}))
    with pytest.raises(ModelUnavailable, match=r"weights is missing"):
        verify_manifest(tmp_path)


@pytest.mark.parametrize("content", [b"", b"{", b"\xff", b"[]", b"{}", b'{"sha256": 1}'])
def test_a_damaged_manifest_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "manifest.json").write_bytes(content)
    with pytest.raises(ModelUnavailable, match=r"manifest\.json is damaged"):
        verify_manifest(tmp_path)


def test_a_folder_without_a_manifest_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelUnavailable, match=r"manifest\.json is missing"):
        verify_manifest(tmp_path)
