"""What a line appeals to, read from its words."""

from __future__ import annotations

import re
from functools import cache, lru_cache

from workers.starter.copywriter import wordlists

# Said of a product only where the brief says it: a fair price is a claim, a new thing to discover is none.
NEED_GROUNDS = frozenset({"price", "speed", "safety", "sustainability", "status"})


@cache
def _patterns() -> dict[str, re.Pattern[str]]:
    listed: dict[str, list[str]] = wordlists.load("appeals")
    return {
        name: re.compile("|".join(rf"(?<!\w){re.escape(stem)}" for stem in stems), re.I)
        for name, stems in listed.items()
    }


def names() -> tuple[str, ...]:
    """Every appeal, in the order of `corpus/appeals.yaml`."""
    return tuple(_patterns())


@lru_cache(maxsize=100_000)
def appeal(text: str) -> str:
    """The appeal that most words of `text` speak of, or "" where none does."""
    counts = {name: len(pattern.findall(text)) for name, pattern in _patterns().items()}
    best = max(counts, key=counts.__getitem__)
    return best if counts[best] else ""
