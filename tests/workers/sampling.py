"""What the engine tests ask of an engine, and what plain transformers answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from adgen.channels import SlotFormat, slot_format
from tests.fakes import BRIEF, never
from workers.base import BaseModel
from workers.codec import Codec, Prompt
from workers.engines import Engine, Sample

HEADLINE = slot_format("google_rsa.headline")
ENDLESS = replace(HEADLINE, limit=10_000)
TOKENS = 12


def ragged_prompts(base: BaseModel, number: int = 8, slot: SlotFormat = ENDLESS) -> list[Prompt]:
    """Prompts of one brief, whose suffixes differ in length."""
    angles = base.codec.angles(BRIEF, slot)
    prompts = [base.codec.prompt(BRIEF, slot, angles[turn % len(angles)]) for turn in range(number)]
    assert len({len(prompt.suffix) for prompt in prompts}) > 1
    return prompts


def prompts_of_three_briefs(base: BaseModel, each: int = 4) -> list[Prompt]:
    """Prompts whose prefixes differ in length as well, the briefs taking turns."""
    briefs = [replace(BRIEF, audience=audience) for audience in ("", "cats", "home baristas and cats")]
    angles = base.codec.angles(BRIEF, ENDLESS)
    prompts = [base.codec.prompt(brief, ENDLESS, angles[turn]) for turn in range(each) for brief in briefs]
    assert len({len(prompt.prefix) for prompt in prompts}) == 3
    return prompts


def samples(
    engine: Engine,
    prompts: Sequence[Prompt],
    *,
    temperature: float = 1.0,
    tokens: int = TOKENS,
    adapters: Sequence[Path | None] | None = None,
) -> list[Sample]:
    """A sample of each prompt, each with a seed of its own."""
    return engine.sample(
        prompts,
        list(range(len(prompts))),
        temperature=temperature,
        top_p=0.95,
        max_new_tokens=tokens,
        should_stop=never,
        adapters=adapters,
    )


def sampled(
    engine: Engine,
    prompts: Sequence[Prompt],
    *,
    temperature: float = 1.0,
    adapters: Sequence[Path | None] | None = None,
) -> list[list[int]]:
    return [sample.ids for sample in samples(engine, prompts, temperature=temperature, adapters=adapters)]


def generated(model: Any, prompt: Prompt, codec: Codec) -> list[int]:
    """What plain greedy `generate` makes of one prompt. Ids that the tokenizer does not have are left out."""
    unspelt = range(codec.vocab_size, model.config.vocab_size)
    ids = torch.tensor([[*prompt.prefix, *prompt.suffix]])
    output = model.generate(
        input_ids=ids,
        attention_mask=torch.ones_like(ids),
        do_sample=False,
        max_new_tokens=TOKENS,
        suppress_tokens=sorted({*prompt.banned, *unspelt}),
        pad_token_id=codec.pad_id,
        eos_token_id=codec.end_id,
    )
    return output[0, ids.shape[1] :].tolist()
