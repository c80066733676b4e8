"""Calls to action: which ones suit a trade. "Book a viewing" sells houses, and "shop now" no service."""

from __future__ import annotations

import re
from functools import cache

from workers.starter.copywriter import wordlists

ANY = "any"
# Lists whose calls do not suit what is sold: nobody shops for a service, nobody joins goods.
_FOREIGN = {"services": ("shop", "order"), "goods": ("book", "join"), "": ()}


def listed(industry: str) -> tuple[str, ...]:
    """The calls of a trade; of an unknown one those that suit any."""
    lists = wordlists.load("common")["calls"]
    return tuple(lists[wordlists.industries()[industry]["calls"] if industry else ANY])


def unsuited(text: str, industry: str, sells: str) -> int:
    """How many listed calls in `text` suit another trade than `industry`, or not what it sells.

    `sells` is "goods" or "services", or "" where that is not known.
    """
    lists = wordlists.load("common")["calls"]
    foreign = {call for name in _FOREIGN[sells] for call in lists[name]}
    suited = {*listed(industry)} - foreign | {*listed("")}
    return sum(call.lower() not in suited for call in pattern().findall(text))


@cache
def pattern() -> re.Pattern[str]:
    """Every listed call, the longest first."""
    every = {call for calls in wordlists.load("common")["calls"].values() for call in calls}
    longest = sorted(every, key=len, reverse=True)
    return re.compile(rf"(?<![\w'])(?:{'|'.join(map(re.escape, longest))})(?![\w'])", re.I)
