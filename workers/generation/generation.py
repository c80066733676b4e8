"""One request for lines of one slot, worked off block by block."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Collection, Iterator

from adgen.channels import SlotFormat
from adgen.spec import BriefSpec, Draft
from workers.engines import Engine
from workers.generation.candidates import Sampler
from workers.generation.pool import Candidate, Pool
from workers.generation.ranking import quality, ranked

# Lines that are ranked together: enough to choose from, few enough that the first are seen early.
BLOCK = 32
# Candidates per line wanted before a block is given up, with a floor for small ones.
TRIES_PER_LINE = 12
FEWEST_TRIES = 192
# A few rows cost about as much as one: the last missing lines are not worth a pass each.
FEWEST_AT_ONCE = 8


class Generation:
    """The drafts of one slot, written while they are iterated over, once; best first within a block.

    `sampled` of the `planned` candidates are done; both can be read from `should_stop`, while they grow.
    After the last draft, `shortfall` says in plain words why there are fewer than wanted, or is empty.
    """

    def __init__(
        self,
        engine: Engine,
        brief: BriefSpec,
        slot: SlotFormat,
        *,
        wanted: int,
        seed: int,
        taken: Collection[str],
        should_stop: Callable[[], bool],
        overgenerate: float,
    ) -> None:
        self.made, self.wanted = 0, wanted
        self._engine, self._slot, self._overgenerate = engine, slot, overgenerate
        self._known = [*taken, *(exemplar.text for exemplar in brief.brand.exemplars)]
        self._strings = list(filter(None, (brief.product, *brief.messages, brief.offer, brief.audience)))
        self._sampler = Sampler(engine, brief, slot, seed, should_stop)

    def __iter__(self) -> Iterator[Draft]:
        while self.made < self.wanted:
            size = min(BLOCK, self.wanted - self.made)
            drafts = self._block(size)
            for draft in drafts:
                self.made += 1
                yield draft
            if len(drafts) < size:
                return
            self._known += [draft.text for draft in drafts]

    @property
    def tried(self) -> int:
        return self._sampler.tried

    @property
    def sampled(self) -> int:
        return self._sampler.sampled

    @property
    def planned(self) -> int:
        return self._sampler.planned

    @property
    def dropped(self) -> Counter[str]:
        """How many candidates could not be used, by reason."""
        return self._sampler.dropped

    @property
    def shortfall(self) -> str:
        if self.made == self.wanted:
            return ""
        reasons = ", ".join(f"{number} {reason}" for reason, number in self.dropped.most_common())
        return (
            f"{self._slot.slot}: {self.made} of {self.wanted} lines after {self.tried} candidates "
            f"({reasons}). Ask for fewer lines, or give the brief more messages."
        )

    def _block(self, size: int) -> list[Draft]:
        """The best `size` lines; fewer where more candidates are not worth the time."""
        pool = self._filled(Pool(self._known, self._sampler.pause), size)
        qualities = self._qualities(pool.candidates)
        rows = ranked(pool, qualities, size, self._strings)
        return [self._draft(pool.candidates[row], qualities[row]) for row in rows]

    def _filled(self, pool: Pool, size: int) -> Pool:
        """`pool` with as many candidates as `size` lines need, if they can be had."""
        first, tries = self.tried, max(FEWEST_TRIES, TRIES_PER_LINE * size)
        while (spent := self.tried - first) < tries:
            # Half of the tries are for lines without doubts, with all words that must be in; then any do.
            usable = sum(
                (one.is_complete and not one.doubts) or spent > tries // 2 for one in pool.candidates
            )
            if usable >= size:
                break
            more = max(FEWEST_AT_ONCE, math.ceil((size - usable) * self._overgenerate))
            for candidates in self._sampler.next(min(more, tries - spent)):
                if repeats := pool.add(candidates):
                    self.dropped["repeated another line"] += repeats
        return pool

    def _qualities(self, candidates: list[Candidate]) -> list[float]:
        unbriefed: list[float] = []
        for start in range(0, len(candidates), self._engine.minibatch):
            self._sampler.pause()
            part = candidates[start : start + self._engine.minibatch]
            prompts = [self._engine.codec.unbriefed(one.prompt) for one in part]
            unbriefed += self._engine.score(prompts, [one.sample.ids for one in part])
        return [quality(*pair) for pair in zip(candidates, unbriefed, strict=True)]

    def _draft(self, candidate: Candidate, worth: float) -> Draft:
        slot, text = self._slot, candidate.text
        return Draft(
            slot.slot, text, slot.width(text), slot.limit, candidate.seed, candidate.angle, quality=worth
        )
