"""Adapters at rest: immutable, named by the SHA-256 of what they hold, checked each time they are fetched."""

from __future__ import annotations

import hashlib
import json
import logging
import os
import re
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.core.files.base import ContentFile, File
from django.core.files.storage import Storage

from adgen.errors import ModelUnavailable

ADAPTER_WEIGHTS = "adapter_model.safetensors"
ADAPTER_CONFIG = "adapter_config.json"
_FILES = (ADAPTER_WEIGHTS, ADAPTER_CONFIG)
_MANIFEST = "manifest.json"
_DIGEST = re.compile(r"[0-9a-f]{64}")

logger = logging.getLogger(__name__)


def canonical_config(config: Mapping[str, Any]) -> bytes:
    """An adapter's configuration as bytes that depend on its values alone: keys and sets sorted."""
    plain = {key: sorted(value) if isinstance(value, set) else value for key, value in config.items()}
    if isinstance(plain.get("target_modules"), list):
        plain["target_modules"] = sorted(plain["target_modules"])
    return json.dumps(plain, sort_keys=True, indent=1, ensure_ascii=False).encode()


def read_config(folder: Path) -> dict[str, Any]:
    """The adapter's configuration. Raises ModelUnavailable where it is missing or no JSON object."""
    path = folder / ADAPTER_CONFIG
    try:
        config = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ModelUnavailable(f"{path} cannot be read: {error}") from error
    if not isinstance(config, dict):
        raise ModelUnavailable(f"{path} holds no JSON object.")
    return config


def adapter_digest(folder: Path) -> str:
    """The SHA-256 over the weights file and the canonical configuration, in hexadecimal."""
    weights = folder / ADAPTER_WEIGHTS
    if not weights.is_file():
        raise ModelUnavailable(f"{weights} is missing; weights in other formats are refused.")
    with weights.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256")
    digest.update(canonical_config(read_config(folder)))
    return digest.hexdigest()


def store_adapter(storage: Storage, folder: Path) -> str:
    """Store the adapter in `folder` and return its digest; nothing happens where it is stored already.

    The manifest is written last: where it exists, the files that it names are complete. Storage gives a
    second writer names of its own, so each manifest names files that one writer finished.
    """
    digest = adapter_digest(folder)
    if _manifest(storage, digest) is not None:
        return digest
    config = ContentFile(canonical_config(read_config(folder)))
    with (folder / ADAPTER_WEIGHTS).open("rb") as weights:
        saved = {
            ADAPTER_WEIGHTS: storage.save(_path(digest, ADAPTER_WEIGHTS), File(weights)),
            ADAPTER_CONFIG: storage.save(_path(digest, ADAPTER_CONFIG), config),
        }
    # What a writer that was killed half-way left behind would stand in the way.
    if storage.exists(_path(digest, _MANIFEST)) and _manifest(storage, digest) is None:
        storage.delete(_path(digest, _MANIFEST))
    storage.save(_path(digest, _MANIFEST), ContentFile(json.dumps(saved, sort_keys=True).encode()))
    return digest


def fetch_adapter(storage: Storage, digest: str, cache_dir: Path) -> Path:
    """A local folder with the adapter `digest`, from the cache or from storage, verified either way.

    Raises ModelUnavailable where it is missing or is not what its digest says.
    """
    if not _DIGEST.fullmatch(digest):
        raise ModelUnavailable(f"{digest!r} is no adapter digest; expected 64 hexadecimal digits.")
    cached = cache_dir / digest
    if _found_digest(cached) == digest:
        return cached
    saved = _manifest(storage, digest)
    if saved is None:
        raise ModelUnavailable(f"Adapter {digest} is not in storage, or was never stored completely.")
    cache_dir.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache_dir, prefix=".fetch-") as scratch:
        fetched = Path(scratch) / digest
        fetched.mkdir()
        for name in _FILES:
            _download(storage, digest, saved.get(name, ""), fetched / name)
        if (found := _found_digest(fetched)) != digest:
            raise ModelUnavailable(
                f"The stored adapter was tampered with or damaged: expected SHA-256 {digest}, found {found}. "
                "Restore it from a backup, or train the brand again."
            )
        _put_in_place(fetched, cached)
    return cached


def _path(digest: str, name: str) -> str:
    return f"adapters/{digest}/{name}"


def _manifest(storage: Storage, digest: str) -> dict[str, str] | None:
    """The stored name of each file of a complete adapter; None where there is no readable manifest."""
    try:
        with storage.open(_path(digest, _MANIFEST)) as file:
            manifest = json.loads(file.read())
    except (OSError, ValueError):
        return None
    return manifest if isinstance(manifest, dict) else None


def _download(storage: Storage, digest: str, stored_name: str, target: Path) -> None:
    # The manifest is data from outside too: it may only name files of this adapter.
    if not stored_name.startswith(_path(digest, "")) or Path(stored_name).suffix != target.suffix:
        raise ModelUnavailable(f"The manifest of adapter {digest} names no {target.name} of its own.")
    try:
        with storage.open(stored_name) as source, target.open("wb") as copy:
            shutil.copyfileobj(source, copy)
    except OSError as error:
        raise ModelUnavailable(f"{target.name} of adapter {digest} cannot be fetched: {error}") from error


def _found_digest(folder: Path) -> str | None:
    """The digest of what is in `folder`; None where no adapter can be read there."""
    try:
        return adapter_digest(folder)
    except ModelUnavailable:
        return None


def _put_in_place(fetched: Path, cached: Path) -> None:
    """Move a verified folder to its place in the cache, where a damaged or an equal one may be."""
    if cached.exists() and _found_digest(cached) != cached.name:
        logger.warning("The cached adapter in %s was damaged; it is replaced from storage.", cached)
        shutil.rmtree(cached, ignore_errors=True)
    try:
        os.rename(fetched, cached)
    except OSError:
        # Another worker put the same adapter there first.
        if _found_digest(cached) != cached.name:
            raise
