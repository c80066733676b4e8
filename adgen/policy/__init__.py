"""The pure rules that every line of copy must keep: no ORM, no ML, plain values in and out."""

from __future__ import annotations

from adgen.policy.normalise import Normalised, normalise
from adgen.policy.rules import RULES_VERSION, check_rules
from adgen.policy.verdicts import verdict

__all__ = ["RULES_VERSION", "Normalised", "check_rules", "normalise", "verdict"]
