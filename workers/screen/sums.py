"""SHA256SUMS: the list of hashes that a checkpoint folder carries, in the format of `sha256sum`."""

from __future__ import annotations

from pathlib import Path

from adgen.errors import ModelUnavailable
from workers.hashes import require_sha256, sha256

SUMS = "SHA256SUMS"


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
