"""Engines: what turns prompts into token ids. Each owns one base model and the adapter in use."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from workers.codec import Codec, Prompt


@dataclass(frozen=True)
class Sample:
    """One continuation. `ids` end with `end_id`, unless tokens ran out or the limit left nothing to say.

    `logprob` is the natural logarithm of the likelihood of `ids` under the model as it is: temperature 1,
    nothing banned, no limit.
    """

    ids: list[int]
    logprob: float


class Engine(Protocol):
    """Samples lines. `minibatch` is how many rows it likes to run at a time."""

    minibatch: int

    @property
    def codec(self) -> Codec: ...

    @property
    def is_adapted(self) -> bool:
        """Whether an adapter is in use."""

    def use_adapter(self, folder: Path | None) -> None:
        """Write with the LoRA weights in `folder` from now on; None is the base model itself."""

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
        """One continuation per prompt, in order, none wider than its slot's limit.

        A row depends on its prompt, its seed and its adapter alone, not on the rows beside it. `adapters`
        names one for each row, None for none; without it all rows have the adapter in use.
        Temperature 0 takes the likeliest token. `should_stop` is asked before every
        token, so it should answer fast. Raises WorkStopped, OutOfMemory and ModelUnavailable.
        """

    def score(
        self,
        prompts: Sequence[Prompt],
        lines: Sequence[Sequence[int]],
        *,
        adapters: Sequence[Path | None] | None = None,
    ) -> list[float]:
        """The natural logarithm of the likelihood of each line (end included) after its prompt.

        `adapters` as for `sample`. Raises OutOfMemory and ModelUnavailable.
        """
