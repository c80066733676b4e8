"""Files are used only when they are those that were released: SHA-256 before anything is read."""

from __future__ import annotations

import hashlib
from pathlib import Path

from adgen.errors import ModelUnavailable


def sha256(path: Path) -> str:
    """The hash of a file's bytes, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def require_sha256(path: Path, expected: str, mend: str) -> None:
    """Raises ModelUnavailable, naming both hashes and the mend, unless `path` has the expected hash."""
    if not path.is_file():
        raise ModelUnavailable(f"{path} is missing (expected SHA-256 {expected}). {mend}")
    if (found := sha256(path)) != expected:
        raise ModelUnavailable(f"{path} was changed: expected SHA-256 {expected}, found {found}. {mend}")
