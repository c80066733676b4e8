"""Policy packs: the rules of platforms and laws as versioned data, one YAML file each beside this one.

How a pack is written stands in docs/policy.md; `words.yaml` holds the word lists that packs share.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from adgen.channels import SlotFormat
from adgen.policy import vocabulary
from adgen.policy.packs.model import Pack, Rule, read_pack

# Part of every screen version: raise it whenever the code may judge a text differently than before.
_RULES_VERSION = "3"

_FOLDER = Path(__file__).parent
_SHARED = "words.yaml"


@cache
def packs() -> tuple[Pack, ...]:
    """Every pack, in the order of the files' names. Raises ValueError that names file, rule and fault."""
    shared = _read(_FOLDER / _SHARED)
    found = [read_pack(_read(file), shared, file.name) for file in _files() if file.name != _SHARED]
    ids = [pack.id for pack in found]
    for repeated in {id_ for id_ in ids if ids.count(id_) > 1}:
        raise ValueError(f"Two policy packs have the id {repeated!r}; rename one.")
    return tuple(found)


@cache
def packs_version() -> str:
    """Twelve hexadecimal digits that change with any pack, word list or the code of the rules."""
    digest = hashlib.sha256(_RULES_VERSION.encode())
    for file in [*_files(), vocabulary.FILE]:
        digest.update(file.name.encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()[:12]


def rules_for(slot: SlotFormat | None, categories: frozenset[str]) -> tuple[Rule, ...]:
    """The rules of the packs that hold for a slot's channel and for special ad categories."""
    return _rules_for("" if slot is None else slot.slot.split(".")[0], categories)


@cache
def _rules_for(channel: str, categories: frozenset[str]) -> tuple[Rule, ...]:
    return tuple(rule for pack in packs() if pack.holds_for(channel, categories) for rule in pack.rules)


def _files() -> Iterator[Path]:
    yield from sorted(_FOLDER.glob("*.yaml"))


def _read(file: Path) -> Mapping[str, Any]:
    # libyaml's parser, which is nine times as fast as the one in Python.
    data = yaml.load(file.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    if not isinstance(data, dict):
        raise ValueError(f"{file.name}: expected a mapping of fields.")
    return data
