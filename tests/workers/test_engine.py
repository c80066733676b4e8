"""The transformers engine: the lines of plain `generate`, by seed, in any minibatch, of one brand only."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from peft import PeftModel

from adgen.channels import slot_format
from adgen.errors import ModelUnavailable, OutOfMemory, WorkStopped
from tests.fakes import (
    BRIEF,
    ForgetfulModel,
    never,
    no_room_for_a_copy,
    save_adapter,
    save_forcing_adapter,
)
from workers.base import BaseModel
from workers.codec import Prompt
from workers.engines import Sample
from workers.engines.transformers import TransformersEngine, pick

HEADLINE = slot_format("google_rsa.headline")
TOKENS = 12


def ragged_prompts(base: BaseModel, number: int = 8) -> list[Prompt]:
    """Prompts of one brief, whose suffixes differ in length."""
    angles = base.codec.angles(BRIEF, HEADLINE)
    prompts = [base.codec.prompt(BRIEF, HEADLINE, angles[turn % len(angles)]) for turn in range(number)]
    assert len({len(prompt.suffix) for prompt in prompts}) > 1
    return prompts


def sampled(
    engine: TransformersEngine, prompts: Sequence[Prompt], *, temperature: float = 1.0
) -> list[list[int]]:
    return [sample.ids for sample in samples(engine, prompts, temperature=temperature)]


def samples(
    engine: TransformersEngine, prompts: Sequence[Prompt], *, temperature: float = 1.0
) -> list[Sample]:
    return engine.sample(
        prompts,
        list(range(len(prompts))),
        temperature=temperature,
        top_p=0.95,
        max_new_tokens=TOKENS,
        should_stop=never,
    )


def generated(model: torch.nn.Module, prompt: Prompt, end_id: int) -> list[int]:
    """What plain greedy `generate` makes of one prompt."""
    ids = torch.tensor([[*prompt.prefix, *prompt.suffix]])
    output = model.generate(  # type: ignore[operator]
        input_ids=ids,
        attention_mask=torch.ones_like(ids),
        do_sample=False,
        max_new_tokens=TOKENS,
        suppress_tokens=sorted(prompt.banned),
        pad_token_id=end_id,
        eos_token_id=end_id,
    )
    return output[0, ids.shape[1] :].tolist()


def test_greedy_is_plain_generate_for_ragged_prompts(each_base: BaseModel) -> None:
    prompts = ragged_prompts(each_base)
    lines = sampled(TransformersEngine(each_base), prompts, temperature=0)
    assert lines == [generated(each_base.model, prompt, each_base.codec.end_id) for prompt in prompts]
    assert len({tuple(line) for line in lines}) > 1


def test_greedy_is_plain_generate_with_an_adapter(each_base: BaseModel, tmp_path: Path) -> None:
    prompts = ragged_prompts(each_base)
    folder = save_adapter(each_base, tmp_path / "adapter", seed=1)
    engine = TransformersEngine(each_base)
    plain = sampled(engine, prompts, temperature=0)
    engine.use_adapter(folder)
    lines = sampled(engine, prompts, temperature=0)
    unmerged = PeftModel.from_pretrained(copy.deepcopy(each_base.model), folder)
    assert lines == [generated(unmerged, prompt, each_base.codec.end_id) for prompt in prompts]
    assert lines != plain


def test_a_row_is_the_same_in_any_minibatch_and_any_company(each_base: BaseModel) -> None:
    prompts = ragged_prompts(each_base, 24)
    together = sampled(TransformersEngine(each_base, minibatch=32), prompts)
    by_fives = sampled(TransformersEngine(each_base, minibatch=5), prompts)
    assert together == by_fives
    assert len({tuple(line) for line in together}) > 20
    engine = TransformersEngine(each_base)
    (alone,) = engine.sample(
        [prompts[17]], [17], temperature=1.0, top_p=0.95, max_new_tokens=TOKENS, should_stop=never
    )
    assert alone.ids == together[17]


def test_another_seed_gives_another_line(tiny_base: BaseModel) -> None:
    (prompt, *_) = ragged_prompts(tiny_base)
    assert len({tuple(line) for line in sampled(TransformersEngine(tiny_base), [prompt] * 16)}) > 8


def test_prompts_without_suffix_and_without_prefix_are_run_as_well(tiny_base: BaseModel) -> None:
    ids = tuple(tiny_base.codec.tokenizer.encode("Coffee"))  # type: ignore[attr-defined]
    engine = TransformersEngine(tiny_base)
    shapes = [Prompt(ids, (), HEADLINE), Prompt(ids[:3], ids[3:], HEADLINE), Prompt((), ids, HEADLINE)]
    first, *others = sampled(engine, shapes, temperature=0)
    assert others == [first, first]


def test_banned_ids_and_ids_that_spell_nothing_are_never_sampled(tiny_base: BaseModel) -> None:
    allowed = {65, 66, tiny_base.codec.end_id}
    banned = frozenset(set(range(tiny_base.codec.vocab_size + 50)) - allowed)
    prompts = [replace(prompt, banned=banned) for prompt in ragged_prompts(tiny_base, 16)]
    assert {token for line in sampled(TransformersEngine(tiny_base), prompts) for token in line} <= allowed


def test_a_row_ends_at_its_end_and_the_others_go_on(tiny_base: BaseModel) -> None:
    end_id = tiny_base.codec.end_id
    banned = frozenset(set(range(tiny_base.codec.vocab_size)) - {65, 66, end_id})
    lines = sampled(
        TransformersEngine(tiny_base),
        [Prompt((70, 71), (number,), HEADLINE, banned) for number in range(40)],
    )
    assert len({len(line) for line in lines}) > 2
    for line in lines:
        assert end_id not in line[:-1]
        assert line[-1] == end_id or len(line) == TOKENS


def test_the_score_of_a_sample_is_its_likelihood(each_base: BaseModel, tmp_path: Path) -> None:
    prompts = ragged_prompts(each_base, 24)
    engine = TransformersEngine(each_base, minibatch=7)
    for folder in (None, save_adapter(each_base, tmp_path, seed=1)):
        engine.use_adapter(folder)
        drawn = samples(engine, prompts)
        scores = engine.score(prompts, [sample.ids for sample in drawn])
        assert scores == pytest.approx([sample.logprob for sample in drawn], rel=1e-3, abs=1e-3)
        assert len(set(scores)) > 20


def test_pick_stays_inside_the_nucleus_and_follows_the_noise() -> None:
    logits = torch.tensor([[0.5, 0.3, 0.15, 0.05]]).log()
    points = torch.linspace(0, 1, 101)
    picked = pick(logits.expand(101, -1), points, temperature=1.0, top_p=0.8)
    assert set(picked.tolist()) == {0, 1}
    assert (picked == 0).float().mean().item() == pytest.approx(0.5 / 0.8, abs=0.02)
    assert pick(logits, torch.tensor([0.99]), temperature=0, top_p=0.8).tolist() == [0]


def test_two_brands_in_turn_never_share_weights(tiny_base: BaseModel, tmp_path: Path) -> None:
    """Adapters that force letters of their own: a wrong letter is a line of the wrong brand."""
    pristine = {name: tensor.clone() for name, tensor in tiny_base.model.state_dict().items()}
    brands = {"first": (65, 66), "second": (67, 68)}
    folders = {name: save_forcing_adapter(tiny_base, tmp_path / name, ids) for name, ids in brands.items()}
    engine, prompts = TransformersEngine(tiny_base), ragged_prompts(tiny_base)
    before = sampled(engine, prompts)
    for turn in range(20):
        name = ("first", "second")[turn % 2]
        engine.use_adapter(folders[name])
        assert {token for line in sampled(engine, prompts) for token in line} <= set(brands[name])
    engine.use_adapter(None)
    assert sampled(engine, prompts) == before
    for name, tensor in tiny_base.model.state_dict().items():
        assert torch.equal(tensor, pristine[name]), name


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


def test_the_minibatch_is_halved_until_it_fits_and_remembered(tiny_base: BaseModel) -> None:
    prompts = ragged_prompts(tiny_base, 24)
    expected = sampled(TransformersEngine(tiny_base), prompts)
    model = ForgetfulModel(tiny_base.model, most=5)
    engine = TransformersEngine(model.as_base(tiny_base), minibatch=16)
    assert sampled(engine, prompts) == expected
    assert model.refused == [16, 8]
    assert engine.minibatch == 4
    sampled(engine, prompts)
    assert model.refused == [16, 8]


def test_one_row_that_does_not_fit_is_reported(tiny_base: BaseModel) -> None:
    engine = TransformersEngine(ForgetfulModel(tiny_base.model, most=0).as_base(tiny_base))
    with pytest.raises(OutOfMemory, match="smaller base model"):
        sampled(engine, ragged_prompts(tiny_base, 4))


def test_a_stop_is_seen_before_the_next_token(tiny_base: BaseModel) -> None:
    model = ForgetfulModel(tiny_base.model, most=100)
    answers = iter([False, False, True])
    with pytest.raises(WorkStopped):
        TransformersEngine(model.as_base(tiny_base)).sample(
            ragged_prompts(tiny_base),
            range(8),
            temperature=1.0,
            top_p=0.95,
            max_new_tokens=100,
            should_stop=lambda: next(answers),
        )
    assert model.calls == 1 + 2  # the shared prefix, and two tokens
