"""Calls to action: which ones suit a trade. "Ask for a valuation" sells houses, and "shop now" no service."""

from __future__ import annotations

import re
from functools import cache

from workers.starter.copywriter import wordlists

ANY = "any"
# Lists of trades that sell goods.
_GOODS = ("shop", "order")


def listed(industry: str) -> tuple[str, ...]:
    """The calls of a trade; of an unknown one those that suit any."""
    lists = wordlists.load("common")["calls"]
    return tuple(lists[wordlists.industries()[industry]["calls"] if industry else ANY])


def unsuited(text: str, industry: str, sells: str) -> int:
    """How many listed calls in `text` are of other trades than `industry`, or of goods for a service.

    `sells` is "goods" or "services", or "" where that is not known.
    """
    lists = wordlists.load("common")["calls"]
    foreign = {call for name in _GOODS for call in lists[name]} if sells == "services" else set()
    suited = {*listed(industry)} - foreign | {*listed("")}
    return sum(call.lower() not in suited for call in pattern().findall(text))


@cache
def pattern() -> re.Pattern[str]:
    """Every listed call, the longest first."""
    every = {call for calls in wordlists.load("common")["calls"].values() for call in calls}
    longest = sorted(every, key=len, reverse=True)
    return re.compile(rf"(?<![\w'])(?:{'|'.join(map(re.escape, longest))})(?![\w'])", re.I)
