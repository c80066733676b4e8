"""Counterfactual rows: the same sentence about another identity group, with the same label."""

from __future__ import annotations

import random
import re

from workers.starter.screen.own import Group, groups


class Swapper:
    """Exchanges the group that a text is about for another, in every form the text uses."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[Group, str]] = {}
        for group in groups():
            for form, name in group._asdict().items():
                self._known.setdefault(name.lower(), (group, form))
        longest_first = sorted(self._known, key=len, reverse=True)
        self._pattern = re.compile(rf"\b({'|'.join(map(re.escape, longest_first))})\b", re.IGNORECASE)

    def swap(self, text: str, rng: random.Random) -> str:
        """`text` about another group; unchanged where it names none."""
        found = self._pattern.search(text)
        if not found:
            return text
        about, _ = self._known[found[0].lower()]
        other = rng.choice([group for group in groups() if group.adj != about.adj])

        def exchanged(match: re.Match[str]) -> str:
            group, form = self._known[match[0].lower()]
            return str(getattr(other, form)) if group.adj == about.adj else match[0]

        return self._pattern.sub(exchanged, text)
