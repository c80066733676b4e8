"""Writes for many briefs, as a worker does, and keeps what there is to measure."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass, field, replace

from adgen.channels import slot_format
from adgen.spec import BriefSpec, Draft, ScreeningResult
from workers.engines import Engine
from workers.generation import generate
from workers.screen.screener import Screener, ScreenItem


@dataclass
class WrittenBrief:
    """The lines of one brief with their verdicts; `seconds` is the time it took to draft them.

    `tried` counts raw samples, `dropped` those of them that became no draft, by reason.
    """

    brief: BriefSpec
    lines: list[tuple[Draft, ScreeningResult]] = field(default_factory=list)
    tried: int = 0
    dropped: Counter[str] = field(default_factory=Counter)
    shortfalls: list[str] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def texts(self) -> list[str]:
        return [draft.text for draft, _ in self.lines]


def write(
    engine: Engine, screener: Screener, brief: BriefSpec, *, seed: int, with_exemplars: bool = True
) -> WrittenBrief:
    """All lines that `brief` asks for, drafted and screened; the model may be kept from its exemplars."""
    written = WrittenBrief(brief)
    if not with_exemplars:
        brief = replace(brief, brand=replace(brief.brand, exemplars=()))
    started = time.perf_counter()
    drafts: list[Draft] = []
    for slot, count in brief.slots.items():
        generation = generate(
            engine, brief=brief, slot=slot, count=count, seed=seed, taken=(), should_stop=lambda: False
        )
        drafts += generation
        written.tried += generation.tried
        written.dropped += generation.dropped
        if generation.shortfall:
            written.shortfalls.append(generation.shortfall)
    written.seconds = time.perf_counter() - started
    results = screener.screen([ScreenItem(draft.text, brief, slot_format(draft.slot)) for draft in drafts])
    written.lines = list(zip(drafts, results, strict=True))
    return written
