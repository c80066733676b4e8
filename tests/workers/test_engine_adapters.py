"""Whose weights write a line: one adapter after the other, several side by side, and never a stranger's."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from adgen.errors import ModelUnavailable, OutOfMemory, WorkStopped
from tests.fakes import no_room_for_a_copy, save_adapter, save_forcing_adapter
from tests.workers.sampling import prompts_of_three_briefs, ragged_prompts, sampled, samples
from workers.base import BaseModel
from workers.engines.transformers import TransformersEngine

LETTERS = {"first": {65, 66}, "second": {67, 68}}


@pytest.fixture
def brands(tiny_base: BaseModel, tmp_path: Path) -> dict[str, Path]:
    """Adapters that force letters of their own: a wrong letter is a line of the wrong brand."""
    return {
        name: save_forcing_adapter(tiny_base, tmp_path / name, (min(ids), max(ids)))
        for name, ids in LETTERS.items()
    }


@pytest.fixture
def untouched(tiny_base: BaseModel) -> Iterator[None]:
    """The base model is afterwards what it was before: same weights, no hooks, its own attention."""
    pristine = {name: tensor.clone() for name, tensor in tiny_base.model.state_dict().items()}
    yield
    for name, tensor in tiny_base.model.state_dict().items():
        assert torch.equal(tensor, pristine[name]), name
    assert not any(module._forward_hooks for module in tiny_base.model.modules())
    assert tiny_base.model.config._attn_implementation == "sdpa"


@pytest.mark.usefixtures("untouched")
def test_two_brands_in_turn_never_share_weights(tiny_base: BaseModel, brands: dict[str, Path]) -> None:
    engine, prompts = TransformersEngine(tiny_base), ragged_prompts(tiny_base, 4)
    before = sampled(engine, prompts)
    for turn in range(100):
        name = ("first", "second")[turn % 2]
        engine.use_adapter(brands[name])
        lines = samples(engine, prompts, tokens=2)
        assert {token for line in lines for token in line.ids} <= LETTERS[name]
    engine.use_adapter(None)
    assert sampled(engine, prompts) == before


@pytest.mark.usefixtures("untouched")
def test_two_brands_in_one_minibatch_never_share_weights(
    tiny_base: BaseModel, brands: dict[str, Path]
) -> None:
    engine, prompts = TransformersEngine(tiny_base), ragged_prompts(tiny_base, 9)
    plain = sampled(engine, prompts)
    whose = ["first", "second", None] * 3
    lines = sampled(engine, prompts, adapters=[brands.get(name or "") for name in whose])
    for name, line, unadapted in zip(whose, lines, plain, strict=True):
        assert (set(line) <= LETTERS[name]) if name else (line == unadapted)
    assert sampled(engine, prompts) == plain


def test_a_mixed_minibatch_writes_what_each_adapter_writes_alone(
    each_base: BaseModel, tmp_path: Path
) -> None:
    folders = [save_adapter(each_base, tmp_path / str(seed), seed=seed) for seed in (1, 2)]
    prompts = prompts_of_three_briefs(each_base, 3)
    whose = [*folders, None] * 3
    whose[3], whose[4] = whose[4], whose[3]
    engine = TransformersEngine(each_base, minibatch=32)
    mixed = sampled(engine, prompts, temperature=0, adapters=whose)
    scores = engine.score(prompts, mixed, adapters=whose)
    for folder in {*whose}:
        engine.use_adapter(folder)
        own = [row for row, other in enumerate(whose) if other == folder]
        alone = samples(engine, [prompts[row] for row in own], temperature=0)
        assert [mixed[row] for row in own] == [sample.ids for sample in alone]
        assert [scores[row] for row in own] == pytest.approx([one.logprob for one in alone], rel=1e-3)


@pytest.mark.usefixtures("untouched")
def test_a_stop_in_a_mixed_minibatch_leaves_the_base_as_it_was(
    tiny_base: BaseModel, brands: dict[str, Path]
) -> None:
    engine, prompts = TransformersEngine(tiny_base), ragged_prompts(tiny_base, 4)
    before = sampled(engine, prompts)
    answers = iter([False, False, True])
    with pytest.raises(WorkStopped):
        engine.sample(
            prompts,
            range(4),
            temperature=1.0,
            top_p=0.95,
            max_new_tokens=9,
            should_stop=lambda: next(answers),
            adapters=[*brands.values()] * 2,
        )
    assert sampled(engine, prompts) == before


@pytest.mark.parametrize(
    ("name", "value"),
    [("use_dora", True), ("bias", "all"), ("modules_to_save", ["lm_head"]), ("rank_pattern", {"q_proj": 2})],
)
def test_only_plain_lora_is_used(tiny_base: BaseModel, tmp_path: Path, name: str, value: Any) -> None:
    folder = save_adapter(tiny_base, tmp_path)
    config = folder / "adapter_config.json"
    config.write_text(json.dumps(json.loads(config.read_text()) | {name: value}))
    with pytest.raises(ModelUnavailable, match=f"{name}=.*only plain LoRA"):
        TransformersEngine(tiny_base).use_adapter(folder)
    with pytest.raises(ModelUnavailable, match=f"{name}=.*only plain LoRA"):
        sampled(TransformersEngine(tiny_base), ragged_prompts(tiny_base, 4), adapters=[folder, None] * 2)


@pytest.mark.parametrize("damage", ["infinite", "missing", "foreign", "misshapen"])
def test_damaged_factors_are_refused(tiny_base: BaseModel, tmp_path: Path, damage: str) -> None:
    folder = save_adapter(tiny_base, tmp_path)
    weights = load_file(folder / "adapter_model.safetensors")
    name = sorted(weights)[1]
    if damage == "infinite":
        weights[name][0, 0] = torch.inf
    elif damage == "missing":
        del weights[name]
    elif damage == "foreign":
        weights["base_model.model.embedding"] = torch.zeros(2)
    else:
        weights[name] = weights[name][:-1].clone()
    save_file(weights, folder / "adapter_model.safetensors")
    with pytest.raises(ModelUnavailable, match="does not fit"):
        TransformersEngine(tiny_base).use_adapter(folder)
    with pytest.raises(ModelUnavailable, match="does not fit"):
        sampled(TransformersEngine(tiny_base), ragged_prompts(tiny_base, 4), adapters=[folder, None] * 2)


def test_after_a_failed_change_nothing_is_written_with_the_old_weights(
    tiny_base: BaseModel, tmp_path: Path
) -> None:
    engine, prompts = TransformersEngine(tiny_base), ragged_prompts(tiny_base)
    engine.use_adapter(save_forcing_adapter(tiny_base, tmp_path / "good", (65, 66)))
    damaged = save_adapter(tiny_base, tmp_path / "damaged")
    (damaged / "adapter_model.safetensors").write_bytes(b"nonsense")
    with pytest.raises(ModelUnavailable, match="does not fit"):
        engine.use_adapter(damaged)
    with pytest.raises(ModelUnavailable, match="No adapter is in use"):
        sampled(engine, prompts)
    engine.use_adapter(None)
    assert sampled(engine, prompts) == sampled(TransformersEngine(tiny_base), prompts)


def test_the_adapter_in_use_is_not_merged_again(tiny_base: BaseModel, tmp_path: Path) -> None:
    first, second = (save_adapter(tiny_base, tmp_path / name, seed=1) for name in ("first", "second"))
    engine = TransformersEngine(tiny_base)
    engine.use_adapter(first)
    merged = engine.model()
    engine.use_adapter(first)
    assert engine.model() is merged
    engine.use_adapter(second)
    assert engine.model() is not merged


def test_a_copy_that_does_not_fit_is_no_fault_of_the_adapter(tiny_base: BaseModel, tmp_path: Path) -> None:
    folder = save_adapter(tiny_base, tmp_path)
    engine = TransformersEngine(no_room_for_a_copy(tiny_base))
    with pytest.raises(OutOfMemory, match="smaller base model"):
        engine.use_adapter(folder)
    with pytest.raises(ModelUnavailable, match="No adapter is in use"):
        engine.model()


def test_an_adapter_of_other_base_weights_is_refused(tiny_base: BaseModel, tmp_path: Path) -> None:
    folder = save_adapter(tiny_base, tmp_path / "adapter", seed=1, revision="0" * 64)
    with pytest.raises(ModelUnavailable, match="0" * 64) as refusal:
        TransformersEngine(tiny_base).use_adapter(folder)
    assert tiny_base.weights_sha256 in str(refusal.value)


def test_an_adapter_as_a_pickle_is_refused(tiny_base: BaseModel, tmp_path: Path) -> None:
    folder = save_adapter(tiny_base, tmp_path / "adapter", seed=1)
    (folder / "adapter_model.safetensors").rename(folder / "adapter_model.bin")
    with pytest.raises(ModelUnavailable, match=r"no adapter_model\.safetensors"):
        TransformersEngine(tiny_base).use_adapter(folder)
