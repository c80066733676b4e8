"""Models of a Hugging Face hub: pinned to a commit, safetensors only, downloaded by `fetch_models` alone."""

from __future__ import annotations

import re
from pathlib import Path

from huggingface_hub import HfApi, constants, snapshot_download
from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError, OfflineModeIsEnabled

from adgen.errors import ModelUnavailable

_ID = re.compile(r"[\w-][\w.-]*/[\w.-]+")
_COMMIT = re.compile(r"[0-9a-f]{40}")
# Weights in other formats can run code when they are read, and code itself is never wanted.
_FILES = ["*.json", "*.safetensors", "*.txt", "*.model", "*.jinja"]


def is_hub_id(name: str) -> bool:
    """Whether `name` could be a hub's, as in OWNER/MODEL."""
    return bool(_ID.fullmatch(name))


def cached(name: str, revision: str) -> Path:
    """The folder of a model that was downloaded before. Raises ModelUnavailable."""
    _require_commit(name, revision)
    try:
        return Path(snapshot_download(name, revision=revision, local_files_only=True, allow_patterns=_FILES))
    except (LocalEntryNotFoundError, OSError) as error:
        raise ModelUnavailable(
            f"The base model {name} is not on this machine at revision {revision} (looked in "
            f"{constants.HF_HUB_CACHE}). Run `manage.py fetch_models --base` once, where there is a network."
        ) from error


def download(name: str, revision: str) -> Path:
    """The folder of a model, downloaded unless it is there; every file is what the hub says it is.

    Raises ModelUnavailable where there is no network, no such model or revision, or a damaged file.
    """
    _require_commit(name, revision)
    if constants.HF_HUB_OFFLINE:
        raise ModelUnavailable(
            f"HF_HUB_OFFLINE is set, so {name} is not downloaded. Run the command with HF_HUB_OFFLINE=0."
        )
    try:
        folder = snapshot_download(name, revision=revision, allow_patterns=_FILES)
        damaged = HfApi().verify_repo_checksums(name, revision=revision).mismatches
    except (HfHubHTTPError, LocalEntryNotFoundError, OfflineModeIsEnabled, OSError) as error:
        raise ModelUnavailable(
            f"{name} at revision {revision} cannot be downloaded from {constants.ENDPOINT}: "
            f"{str(error).splitlines()[0]}"
        ) from error
    if damaged:
        one = damaged[0]
        raise ModelUnavailable(
            f"{Path(folder) / one['path']} was changed: expected {one['algorithm']} {one['expected']}, "
            f"found {one['actual']}. Remove it and fetch again."
        )
    return Path(folder)


def _require_commit(name: str, revision: str) -> None:
    if not _COMMIT.fullmatch(revision):
        raise ModelUnavailable(
            f"ADGEN_BASE_REVISION is {revision!r}; {name} must be pinned to a commit (40 hex digits), "
            f"since branches move. `git ls-remote {constants.ENDPOINT}/{name} HEAD` prints the newest."
        )
