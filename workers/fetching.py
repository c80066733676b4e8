"""Models that do not ship with adgen, brought onto this machine ahead of their first use."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from adgen.errors import ModelUnavailable
from workers import hub
from workers.base import find_base
from workers.hashes import sha256
from workers.screen.published import CHECKPOINT, PUBLISHED, fetch_screen_model


@dataclass(frozen=True)
class Fetched:
    """A model on this machine. `sha256` is that of its weights."""

    name: str
    revision: str
    folder: Path
    sha256: str


def fetch_base() -> Fetched:
    """The base model that ADGEN_BASE_MODEL names; a folder is only looked into. Raises ModelUnavailable."""
    name, revision = settings.ADGEN_BASE_MODEL, settings.ADGEN_BASE_REVISION
    if hub.is_hub_id(name) and not Path(name).is_dir():
        hub.download(name, revision)
    files = find_base(name, revision=revision)
    return Fetched(name, revision, files.folder, files.weights_sha256)


def fetch_screen(name: str, source: Path | None = None) -> Fetched:
    """A published screen model; its files come from the folder `source` if given. Raises ModelUnavailable."""
    if name not in PUBLISHED:
        raise ModelUnavailable(f"{name!r} is no published screen model; they are {', '.join(PUBLISHED)}.")
    folder = fetch_screen_model(PUBLISHED[name], settings.ADGEN_VAR_DIR / "screen", source=source)
    return Fetched(name, "", folder, sha256(folder / CHECKPOINT))


def is_published_screen(name: str) -> bool:
    """Whether a screen model is one that has to be fetched."""
    return name in PUBLISHED
