"""An endless row of candidates for one slot: candidate `i` has its own angle and its own seed."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence

from adgen.channels import SlotFormat
from adgen.errors import WorkStopped
from adgen.spec import BriefSpec
from workers.codec import Prompt
from workers.engines import Engine, Sample
from workers.generation.editing import Editor, Unusable
from workers.generation.pool import Candidate

TEMPERATURE = 0.8
TOP_P = 0.95


class Sampler:
    """Samples candidates minibatch by minibatch and counts why some cannot be used.

    `tried` of the `planned` candidates are sampled.
    """

    def __init__(
        self, engine: Engine, brief: BriefSpec, slot: SlotFormat, seed: int, should_stop: Callable[[], bool]
    ) -> None:
        self._engine, self._slot, self._seed, self._should_stop = engine, slot, seed, should_stop
        self._angles = engine.codec.angles(brief, slot)
        self._prompts = [engine.codec.prompt(brief, slot, angle) for angle in self._angles]
        self._editor = Editor(brief, slot)
        # Few tokens are a single character: what is not over by then would be too long.
        self._max_new_tokens = 8 + slot.limit // 2
        self._running = self._steps = 0
        self.tried = self.planned = 0
        self.dropped: Counter[str] = Counter()

    @property
    def sampled(self) -> int:
        """Candidates done so far; those of the running minibatch by the share of their tokens."""
        return self.tried + min(self._running, self._running * self._steps // self._max_new_tokens)

    def next(self, count: int) -> Iterator[list[Candidate]]:
        """The next `count` candidates by minibatch, less those that cannot be used."""
        last = self.planned = self.tried + count
        while self.tried < last:
            numbers = range(self.tried, min(last, self.tried + self._engine.minibatch))
            samples = self._samples(numbers)
            self.tried = numbers.stop
            candidates = map(self._candidate, numbers, samples)
            yield [candidate for candidate in candidates if candidate]

    def pause(self) -> None:
        """Raise WorkStopped if somebody wants the work to stop. To be called between steps of all kinds."""
        if self._should_stop():
            raise WorkStopped(f"Stopped after {self.tried} candidates.")

    def _samples(self, numbers: range) -> list[Sample]:
        self._running, self._steps = len(numbers), 0
        try:
            return self._engine.sample(
                [self._prompt(number) for number in numbers],
                [candidate_seed(self._seed, self._slot.slot, number) for number in numbers],
                temperature=TEMPERATURE,
                top_p=TOP_P,
                max_new_tokens=self._max_new_tokens,
                should_stop=self._step,
            )
        finally:
            self._running = 0

    def _step(self) -> bool:
        self._steps += 1
        return self._should_stop()

    def _candidate(self, number: int, sample: Sample) -> Candidate | None:
        prompt = self._prompt(number)
        try:
            edited = self._editor.edited(self._read(sample.ids, prompt))
        except Unusable as reason:
            self.dropped[str(reason)] += 1
            return None
        return Candidate(
            number=number,
            seed=candidate_seed(self._seed, self._slot.slot, number),
            angle=self._angles[number % len(self._angles)],
            prompt=prompt,
            sample=sample,
            text=edited.text,
            is_complete=edited.is_complete,
            doubts=self._engine.codec.doubts(sample.ids, prompt),
        )

    def _prompt(self, number: int) -> Prompt:
        return self._prompts[number % len(self._prompts)]

    def _read(self, ids: Sequence[int], prompt: Prompt) -> str:
        codec = self._engine.codec
        if not ids or ids[-1] != codec.end_id:
            raise Unusable("never ended")
        text = codec.text(ids[:-1], prompt)
        if text is None:
            raise Unusable("spelt no line")
        return text


def candidate_seed(seed: int, slot: str, number: int) -> int:
    """The seed of a slot's candidate `number`: 32 bits, other for every batch seed, slot and number."""
    digest = hashlib.sha256(f"{seed} {slot} {number}".encode()).digest()
    return int.from_bytes(digest[:4], "big")
