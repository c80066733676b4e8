"""Several writers share the minibatches of one engine: on a GPU many rows cost hardly more than a few.

Each writer runs in a thread, but only one at a time: the baton passes where a writer asks the engine for
something, and once all have asked, their rows run together. So nothing that a writer uses has to be safe for
threads, and which rows run together does not depend on who is fast.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from threading import Condition, Thread
from typing import Any

from adgen.errors import WorkStopped
from workers.base import BaseFiles
from workers.codec import Codec, Prompt
from workers.engines import Sample
from workers.engines.decoding import Draw
from workers.engines.transformers import TransformersEngine
from workers.engines.vllm import VllmEngine


@dataclass
class _Request:
    """What a writer asks for: samples with its `own` seeds or, without `draw`, scores of its `own` lines."""

    draw: Draw | None
    prompts: Sequence[Prompt]
    own: Sequence[Any]
    folder: Path | None
    should_stop: Callable[[], bool]
    is_stopped: bool = False
    answer: list[Any] | Exception | None = None


class Together:
    """Gives each of its writers a seat at one engine."""

    def __init__(self, engine: TransformersEngine | VllmEngine) -> None:
        self.engine = engine
        self._baton = Condition()
        self._writing = 0
        self._asked: list[_Request] = []

    def run(self, writers: Sequence[Callable[[Seat], None]]) -> None:
        """Run all writers, until the last one is done. What they raise is for them to catch."""
        self._writing = len(writers)
        threads = [Thread(target=self._write, args=(writer,), daemon=True) for writer in writers]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def answered(self, request: _Request) -> list[Any]:
        """The answer to a writer's request, once all that still write have asked."""
        self._asked.append(request)
        self._answer_all_if_complete()
        self._baton.wait_for(lambda: request.answer is not None)
        if isinstance(request.answer, Exception):
            raise request.answer
        assert request.answer is not None
        return request.answer

    def _write(self, writer: Callable[[Seat], None]) -> None:
        with self._baton:
            try:
                writer(Seat(self))
            finally:
                self._writing -= 1
                self._answer_all_if_complete()

    def _answer_all_if_complete(self) -> None:
        if not self._asked or len(self._asked) < self._writing:
            return
        asked, self._asked = self._asked, []
        for draw in dict.fromkeys(request.draw for request in asked):
            self._answer([request for request in asked if request.draw == draw])
        self._baton.notify_all()

    def _answer(self, requests: Sequence[_Request]) -> None:
        """Run requests of one kind as one; each alone where that fails, so that a fault stays its own."""
        try:
            answers = iter(self._run(requests))
        except Exception as error:  # whoever asked is told
            if len(requests) > 1 and not isinstance(error, WorkStopped):
                for request in requests:
                    self._answer([request])
            else:
                for request in requests:
                    request.answer = error
            return
        for request in requests:
            own = list(islice(answers, len(request.prompts)))
            request.answer = WorkStopped("Stopped beside others.") if request.is_stopped else own

    def _run(self, requests: Sequence[_Request]) -> Sequence[Any]:
        """The answers to all rows of requests of one kind."""

        def should_stop() -> bool:
            for request in requests:
                request.is_stopped = request.is_stopped or request.should_stop()
            return all(request.is_stopped for request in requests)

        draw, engine = requests[0].draw, self.engine
        prompts = [prompt for request in requests for prompt in request.prompts]
        own = [one for request in requests for one in request.own]
        adapters: list[Path | None] | None = [one.folder for one in requests for _ in one.prompts]
        if len({request.folder for request in requests}) == 1:
            engine.use_adapter(requests[0].folder)
            adapters = None
        if draw is None:
            return engine.score(prompts, own, adapters=adapters)
        return engine.sample(
            prompts,
            own,
            temperature=draw.temperature,
            top_p=draw.top_p,
            max_new_tokens=draw.max_new_tokens,
            should_stop=should_stop,
            adapters=adapters,
        )


class Seat:
    """The engine as one writer sees it, with an adapter of its own in use."""

    def __init__(self, together: Together) -> None:
        self._together = together
        self._folder: Path | None = None
        self.minibatch = together.engine.minibatch

    @property
    def base(self) -> BaseFiles:
        return self._together.engine.base

    @property
    def codec(self) -> Codec:
        return self.base.codec

    @property
    def is_adapted(self) -> bool:
        return self._folder is not None

    def use_adapter(self, folder: Path | None) -> None:
        """Write with the LoRA weights in `folder` from now on. The first rows show if they fit."""
        self._folder = folder

    def sample(
        self,
        prompts: Sequence[Prompt],
        seeds: Sequence[int],
        *,
        temperature: float,
        top_p: float,
        max_new_tokens: int,
        should_stop: Callable[[], bool],
        adapters: Sequence[Path | None] | None = None,
    ) -> list[Sample]:
        """See `workers.engines.Engine.sample`; `adapters` are the engine's own business here."""
        assert adapters is None
        draw = Draw(temperature, top_p, max_new_tokens)
        return self._together.answered(_Request(draw, prompts, seeds, self._folder, should_stop))

    def score(
        self,
        prompts: Sequence[Prompt],
        lines: Sequence[Sequence[int]],
        *,
        adapters: Sequence[Path | None] | None = None,
    ) -> list[float]:
        """See `workers.engines.Engine.score`."""
        assert adapters is None
        return self._together.answered(_Request(None, prompts, lines, self._folder, lambda: False))
