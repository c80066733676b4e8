"""The transformers engine: the lines of plain `generate`, by seed, in any minibatch, with likelihoods."""

from __future__ import annotations

import copy
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from peft import PeftModel

from adgen.errors import OutOfMemory, WorkStopped
from tests.fakes import ForgetfulModel, never, save_adapter
from tests.workers.sampling import (
    HEADLINE,
    TOKENS,
    generated,
    prompts_of_three_briefs,
    ragged_prompts,
    sampled,
    samples,
)
from workers.base import BaseModel
from workers.codec import Prompt
from workers.engines.decoding import pick
from workers.engines.transformers import TransformersEngine


def test_greedy_is_plain_generate_with_and_without_an_adapter(each_base: BaseModel, tmp_path: Path) -> None:
    prompts, codec = ragged_prompts(each_base, 5), each_base.codec
    folder = save_adapter(each_base, tmp_path / "adapter", seed=1)
    engine = TransformersEngine(each_base)
    plain = sampled(engine, prompts, temperature=0)
    assert plain == [generated(each_base.model, prompt, codec) for prompt in prompts]
    assert len({tuple(line) for line in plain}) > 1
    engine.use_adapter(folder)
    lines = sampled(engine, prompts, temperature=0)
    unmerged = PeftModel.from_pretrained(copy.deepcopy(each_base.model), folder)
    assert lines == [generated(unmerged, prompt, codec) for prompt in prompts]
    assert lines != plain


def test_briefs_of_other_lengths_share_a_minibatch_and_change_nothing(each_base: BaseModel) -> None:
    prompts, codec = prompts_of_three_briefs(each_base, 2), each_base.codec
    lines = sampled(TransformersEngine(each_base, minibatch=32), prompts, temperature=0)
    assert lines == [generated(each_base.model, prompt, codec) for prompt in prompts]


def test_a_row_is_the_same_in_any_minibatch_and_any_company(tiny_base: BaseModel) -> None:
    prompts = ragged_prompts(tiny_base, 24)
    together = sampled(TransformersEngine(tiny_base, minibatch=32), prompts)
    by_fives = sampled(TransformersEngine(tiny_base, minibatch=5), prompts)
    assert together == by_fives
    assert len({tuple(line) for line in together}) > 20
    engine = TransformersEngine(tiny_base)
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
    prompts = ragged_prompts(each_base, 10)
    engine = TransformersEngine(each_base, minibatch=4)
    for folder in (None, save_adapter(each_base, tmp_path, seed=1)):
        engine.use_adapter(folder)
        drawn = samples(engine, prompts)
        scores = engine.score(prompts, [sample.ids for sample in drawn])
        assert scores == pytest.approx([sample.logprob for sample in drawn], rel=1e-3, abs=1e-3)
        assert len(set(scores)) > 8


def test_pick_stays_inside_the_nucleus_and_follows_the_noise() -> None:
    logits = torch.tensor([[0.5, 0.3, 0.15, 0.05]]).log()
    points = torch.linspace(0, 1, 101)
    picked = pick(logits.expand(101, -1), points, temperature=1.0, top_p=0.8)
    assert set(picked.tolist()) == {0, 1}
    assert (picked == 0).float().mean().item() == pytest.approx(0.5 / 0.8, abs=0.02)
    assert pick(logits, torch.tensor([0.99]), temperature=0, top_p=0.8).tolist() == [0]


def test_the_minibatch_is_halved_until_it_fits_and_remembered(tiny_base: BaseModel) -> None:
    prompts = ragged_prompts(tiny_base, 24)
    expected = sampled(TransformersEngine(tiny_base), prompts)
    model = ForgetfulModel(tiny_base.model, most=5)
    engine = TransformersEngine(model.as_base(tiny_base), minibatch=16)
    assert sampled(engine, prompts) == expected
    assert model.refused == [16, 8]
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
