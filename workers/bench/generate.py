"""How fast lines are sampled: shared prefill against plain `generate`, one by one and by minibatch."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial

import torch

from adgen.channels import slot_format
from workers import runtime
from workers.base import BaseModel
from workers.codec import Prompt
from workers.engines.transformers import TransformersEngine

_TOP_P, _TEMPERATURE = 0.95, 0.9
_SUFFIX = 4


def run(
    base: BaseModel | None = None,
    *,
    briefs: int = 8,
    lines: int = 32,
    new_tokens: int = 16,
    prompt_lengths: tuple[int, ...] = (64, 256),
    threads: int = 1,
    rounds: int = 3,
) -> dict[str, float | int | str]:
    """Lines per second of the three ways, the best of `rounds`, and the ratios to shared prefill.

    Every line has exactly `new_tokens` tokens, so that all ways do the same work. One by one is measured on
    one line a brief: its rate does not depend on how many there are.
    """
    base = base or runtime.base_model()
    figures: dict[str, float | int | str] = {
        "model": base.name,
        "device": str(base.device),
        "threads": threads,
    }
    threads_before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        for length in prompt_lengths:
            prompts = _prompts(base, briefs, length)
            ways: dict[str, tuple[Callable[[], object], int]] = {
                "shared_prefill": (partial(_shared, base, prompts, lines, new_tokens), briefs * lines),
                "minibatch": (partial(_plain, base, prompts, lines, new_tokens), briefs * lines),
                "one_by_one": (partial(_plain, base, prompts, 1, new_tokens), briefs),
            }
            # The ways take turns, so that a busy moment of the machine meets all of them.
            rates = [
                {name: written / _seconds(way) for name, (way, written) in ways.items()}
                for _ in range(rounds)
            ]
            best = {name: max(rate[name] for rate in rates) for name in ways}
            figures |= {f"{name}_lines_per_s_{length}": rate for name, rate in best.items()}
            for name in ("minibatch", "one_by_one"):
                figures[f"times_{name}_{length}"] = best["shared_prefill"] / best[name]
    finally:
        torch.set_num_threads(threads_before)
    return figures


def _prompts(base: BaseModel, briefs: int, length: int) -> list[Prompt]:
    """Prompts of random ids, one a brief; the end is banned, so that all lines are equally long."""
    generator = torch.Generator().manual_seed(0)
    ids = torch.randint(base.codec.vocab_size, (briefs, length), generator=generator).tolist()
    banned = frozenset({base.codec.end_id})
    slot = slot_format("meta.primary_text")
    return [Prompt(tuple(row[:-_SUFFIX]), tuple(row[-_SUFFIX:]), slot, banned) for row in ids]


def _shared(base: BaseModel, prompts: list[Prompt], lines: int, new_tokens: int) -> None:
    engine = TransformersEngine(base)
    rows = [prompt for prompt in prompts for _ in range(lines)]
    engine.sample(
        rows,
        range(len(rows)),
        temperature=_TEMPERATURE,
        top_p=_TOP_P,
        max_new_tokens=new_tokens,
        should_stop=lambda: False,
    )


def _plain(base: BaseModel, prompts: list[Prompt], lines: int, new_tokens: int) -> None:
    for prompt in prompts:
        ids = torch.tensor([[*prompt.prefix, *prompt.suffix]], device=base.device)
        base.model.generate(  # type: ignore[operator]  # a mixin that the stubs do not see
            ids,
            attention_mask=torch.ones_like(ids),
            do_sample=True,
            temperature=_TEMPERATURE,
            top_p=_TOP_P,
            top_k=0,
            num_return_sequences=lines,
            min_new_tokens=new_tokens,
            max_new_tokens=new_tokens,
            pad_token_id=base.codec.pad_id,
            eos_token_id=base.codec.end_id,
        )


def _seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started
