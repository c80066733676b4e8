"""The keys of the review room: one table for the page, its help and the choice of other keys."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.contrib.auth.models import User

from review.models import KeyMap

# As a browser names them, in small letters, and as they are shown.
NAMED_KEYS = {
    "arrowleft": "←",
    "arrowright": "→",
    "arrowup": "↑",
    "arrowdown": "↓",
    "home": "Home",
    "end": "End",
    "pageup": "Page up",
    "pagedown": "Page down",
}


@dataclass(frozen=True)
class Act:
    """Something that a key does in the room; `usual` is its key where nobody has chosen another."""

    name: str
    usual: str
    label: str
    does: str


ACTS = (
    Act("approve", "a", "Approve", "the line is published"),
    Act("edit", "e", "Edit", "your wording replaces the line"),
    Act("reject", "r", "Reject", "then 1–9 for the reason"),
    Act("skip", "s", "Skip", "somebody else may judge it; you see it again after an hour"),
    Act("undo", "u", "Undo", "take back your last decision, up to 20 steps"),
    Act("previous", "arrowleft", "Previous", "look at the line before, without deciding"),
    Act("next", "arrowright", "Next", "look at the line after, without deciding"),
    Act("cluster", "g", "Lines like it", "decide about near-duplicates together; again to decide about one"),
    Act("wrong", "w", "Screen wrong", "mark the finding in focus, or the first one, as wrong"),
    Act("missed", "m", "Screen missed", "then 1–9 for what the screen should have found"),
    Act("comment", "c", "Comment", "leave a note on the line for those who see it later"),
    Act("pause", "p", "Pause", "nothing is held for you"),
    Act("help", "?", "Keys", "show or hide this list"),
)


@dataclass(frozen=True)
class BoundKey:
    """An act with the key that does it for one person; `key` is empty where none does."""

    act: Act
    key: str

    @property
    def shown(self) -> str:
        return NAMED_KEYS.get(self.key, self.key)


def keys_of(user: User) -> dict[str, BoundKey]:
    """The person's keys by the name of the act: chosen or usual ones. An act that is newer than their choice
    has its usual key where that is free."""
    row = KeyMap.objects.filter(user=user).first()
    chosen: Mapping[str, str] = row.keys if row else {}
    taken = set(chosen.values())
    keys = {act.name: "" if act.usual in taken else act.usual for act in ACTS} | dict(chosen)
    return {act.name: BoundKey(act, keys[act.name]) for act in ACTS}
