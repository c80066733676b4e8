"""From samples to a batch: candidates are sampled, edited, told apart, ranked, and the best become drafts.

Candidate `i` of a slot has its own angle and its own seed, and rounds are as large as the lines still missing
ask for, so what is drafted depends on the brief, the seed, the adapter and the lines already taken, never on
the size of a minibatch.
"""

from __future__ import annotations

from collections.abc import Callable, Collection

from adgen.channels import slot_format
from adgen.spec import BriefSpec
from workers.engines import Engine
from workers.generation.generation import Generation

__all__ = ["Generation", "generate"]


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
    """Draft `count` different lines for one slot, none of them near a line in `taken` or a past ad.

    Every draft fits the slot in its own units, spells names exactly and breaks no rule of channel, brand or
    brief. `overgenerate` candidates are sampled for each line still missing. Iterating raises WorkStopped
    and OutOfMemory.
    """
    return Generation(
        engine,
        brief,
        slot_format(slot),
        wanted=count,
        seed=seed,
        taken=taken,
        should_stop=should_stop,
        overgenerate=overgenerate,
    )
