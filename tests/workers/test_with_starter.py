"""Engine, drafts and training on the copywriter that ships."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from peft import PeftModel

from adgen.channels import slot_format
from adgen.spec import BrandSpec, BriefSpec, Draft, Example
from tests.fakes import BRIEF, never
from workers.base import BaseModel, load_base
from workers.engines.transformers import TransformersEngine
from workers.generation import generate
from workers.train import TrainConfig, TrainResult, train

HEADLINE, DESCRIPTION = "google_rsa.headline", "google_rsa.description"
OPENINGS = ("No fuss, just", "Quietly good:", "Slow mornings,", "Say little, drink")
CLOSINGS = ("beans", "espresso", "crema", "coffee at home", "a better cup")


@pytest.fixture(scope="module")
def starter() -> BaseModel:
    return load_base("starter", device="cpu")


@pytest.fixture(scope="module")
def tuned(starter: BaseModel, tmp_path_factory: pytest.TempPathFactory) -> tuple[TrainResult, float]:
    """An adapter of the starter for a brand of sixty lines, and the CPU seconds it took."""
    lines = [f"{opening} {closing}{mark}" for mark in ".!?" for opening in OPENINGS for closing in CLOSINGS]
    examples = [Example(BRIEF, HEADLINE, line, f"ad {number // 3}") for number, line in enumerate(lines)]
    started = time.process_time()
    result = train(
        starter,
        examples=examples,
        config=TrainConfig(epochs=3),
        out_dir=tmp_path_factory.mktemp("tuned"),
        log_dir=None,
        on_step=lambda progress: None,
        should_stop=never,
    )
    return result, time.process_time() - started


def test_greedy_is_plain_generate_with_and_without_an_adapter(
    starter: BaseModel, tuned: tuple[TrainResult, float]
) -> None:
    engine, end_id = TransformersEngine(starter), starter.codec.end_id
    roomy = replace(slot_format("x.post"), limit=1000)  # plain `generate` knows no limit
    prompts = [
        replace(starter.codec.prompt(BRIEF, slot_format(slot), angle), slot=roomy)
        for slot in (HEADLINE, DESCRIPTION)
        for angle in starter.codec.angles(BRIEF, slot_format(slot))
    ]
    for folder in (None, tuned[0].folder):
        engine.use_adapter(folder)
        model = (
            engine.model()
            if folder is None
            else PeftModel.from_pretrained(load_base("starter", device="cpu").model, folder)
        )
        lines = engine.sample(
            prompts, [0] * len(prompts), temperature=0, top_p=1, max_new_tokens=24, should_stop=never
        )
        for prompt, line in zip(prompts, lines, strict=True):
            ids = torch.tensor([[*prompt.prefix, *prompt.suffix]])
            expected = model.generate(  # type: ignore[operator]
                input_ids=ids,
                attention_mask=torch.ones_like(ids),
                do_sample=False,
                max_new_tokens=24,
                suppress_tokens=sorted(prompt.banned),
                pad_token_id=starter.codec.pad_id,
                eos_token_id=end_id,
            )
            assert line.ids == expected[0, ids.shape[1] :].tolist()


def test_sixty_lines_teach_a_brands_manner_in_half_a_minute(tuned: tuple[TrainResult, float]) -> None:
    result, seconds = tuned
    assert result.metrics.heldout_loss < 0.8 * result.metrics.base_loss
    assert seconds < 30


@pytest.mark.parametrize("slot", [HEADLINE, DESCRIPTION, "meta.primary_text", "x.post"])
def test_a_brief_gets_the_lines_it_asks_for(starter: BaseModel, slot: str) -> None:
    generation = generate(
        TransformersEngine(starter), brief=BRIEF, slot=slot, count=20, seed=1, taken=(), should_stop=never
    )
    drafts = list(generation)
    assert generation.shortfall == ""
    assert len({draft.text.casefold() for draft in drafts}) == 20
    assert all(draft.width <= draft.limit == slot_format(slot).limit for draft in drafts)
    assert not any("cheap" in draft.text.lower() for draft in drafts)
    named = [draft.text for draft in drafts if "nordlys" in draft.text.lower()]
    assert all("Nordlys Coffee" in text for text in named)


def test_the_barest_brief_is_enough(starter: BaseModel) -> None:
    brief = BriefSpec(BrandSpec("Zibbo"), "garden chairs", {})
    generation = generate(
        TransformersEngine(starter), brief=brief, slot=HEADLINE, count=5, seed=1, taken=(), should_stop=never
    )
    assert len(list(generation)) == 5


@pytest.mark.long
def test_the_drafts_of_a_seed_do_not_depend_on_the_minibatch(
    starter: BaseModel, tuned: tuple[TrainResult, float]
) -> None:
    def run(minibatch: int, adapter: Path | None, seed: int = 3) -> list[Draft]:
        engine = TransformersEngine(starter, minibatch=minibatch)
        engine.use_adapter(adapter)
        return list(
            generate(engine, brief=BRIEF, slot=HEADLINE, count=12, seed=seed, taken=(), should_stop=never)
        )

    for adapter in (None, tuned[0].folder):
        assert run(32, adapter) == run(7, adapter)
    assert run(32, None) != run(32, tuned[0].folder)
    assert run(32, None) != run(32, None, seed=4)


def test_taken_lines_are_not_written_again(starter: BaseModel) -> None:
    def run(taken: tuple[str, ...]) -> tuple[str, ...]:
        generation = generate(
            TransformersEngine(starter),
            brief=BRIEF,
            slot=HEADLINE,
            count=8,
            seed=3,
            taken=taken,
            should_stop=never,
        )
        return tuple(draft.text for draft in generation)

    first = run(())
    assert not set(first) & set(run(first))
