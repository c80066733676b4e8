"""The pure rules that every line of copy must keep: no ORM, no ML, plain values in and out."""

from __future__ import annotations

from adgen.policy.claims import unbacked
from adgen.policy.disguises import as_given, readings
from adgen.policy.normalise import Normalised, normalise
from adgen.policy.packs import packs_version
from adgen.policy.rules import check_rules
from adgen.policy.verdicts import verdict

__all__ = [
    "Normalised",
    "as_given",
    "check_rules",
    "normalise",
    "packs_version",
    "readings",
    "unbacked",
    "verdict",
]
