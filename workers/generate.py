"""From samples to a batch: an endless stream of candidates, of which those that can be used become drafts.

Candidate `i` of a slot has its own angle and its own seed, so what is drafted depends on the brief, the seed
and the lines already taken, never on the size of a minibatch.
"""

from __future__ import annotations

import hashlib
import math
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field

from adgen.channels import SlotFormat, slot_format
from adgen.spec import BriefSpec, Draft
from workers.codec import Prompt
from workers.editing import Editor, Unusable
from workers.engines import Engine

TEMPERATURE = 0.8
TOP_P = 0.95
# Candidates per line wanted before generation gives up, with a floor for small requests.
TRIES_PER_LINE = 12
FEWEST_TRIES = 96
# A few rows cost about as much as one: the last missing lines are not worth a pass each.
FEWEST_AT_ONCE = 8


@dataclass
class Generation:
    """The drafts of one slot, written while they are iterated over, once.

    After the last draft, `shortfall` says in plain words why there are fewer than wanted, or is empty.
    """

    engine: Engine
    brief: BriefSpec
    slot: SlotFormat
    wanted: int
    seed: int
    taken: Collection[str]
    should_stop: Callable[[], bool]
    overgenerate: float
    made: int = 0
    tried: int = 0
    dropped: Counter[str] = field(default_factory=Counter)

    def __iter__(self) -> Iterator[Draft]:
        codec, editor = self.engine.codec, Editor(self.brief, self.slot, self.taken)
        angles = codec.angles(self.brief, self.slot)
        prompts = [codec.prompt(self.brief, self.slot, angle) for angle in angles]
        while candidates := self._next_candidates():
            turns = [number % len(angles) for number in candidates]
            seeds = [candidate_seed(self.seed, self.slot.slot, number) for number in candidates]
            rows = self._sample([prompts[turn] for turn in turns], seeds)
            for ids, turn, seed in zip(rows, turns, seeds, strict=True):
                self.tried += 1
                try:
                    text = editor.edited(self._read(ids, prompts[turn]), demanding=self._demanding)
                except Unusable as reason:
                    self.dropped[str(reason)] += 1
                    continue
                self.made += 1
                yield Draft(self.slot.slot, text, self.slot.width(text), self.slot.limit, seed, angles[turn])
                if self.made == self.wanted:
                    return

    @property
    def shortfall(self) -> str:
        if self.made == self.wanted:
            return ""
        reasons = ", ".join(f"{number} {reason}" for reason, number in self.dropped.most_common())
        return (
            f"{self.slot.slot}: {self.made} of {self.wanted} lines after {self.tried} candidates "
            f"({reasons}). Ask for fewer lines, or give the brief more messages."
        )

    @property
    def _most_tries(self) -> int:
        return max(FEWEST_TRIES, TRIES_PER_LINE * self.wanted)

    @property
    def _demanding(self) -> bool:
        """Half of the tries are for lines with all the words that must be in; then lines without will do."""
        return self.tried <= self._most_tries // 2

    def _next_candidates(self) -> range:
        """The numbers of the candidates to sample now; empty when done or out of tries."""
        if self.made == self.wanted:
            return range(0)
        likely = max(FEWEST_AT_ONCE, math.ceil((self.wanted - self.made) * self.overgenerate))
        return range(self.tried, min(self._most_tries, self.tried + min(likely, self.engine.minibatch)))

    def _sample(self, prompts: Sequence[Prompt], seeds: Sequence[int]) -> list[list[int]]:
        return self.engine.sample(
            prompts,
            seeds,
            temperature=TEMPERATURE,
            top_p=TOP_P,
            # Few tokens are a single character: what is not over by then would be too long.
            max_new_tokens=8 + self.slot.limit // 2,
            should_stop=self.should_stop,
        )

    def _read(self, ids: Sequence[int], prompt: Prompt) -> str:
        codec = self.engine.codec
        if not ids or ids[-1] != codec.end_id:
            raise Unusable("never ended")
        text = codec.text(ids[:-1], prompt)
        if text is None:
            raise Unusable("spelt no line")
        return text


def generate(
    engine: Engine,
    *,
    brief: BriefSpec,
    slot: str,
    count: int,
    seed: int,
    taken: Collection[str],
    should_stop: Callable[[], bool],
    overgenerate: float = 2.0,
) -> Generation:
    """Draft `count` different lines for one slot, none of them near a line in `taken`.

    Every draft fits the slot in its own units, spells the brand's name exactly and holds no word to avoid.
    Each minibatch samples up to `overgenerate` times the lines still missing, as far as the engine takes them
    at once. Iterating raises WorkStopped and OutOfMemory.
    """
    return Generation(engine, brief, slot_format(slot), count, seed, taken, should_stop, overgenerate)


def candidate_seed(seed: int, slot: str, number: int) -> int:
    """The seed of a slot's candidate `number`: 32 bits, other for every batch seed, slot and number."""
    digest = hashlib.sha256(f"{seed} {slot} {number}".encode()).digest()
    return int.from_bytes(digest[:4], "big")
