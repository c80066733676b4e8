"""Briefs that no line may joke about: "Natural burial? Sorted" hurts whoever needs one."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache

from workers.starter.copywriter import wordlists

LIGHT_TONE = "playful"
# Tones that a grave brief is not told in unless it asks for one.
LOUD_TONES = frozenset({LIGHT_TONE, "bold", "urgent"})


def is_grave(industry: str, said: Iterable[str]) -> bool:
    """Whether a brief of a trade, with all that it says, is of illness, death, law, money or need."""
    grave = wordlists.load("common")["grave"]
    return industry in grave["trades"] or bool(_words().search("\n".join(said)))


@cache
def _words() -> re.Pattern[str]:
    words = wordlists.load("common")["grave"]["words"]
    return re.compile(rf"\b(?:{'|'.join(map(re.escape, words))})", re.I)
