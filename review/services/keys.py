"""Which key does what in the review room, for each person."""

from __future__ import annotations

from collections.abc import Mapping

from django.contrib.auth.models import User

from adgen.errors import Invalid
from review.models import KeyMap
from review.selectors.keys import ACTS, NAMED_KEYS, keys_of

# They choose reasons.
_DIGITS = "123456789"


def keys_change(*, user: User, keys: Mapping[str, str]) -> None:
    """Give acts, by name, other keys: one character, one of NAMED_KEYS, or "" for none.

    What `keys` leaves out stays. Raises Invalid with each clash by the name of its act; then nothing changes.
    """
    named = {name: key.strip().lower() for name, key in keys.items()}
    if unknown := set(named) - {act.name for act in ACTS}:
        raise Invalid(f"No act {', '.join(sorted(unknown))}.")
    chosen = {name: bound.key for name, bound in keys_of(user).items()} | named
    faults = _faults(chosen)
    if faults:
        told = "; ".join(f"{_LABELS[name]}: {mends[0]}" for name, mends in faults.items())
        raise Invalid(f"These keys cannot be: {told}.", fields=faults)
    KeyMap.objects.update_or_create(user=user, defaults={"keys": chosen})


def keys_reset(*, user: User) -> None:
    """Go back to the usual keys."""
    KeyMap.objects.filter(user=user).delete()


_LABELS = {act.name: act.label for act in ACTS}


def _faults(chosen: Mapping[str, str]) -> dict[str, list[str]]:
    faults: dict[str, list[str]] = {}
    for name, key in chosen.items():
        rivals = [_LABELS[other] for other, theirs in chosen.items() if other != name and theirs == key != ""]
        if rivals:
            faults[name] = [f"“{key}” is the key of {' and '.join(rivals)} too"]
        elif key in _DIGITS and key:
            faults[name] = ["1 to 9 choose reasons"]
        elif key and key not in NAMED_KEYS and (len(key) != 1 or not key.isprintable()):
            faults[name] = [f"one character, nothing, or one of {', '.join(NAMED_KEYS)}"]
    return faults
