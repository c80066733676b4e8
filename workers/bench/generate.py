"""How fast lines are sampled: shared prefill against plain `generate`, one by one and by minibatch."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, cast

import torch
from transformers import AutoModelForCausalLM, Qwen3Config

from adgen.channels import slot_format
from workers import runtime
from workers.base import BaseModel
from workers.bench.roofline import gpu_named, lines_per_second
from workers.codec import Codec, Prompt
from workers.engines.memory import cache_bytes
from workers.engines.transformers import TransformersEngine

Figures = dict[str, float | int | str]

_TOP_P, _TEMPERATURE = 0.95, 0.9
_SUFFIX = 4
# No line is cut: all ways do the same work.
_ENDLESS = replace(slot_format("meta.primary_text"), limit=10_000)
# Qwen3-0.6B, whose weights are not needed to know its speed.
_SHAPE = Qwen3Config(
    vocab_size=151_936,
    hidden_size=1024,
    intermediate_size=3072,
    num_hidden_layers=28,
    num_attention_heads=16,
    num_key_value_heads=8,
    head_dim=128,
    tie_word_embeddings=True,
)


def run(
    base: BaseModel | None = None,
    *,
    briefs: int = 8,
    lines: int = 32,
    new_tokens: int = 16,
    prompt_lengths: tuple[int, ...] = (64, 256),
    threads: tuple[int, ...] = (1, 2),
    rounds: int = 3,
) -> Figures:
    """Lines a second of three ways, and how many times as fast shared prefill is, by prompt and threads.

    The best of `rounds`, by the clock and, for one thread, by CPU time, which other work on the machine
    disturbs less. Every line has exactly `new_tokens` tokens, so that all ways do the same work. The
    baselines are measured on fewer lines: their rates do not depend on how many there are.
    On a GPU also what a model of 0.6 billion parameters does there.
    """
    base = base or runtime.base_model()
    figures: Figures = {"model": base.name, "device": str(base.device)}
    threads_before = torch.get_num_threads()
    try:
        for number in threads:
            torch.set_num_threads(number)
            for length in prompt_lengths:
                prompts = _prompts(base.codec, briefs, length)
                ways: dict[str, tuple[Callable[[], object], int]] = {
                    "shared_prefill": (partial(_shared, base, prompts, lines, new_tokens), briefs * lines),
                    "minibatch": (partial(_plain, base, prompts[:2], lines, new_tokens), 2 * lines),
                    "one_by_one": (partial(_plain, base, prompts, 1, new_tokens), briefs),
                }
                figures |= _compared(ways, rounds, f"{length}_{number}t", with_cpu_time=number == 1)
    finally:
        torch.set_num_threads(threads_before)
    if base.device.type == "cuda":
        figures |= of_large_model(base.device)
    return figures


def of_large_model(
    device: torch.device,
    shape: Qwen3Config = _SHAPE,
    *,
    briefs: int = 8,
    lines: int = 32,
    prompt_tokens: int = 200,
    new_tokens: int = 20,
    rounds: int = 3,
) -> Figures:
    """Lines a second of a random model of this shape, and the share of the roofline where that is known."""
    with device:
        model = AutoModelForCausalLM.from_config(shape, dtype=torch.bfloat16).eval()
    codec = cast(Codec, _AnyId(shape.vocab_size))
    base = BaseModel(codec, "random 0.6B", Path(), "", model=model, device=device)
    prompts = _prompts(codec, briefs, prompt_tokens)
    _shared(base, prompts, lines, new_tokens)  # kernels are chosen on the way
    rate = max(
        briefs * lines / _seconds(partial(_shared, base, prompts, lines, new_tokens)) for _ in range(rounds)
    )
    figures: Figures = {"lines_per_s_0.6B": rate}
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else "CPU"
    if gpu := gpu_named(name):
        parameters = model.num_parameters()
        roof = lines_per_second(
            gpu,
            parameters=parameters,
            weight_bytes=parameters * torch.bfloat16.itemsize,
            cache_bytes=cache_bytes(shape, torch.bfloat16),
            briefs=briefs,
            lines=lines,
            prompt_tokens=prompt_tokens,
            new_tokens=new_tokens,
        )
        figures |= {"gpu": name, "roofline_lines_per_s_0.6B": roof, "share_of_roofline_0.6B": rate / roof}
    return figures


@dataclass(frozen=True)
class _AnyId:
    """What the engine asks of a codec, for ids that spell nothing."""

    vocab_size: int
    pad_id: int = 0
    end_id: int = 0
    lead: int = 0

    def widths(self, prompt: Prompt) -> Sequence[int]:
        return [0] * self.vocab_size


def _compared(
    ways: dict[str, tuple[Callable[[], object], int]], rounds: int, label: str, *, with_cpu_time: bool
) -> Figures:
    """Rates of the ways, which take turns, so that a busy moment of the machine meets all of them."""
    clocks = {"": time.perf_counter} | ({"cpu_": time.process_time} if with_cpu_time else {})
    best = {(clock, name): 0.0 for clock in clocks for name in ways}
    for _ in range(rounds):
        for name, (way, written) in ways.items():
            started = {clock: now() for clock, now in clocks.items()}
            way()
            for clock, now in clocks.items():
                best[clock, name] = max(best[clock, name], written / (now() - started[clock]))
    figures: Figures = {f"{name}_lines_per_s_{label}": best["", name] for name in ways}
    for clock in clocks:
        for name in ("minibatch", "one_by_one"):
            figures[f"{clock}times_{name}_{label}"] = best[clock, "shared_prefill"] / best[clock, name]
    return figures


def _prompts(codec: Codec, briefs: int, length: int) -> list[Prompt]:
    """Prompts of random ids, one a brief; the end is banned, so that all lines are equally long."""
    generator = torch.Generator().manual_seed(0)
    ids = torch.randint(codec.vocab_size, (briefs, length), generator=generator).tolist()
    banned = frozenset({codec.end_id})
    return [Prompt(tuple(row[:-_SUFFIX]), tuple(row[-_SUFFIX:]), _ENDLESS, banned) for row in ids]


def _shared(base: BaseModel, prompts: list[Prompt], lines: int, new_tokens: int) -> None:
    engine = TransformersEngine(base)
    rows = [prompt for prompt in prompts for _ in range(lines)]
    written = engine.sample(
        rows,
        range(len(rows)),
        temperature=_TEMPERATURE,
        top_p=_TOP_P,
        max_new_tokens=new_tokens,
        should_stop=lambda: False,
    )
    assert all(len(line.ids) == new_tokens for line in written)


def _plain(base: BaseModel, prompts: list[Prompt], lines: int, new_tokens: int) -> None:
    model: Any = base.model
    for prompt in prompts:
        ids = torch.tensor([[*prompt.prefix, *prompt.suffix]], device=base.device)
        model.generate(
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
