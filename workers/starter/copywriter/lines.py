"""Makes the lines that answer an invented brief: filled skeletons, joined sentences, cased in one style."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

from adgen.channels import slot_formats
from adgen.spec import TONES
from workers.starter.copywriter import filling, quality, skeletons
from workers.starter.copywriter.fields import Fields
from workers.starter.copywriter.invent import Invented
from workers.starter.copywriter.pointers import Piece, Pointer, put_together
from workers.starter.copywriter.skeletons import Skeleton
from workers.starter.copywriter.vocabulary import LIMITS

HEADLINE_LIMITS = tuple(limit for limit in LIMITS if limit <= 90)
DESCRIPTION_LIMITS = tuple(limit for limit in LIMITS if limit >= 70)
_STYLES = ("sentence", "title", "lower")
_STYLE_ODDS = {"headline": (0.7, 0.22, 0.08), "description": (0.92, 0.0, 0.08)}
# Limits that today's channels have are practised three times as often as those between them.
_LIMIT_ODDS = {
    limit: 3.0 if limit in {slot.limit for slot in slot_formats().values()} else 1.0 for limit in LIMITS
}


@dataclass(frozen=True)
class Line:
    """A line to learn, and what its prompt asks for."""

    pieces: tuple[Piece, ...]
    text: str
    tone: str
    kind: str
    style: str
    limit: int


class Writer:
    """Answers one invented brief with lines drawn from the corpus."""

    def __init__(self, invented: Invented, rng: random.Random, *, held_out: bool = False) -> None:
        self._fields: Fields = invented.fields
        self._calls = invented.calls
        self._rng = rng
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
        rng = self._rng
        kind = rng.choices(("headline", "description"), (0.45, 0.55))[0]
        tone = rng.choice(TONES)
        limits = HEADLINE_LIMITS if kind == "headline" else DESCRIPTION_LIMITS
        limit = rng.choices(limits, [_LIMIT_ODDS[one] for one in limits])[0]
        pieces = self._headline(tone, limit) if kind == "headline" else self._description(tone, limit)
        if not pieces:
            return None
        style = rng.choices(_STYLES, _STYLE_ODDS[kind])[0]
        pieces = filling.restyle(pieces, style, self._fields)
        text = put_together(pieces, self._fields.values)
        if text is None or not limit * 0.35 < len(text) <= limit:
            return None
        if not quality.clean(pieces, self._fields.values):
            return None
        return Line(tuple(pieces), text, tone, kind, style, limit)

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
            if more and filled and not _repeats(pieces, filled, limit):
                pieces, last = filling.join(pieces, filled, self._fields), more
                asks = asks or more.calls
        if "{call}" in last.body:
            return pieces
        closer = self._draw(tone, ("closer",)) if not asks and self._length(pieces) < goal else None
        closing = "{call}." if asks else closer.text if closer else ""
        ending = self._fill(closing) if closing else None
        if not ending or _repeats(pieces, ending, limit):
            return pieces
        return filling.join(pieces, ending, self._fields)

    def _length(self, pieces: Sequence[Piece]) -> int:
        return len(put_together(pieces, self._fields.values) or "")

    def _draw(self, tone: str, kinds: Sequence[str]) -> Skeleton | None:
        """A skeleton; those that use more of the brief, and those of its trade, are drawn more often."""
        pool = [skeleton for skeleton in self._pool if skeleton.kind in kinds and tone in skeleton.tones]
        return self._rng.choices(pool, [_weight(skeleton) for skeleton in pool])[0] if pool else None

    def _fill(self, text: str) -> list[Piece] | None:
        return filling.fill(text, self._fields, self._calls, self._rng)


def _repeats(pieces: Sequence[Piece], more: Sequence[Piece], limit: int) -> bool:
    """Whether more would say a string again. Long lines may name the brand twice."""
    return bool(_names(pieces) & _names(more) - ({"brand"} if limit >= 150 else set()))


def _names(pieces: Sequence[Piece]) -> set[str]:
    return {piece.name for piece in pieces if isinstance(piece, Pointer)}


def _weight(skeleton: Skeleton) -> float:
    told = len(skeleton.slots - {"a", "the", "call", "brand"})
    return (0.4 + told) * (2.5 if skeleton.industry else 1.0)
