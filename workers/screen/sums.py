"""SHA256SUMS: the list of hashes that a checkpoint folder carries, in the format of `sha256sum`."""

from __future__ import annotations

import hashlib
from pathlib import Path

from adgen.errors import ModelUnavailable

SUMS = "SHA256SUMS"


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


def write_sums(folder: Path) -> None:
    """Record every file of `folder`."""
    lines = [f"{sha256(path)}  {path.name}\n" for path in sorted(folder.iterdir()) if path.name != SUMS]
    (folder / SUMS).write_text("".join(lines), encoding="utf-8")


def verify_sums(folder: Path) -> dict[str, str]:
    """Hash by file name, every file checked. Raises ModelUnavailable for a changed or an unlisted file."""
    path = folder / SUMS
    if not path.is_file():
        raise ModelUnavailable(
            f"{path} is missing. If you trust the folder, run `sha256sum * > {SUMS}` in it."
        )
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    sums = {name.strip().lstrip("*"): hash_ for hash_, _, name in (line.partition(" ") for line in lines)}
    for name, expected in sums.items():
        require_sha256(
            folder / name, expected, "Restore the file, or remove the folder and install it again."
        )
    unlisted = sorted({file.name for file in folder.iterdir()} - set(sums) - {SUMS})
    if unlisted:
        raise ModelUnavailable(f"{folder / unlisted[0]} is not listed in {SUMS}. Remove it, or list it.")
    return sums
