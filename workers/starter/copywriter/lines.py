"""Makes the lines that answer an invented brief: filled skeletons, joined sentences, cased in one style."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass

from adgen.channels import slot_formats
from adgen.spec import TONES
from workers.starter.copywriter import filling, quality, skeletons
from workers.starter.copywriter.appeals import appeal
from workers.starter.copywriter.fields import Fields
from workers.starter.copywriter.invent import Invented
from workers.starter.copywriter.pointers import Piece, Pointer, put_together
from workers.starter.copywriter.prompts import Wanted, known_limit
from workers.starter.copywriter.skeletons import Skeleton
from workers.starter.copywriter.style import Style, end_of, ended, person_of
from workers.starter.copywriter.vocabulary import LIMITS

HEADLINE_LIMITS = tuple(limit for limit in LIMITS if limit <= 90)
DESCRIPTION_LIMITS = tuple(limit for limit in LIMITS if limit >= 70)
_CASES = ("sentence", "title", "lower")
_CASE_ODDS = {"headline": (0.7, 0.22, 0.08), "description": (0.92, 0.0, 0.08)}
# From this limit on, capitals on every word are heavy to read.
_LONG = 60
_OFFERED = {"offer", "an offer", "saving"}
# Shorter lines than this share of their limit teach nothing about it.
_FULL = 0.45
# Limits that today's channels have are practised three times as often as those between them.
_LIMIT_ODDS = {
    limit: 3.0 if limit in {known_limit(slot.limit) for slot in slot_formats().values()} else 1.0
    for limit in LIMITS
}


@dataclass(frozen=True)
class Line:
    """A line to learn, and what a prompt may ask of it."""

    pieces: tuple[Piece, ...]
    text: str
    wanted: Wanted


class Writer:
    """Answers one invented brief with lines drawn from the corpus, all in `style` where it is given."""

    def __init__(
        self,
        invented: Invented,
        rng: random.Random,
        *,
        held_out: bool = False,
        kind: str = "",
        style: Style | None = None,
    ) -> None:
        self._fields: Fields = invented.fields
        self._calls = invented.calls
        self._rng = rng
        self._kind = kind
        self._style = style or Style()
        known = skeletons.of(invented.fields.industry, held_out=held_out)
        self._pool = filling.pool(known, invented.fields)

    def lines(self, count: int) -> list[Line]:
        """Up to `count` different lines."""
        lines: dict[str, Line] = {}
        for _ in range(count * 4):
            line = self._line()
            if line:
                lines.setdefault(line.text.lower(), line)
            if len(lines) == count:
                break
        return list(lines.values())

    def _line(self) -> Line | None:
        rng, style = self._rng, self._style
        kind = self._kind or rng.choices(("headline", "description"), (0.45, 0.55))[0]
        tone = rng.choice(TONES)
        limits = HEADLINE_LIMITS if kind == "headline" else DESCRIPTION_LIMITS
        limit = style.longest or rng.choices(limits, [_LIMIT_ODDS[one] for one in limits])[0]
        pieces = self._headline(tone, limit) if kind == "headline" else self._description(tone, limit)
        case = style.case or rng.choices(_CASES, _CASE_ODDS[kind if limit < _LONG else "description"])[0]
        # Lines in capitals are written as sentences; who puts them together raises them.
        pieces = pieces and filling.restyle(pieces, "sentence" if case == "upper" else case, self._fields)
        pieces = ended(pieces, style.end) if pieces and style.end else pieces
        text = put_together(pieces, self._fields.values) if pieces else None
        if not pieces or text is None or not limit * _FULL < len(text) <= limit:
            return None
        if style.person and person_of(text) != style.person:
            return None
        if not quality.clean(pieces, self._fields.values):
            return None
        wanted = Wanted(tone, kind, limit, case, appeal(text), end_of(text), person_of(text))
        return Line(tuple(pieces), text, wanted)

    def _headline(self, tone: str, limit: int) -> list[Piece] | None:
        long = ("headline", "long headline") if limit < 90 else ("long headline",)
        skeleton = self._draw(tone, long if limit > 40 else ("headline",))
        return self._fill(skeleton.text) if skeleton else None

    def _description(self, tone: str, limit: int) -> list[Piece] | None:
        """One description, or sentences joined until the limit is near. One call or closer ends it."""
        first = self._draw(tone, ("description", "opener") if limit <= 100 else ("description", "long text"))
        pieces = first and self._fill(first.body)
        if not first or not pieces:
            return None
        goal = limit * self._rng.uniform(0.5, 0.9)
        last, asks = first, first.calls
        for _ in range(2 if limit >= 150 else 0):
            more = (
                self._draw(tone, ("description",)) if self._length(pieces) < goal and not last.ends else None
            )
            filled = self._fill(more.body) if more and more is not first and more.goes_on else None
            if more and filled and not self._repeats(pieces, filled):
                pieces, last = filling.join(pieces, filled, self._fields), more
                asks = asks or more.calls
        if "{call}" in last.body:
            return pieces
        closer = self._draw(tone, ("closer",)) if not asks and self._length(pieces) < goal else None
        closing = "{call}." if asks else closer.text if closer else ""
        ending = self._fill(closing) if closing else None
        if not ending or self._repeats(pieces, ending):
            return pieces
        return filling.join(pieces, ending, self._fields)

    def _length(self, pieces: Sequence[Piece]) -> int:
        return len(put_together(pieces, self._fields.values) or "")

    def _repeats(self, pieces: Sequence[Piece], more: Sequence[Piece]) -> bool:
        """Whether more would say a string but the brand again, ask again, or open as a sentence before it."""
        said = [(put_together(run, self._fields.values) or "").lower() for run in (pieces, more)]
        before, after = ({words.split(" ", 1)[0] for words in re.split(r"[.!?] ", text)} for text in said)
        asks_again = "?" in said[0] and "?" in said[1]
        return asks_again or bool(before & after or _names(pieces) & _names(more) - {"brand"})

    def _draw(self, tone: str, kinds: Sequence[str]) -> Skeleton | None:
        """A skeleton; those that use more of the brief, and those of its trade, are drawn more often."""
        pool = [skeleton for skeleton in self._pool if skeleton.kind in kinds and tone in skeleton.tones]
        if self._style.end == "?" and "description" not in kinds:
            pool = [skeleton for skeleton in pool if skeleton.text.endswith("?")] or pool
        return self._rng.choices(pool, [_weight(skeleton) for skeleton in pool])[0] if pool else None

    def _fill(self, text: str) -> list[Piece] | None:
        return filling.fill(text, self._fields, self._calls, self._rng)


def _names(pieces: Sequence[Piece]) -> set[str]:
    return {piece.name for piece in pieces if isinstance(piece, Pointer)}


def _weight(skeleton: Skeleton) -> float:
    told = len(skeleton.slots - {"a", "the", "call", "brand"})
    # Few skeletons speak of an offer, and who gives one wants to read of it.
    offers = 3.0 if skeleton.slots & _OFFERED else 1.0
    return (0.25 + told) * offers * (2.5 if skeleton.industry else 1.0)
