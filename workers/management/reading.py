"""Briefs out of files, for the commands that take them."""

from __future__ import annotations

import json
from pathlib import Path

from django.core.management.base import CommandError

from adgen.briefs import brief_from_json
from adgen.errors import Invalid
from adgen.spec import BriefSpec

_LARGEST_FILE = 1_000_000


def read_text(path: Path) -> str:
    """The UTF-8 text of a file of briefs; CommandError where it cannot be had."""
    try:
        if path.stat().st_size > _LARGEST_FILE:
            raise CommandError(f"{path} is larger than {_LARGEST_FILE:,} bytes; that is no brief.")
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise CommandError(f"{path} cannot be read: {error.strerror}.") from error
    except ValueError as error:
        raise CommandError(f"{path} is not JSON in UTF-8: {error}") from error


def brief_of(text: str, where: str) -> BriefSpec:
    """The brief that `text`, a JSON object, spells; CommandError that lists every fault, at `where`."""
    try:
        return brief_from_json(json.loads(text))
    except (ValueError, RecursionError) as error:
        raise CommandError(f"{where} is not JSON in UTF-8: {error}") from error
    except Invalid as refusal:
        faults = "".join(
            f"\n  {field}: {fault}" for field, faults in refusal.fields.items() for fault in faults
        )
        raise CommandError(f"{where} is no usable brief:{faults}") from refusal
