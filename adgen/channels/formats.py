"""The slots of every channel, read from `channels.yaml` and checked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, Literal, get_args

import yaml

from adgen.channels.widths import Unit, width
from adgen.errors import Invalid

Kind = Literal["headline", "description"]

_FILE = Path(__file__).with_name("channels.yaml")


@dataclass(frozen=True)
class SlotFormat:
    """One slot of one channel. `limit` and `recommended` are in the channel's own `unit`."""

    slot: str
    channel: str
    name: str
    kind: Kind
    limit: int
    unit: Unit
    hard: bool
    count: tuple[int, int]
    source_url: str
    checked_on: date
    recommended: int | None = None

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
    return read_formats(_FILE.read_text(encoding="utf-8"))


def slot_format(slot: str) -> SlotFormat:
    """The format of a slot key such as `google_rsa.headline`."""
    try:
        return slot_formats()[slot]
    except KeyError:
        detail = f"Unknown slot {slot!r}. Known slots: {', '.join(slot_formats())}."
        raise Invalid(detail, fields={"slots": [detail]}) from None


def channels() -> dict[str, list[SlotFormat]]:
    """The slots of each channel by the channel's name, in the file's order."""
    grouped: dict[str, list[SlotFormat]] = {}
    for form in slot_formats().values():
        grouped.setdefault(form.channel, []).append(form)
    return grouped


def read_formats(text: str) -> dict[str, SlotFormat]:
    """The slots that a file's text describes. Raises ValueError that names slot, field and mend."""
    rows = yaml.safe_load(text)
    if not isinstance(rows, list):
        raise ValueError("channels.yaml is no list of channels.")
    formats: dict[str, SlotFormat] = {}
    for row in rows:
        if not isinstance(row, dict) or not isinstance(row.get("slots"), dict) or not row.get("channel"):
            raise ValueError(f"channels.yaml: {row!r:.80} is no channel; give it `channel`, `name`, `slots`.")
        shared = {name: value for name, value in row.items() if name not in {"channel", "name", "slots"}}
        for name, own in row["slots"].items():
            key = f"{row['channel']}.{name}"
            if key in formats:
                raise ValueError(f"channels.yaml: {key} stands twice; drop one.")
            named = {"name": name.replace("_", " "), "channel": row.get("name"), **shared, **(own or {})}
            formats[key] = _format(key, named)
    return formats


def _format(key: str, fields: Mapping[str, Any]) -> SlotFormat:
    for name, value in fields.items():
        if name not in _CHECKS:
            raise ValueError(f"channels.yaml: {key}: unknown field {name!r}; known: {', '.join(_CHECKS)}.")
        is_right, wanted = _CHECKS[name]
        if not is_right(value):
            raise ValueError(f"channels.yaml: {key}: {name} must be {wanted}, not {value!r}.")
    missing = _REQUIRED - fields.keys()
    if missing:
        raise ValueError(f"channels.yaml: {key}: {', '.join(sorted(missing))} must be given.")
    if fields.get("recommended", 0) > fields["limit"]:
        raise ValueError(f"channels.yaml: {key}: recommended must be at most the limit {fields['limit']}.")
    return SlotFormat(slot=key, **{**fields, "count": tuple(fields["count"])})


def _is_whole(value: object) -> bool:
    return type(value) is int and value > 0  # YAML's true is an int as well


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _is_flag(value: object) -> bool:
    return isinstance(value, bool)


def _is_count(value: object) -> bool:
    return (
        isinstance(value, list)
        and [type(number) for number in value] == [int, int]
        and 0 <= value[0] <= value[1]
        and value[1] > 0
    )


_CHECKS: dict[str, tuple[Callable[[Any], bool], str]] = {
    "channel": (_is_text, "the channel's name"),
    "name": (_is_text, "text"),
    "kind": (get_args(Kind).__contains__, f"one of {', '.join(get_args(Kind))}"),
    "limit": (_is_whole, "a whole number above 0"),
    "recommended": (_is_whole, "a whole number above 0"),
    "unit": (get_args(Unit).__contains__, f"one of {', '.join(get_args(Unit))}"),
    "hard": (_is_flag, "true or false"),
    "count": (_is_count, "two whole numbers, fewest and most"),
    "source_url": (lambda value: str(value).startswith(("https://", "http://")), "a web address"),
    "checked_on": (lambda value: type(value) is date, "a date such as 2026-11-24"),
}
_REQUIRED = _CHECKS.keys() - {"recommended"}
