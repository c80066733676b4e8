"""Notes that people leave with what they do."""

from __future__ import annotations

from adgen.errors import Invalid

MAX_NOTE = 500


def note_given(note: str) -> str:
    """The stripped note of an act that needs one; raises Invalid where it is empty or too long."""
    note = note.strip()
    if not note:
        raise Invalid("This needs a note that says why.", fields={"note": ["say why"]})
    note_within_limit(note)
    return note


def note_within_limit(note: str) -> None:
    """Raise Invalid where a note is too long."""
    if len(note) > MAX_NOTE:
        raise Invalid(
            f"The note has {len(note)} characters; at most {MAX_NOTE} are kept.",
            fields={"note": [f"shorten it by {len(note) - MAX_NOTE}"]},
        )
