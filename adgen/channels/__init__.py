"""Channel formats as data, and the width of a text in a channel's own units."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

import yaml

from adgen.errors import Invalid

Unit = Literal["char", "wide", "weighted"]
Kind = Literal["headline", "description"]

_FILE = Path(__file__).with_name("channels.yaml")
_EMOJI_JOINERS = {0x200D, 0xFE0E, 0xFE0F}


@dataclass(frozen=True)
class SlotFormat:
    """One slot of one channel. `limit` is in the channel's own `unit`."""

    slot: str
    channel: str
    name: str
    kind: Kind
    limit: int
    unit: Unit
    hard: bool
    source_url: str
    checked_on: str

    @property
    def label(self) -> str:
        return f"{self.channel} {self.name}"

    def width(self, text: str) -> int:
        return width(text, self.unit)

    def fits(self, text: str) -> bool:
        return 0 < self.width(text) <= self.limit


@cache
def slot_formats() -> dict[str, SlotFormat]:
    """Every known slot by its key, in the file's order."""
    rows = yaml.safe_load(_FILE.read_text(encoding="utf-8"))
    return {row["slot"]: SlotFormat(**{**row, "checked_on": str(row["checked_on"])}) for row in rows}


def slot_format(slot: str) -> SlotFormat:
    """The format of a slot key such as `google_rsa.headline`."""
    try:
        return slot_formats()[slot]
    except KeyError:
        detail = f"Unknown slot {slot!r}. Known slots: {', '.join(slot_formats())}."
        raise Invalid(detail, fields={"slots": [detail]}) from None


def width(text: str, unit: Unit) -> int:
    """Length of `text` in `unit`, over its NFC form, as the platforms count it."""
    return sum(char_width(char, unit) for char in unicodedata.normalize("NFC", text))


def char_width(char: str, unit: Unit) -> int:
    """Units that one character costs."""
    if unit == "char":
        return 1
    if unicodedata.east_asian_width(char) in {"W", "F"}:
        return 2
    # Symbols that only become emoji with a variation selector are counted as the platform draws them.
    if unit == "weighted" and ord(char) not in _EMOJI_JOINERS and unicodedata.category(char) == "So":
        return 2
    return 1
