"""The adapter store: named by content, complete or absent, and never trusted unread."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage

from adgen.errors import ModelUnavailable
from workers.adapters import adapter_digest, fetch_adapter, store_adapter

WEIGHTS, CONFIG = "adapter_model.safetensors", "adapter_config.json"


@pytest.fixture
def storage(tmp_path: Path) -> FileSystemStorage:
    return FileSystemStorage(tmp_path / "storage")


@pytest.fixture
def adapter(tmp_path: Path) -> Path:
    return make_adapter(tmp_path / "trained", b"weights")


def make_adapter(folder: Path, weights: bytes, modules: tuple[str, ...] = ("q_proj", "down_proj")) -> Path:
    folder.mkdir()
    (folder / WEIGHTS).write_bytes(weights)
    (folder / CONFIG).write_text(json.dumps({"r": 8, "target_modules": modules}))
    return folder


def test_what_is_stored_comes_back(storage: FileSystemStorage, adapter: Path, tmp_path: Path) -> None:
    digest = store_adapter(storage, adapter)
    folder = fetch_adapter(storage, digest, tmp_path / "cache")
    assert (folder / WEIGHTS).read_bytes() == b"weights"
    assert adapter_digest(folder) == digest
    assert storage.exists(f"adapters/{digest}/{WEIGHTS}")


def test_the_digest_is_that_of_the_content(adapter: Path, tmp_path: Path) -> None:
    same = make_adapter(tmp_path / "same", b"weights", modules=("down_proj", "q_proj"))
    other = make_adapter(tmp_path / "other", b"other weights")
    assert adapter_digest(same) == adapter_digest(adapter) != adapter_digest(other)


def test_storing_twice_changes_nothing(storage: FileSystemStorage, adapter: Path) -> None:
    digest = store_adapter(storage, adapter)
    before = sorted(storage.listdir(f"adapters/{digest}")[1])
    assert store_adapter(storage, adapter) == digest
    assert sorted(storage.listdir(f"adapters/{digest}")[1]) == before == [CONFIG, WEIGHTS, "manifest.json"]


def test_two_writers_at_once_leave_one_good_adapter(
    storage: FileSystemStorage, adapter: Path, tmp_path: Path
) -> None:
    with ThreadPoolExecutor(8) as pool:
        digests = set(pool.map(lambda _: store_adapter(storage, adapter), range(16)))
    (digest,) = digests
    assert fetch_adapter(storage, digest, tmp_path / "cache").name == digest


@pytest.mark.parametrize("left_behind", [{WEIGHTS: b"wei"}, {"manifest.json": b'{"adapter'}])
def test_what_a_killed_writer_left_is_no_adapter_and_no_hindrance(
    storage: FileSystemStorage, adapter: Path, tmp_path: Path, left_behind: dict[str, bytes]
) -> None:
    digest = adapter_digest(adapter)
    for name, data in left_behind.items():
        storage.save(f"adapters/{digest}/{name}", ContentFile(data))
    with pytest.raises(ModelUnavailable, match="never stored completely"):
        fetch_adapter(storage, digest, tmp_path / "cache")
    assert store_adapter(storage, adapter) == digest
    assert adapter_digest(fetch_adapter(storage, digest, tmp_path / "cache")) == digest


def flip_weights(folder: Path) -> None:
    data = bytearray((folder / WEIGHTS).read_bytes())
    data[0] ^= 1
    (folder / WEIGHTS).write_bytes(data)


def change_config(folder: Path) -> None:
    (folder / CONFIG).write_text(json.dumps({"r": 9}))


def drop_weights(folder: Path) -> None:
    (folder / WEIGHTS).unlink()


def pickle_weights(folder: Path) -> None:
    (folder / WEIGHTS).rename(folder / "adapter_model.bin")
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest[WEIGHTS] = manifest[WEIGHTS].replace(WEIGHTS, "adapter_model.bin")
    (folder / "manifest.json").write_text(json.dumps(manifest))


def point_elsewhere(folder: Path) -> None:
    manifest = {WEIGHTS: "../../secret.safetensors", CONFIG: "../../secret.json"}
    (folder / "manifest.json").write_text(json.dumps(manifest))


@pytest.mark.parametrize(
    "tamper", [flip_weights, change_config, drop_weights, pickle_weights, point_elsewhere]
)
def test_a_tampered_store_is_refused_with_the_expected_hash(
    storage: FileSystemStorage, adapter: Path, tmp_path: Path, tamper: Callable[[Path], None]
) -> None:
    digest = store_adapter(storage, adapter)
    tamper(Path(storage.path(f"adapters/{digest}")))
    with pytest.raises(ModelUnavailable, match=digest):
        fetch_adapter(storage, digest, tmp_path / "cache")
    assert list((tmp_path / "cache").iterdir()) == []


@pytest.mark.parametrize("tamper", [flip_weights, change_config, drop_weights])
def test_a_tampered_cache_is_replaced_from_the_store(
    storage: FileSystemStorage, adapter: Path, tmp_path: Path, tamper: Callable[[Path], None]
) -> None:
    digest = store_adapter(storage, adapter)
    tamper(fetch_adapter(storage, digest, tmp_path / "cache"))
    assert adapter_digest(fetch_adapter(storage, digest, tmp_path / "cache")) == digest


def test_the_cache_serves_when_the_store_is_away(
    storage: FileSystemStorage, adapter: Path, tmp_path: Path
) -> None:
    digest = store_adapter(storage, adapter)
    folder = fetch_adapter(storage, digest, tmp_path / "cache")
    shutil.rmtree(storage.location)
    assert fetch_adapter(storage, digest, tmp_path / "cache") == folder


@pytest.mark.parametrize("digest", ["", "../../etc", "A" * 64, "0" * 63])
def test_only_a_digest_is_looked_up(storage: FileSystemStorage, tmp_path: Path, digest: str) -> None:
    with pytest.raises(ModelUnavailable, match="64 hexadecimal digits"):
        fetch_adapter(storage, digest, tmp_path / "cache")


def test_a_folder_with_a_pickle_is_not_stored(storage: FileSystemStorage, adapter: Path) -> None:
    (adapter / WEIGHTS).rename(adapter / "adapter_model.bin")
    with pytest.raises(ModelUnavailable, match="other formats are refused"):
        store_adapter(storage, adapter)
    assert not storage.exists("adapters")
