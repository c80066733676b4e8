"""What holds for the engine and for training on a CPU holds on a GPU, to the rounding of bfloat16."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from tests.fakes import save_adapter, save_forcing_adapter
from tests.workers.sampling import prompts_of_three_briefs, ragged_prompts, sampled, samples
from tests.workers.test_train import QUICK, trained
from workers.base import BaseModel
from workers.codec import Prompt
from workers.engines.memory import rows_that_fit
from workers.engines.transformers import TransformersEngine

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no CUDA device"),
]

# Two ways of adding up the same numbers in bfloat16 differ by less than this share of the largest logit;
# a token that some other prompt or other weights made likeliest misses by about all of it.
ROUNDING = 0.05


def missed(model: torch.nn.Module, base: BaseModel, prompt: Prompt, line: list[int]) -> float:
    """By how much, as a share of the largest logit, a token of `line` falls short of the likeliest one.

    The model reads prompt and line at once, without a cache.
    """
    ids = torch.tensor([[*prompt.prefix, *prompt.suffix, *line]], device="cuda")
    with torch.no_grad():
        logits = model(ids).logits[0, -len(line) - 1 : -1].float()
    taken = logits.gather(-1, ids[0, -len(line) :, None])[:, 0]
    scale = logits.abs().amax(-1)
    logits[:, list(prompt.banned)] = -torch.inf
    logits[:, base.codec.vocab_size :] = -torch.inf
    return float(((logits.amax(-1) - taken) / scale).max())


def test_the_base_lies_on_the_gpu_in_bfloat16(gpu_base: BaseModel) -> None:
    assert gpu_base.device.type == gpu_base.model.device.type == "cuda"
    assert gpu_base.model.dtype == torch.bfloat16


def test_greedy_takes_the_likeliest_token_with_and_without_an_adapter(
    gpu_base: BaseModel, tmp_path: Path
) -> None:
    engine, prompts = TransformersEngine(gpu_base), ragged_prompts(gpu_base, 16)
    for folder in (None, save_adapter(gpu_base, tmp_path, seed=1)):
        engine.use_adapter(folder)
        lines = sampled(engine, prompts, temperature=0)
        assert len({tuple(line) for line in lines}) > 1
        shares = [missed(engine.model(), gpu_base, *pair) for pair in zip(prompts, lines, strict=True)]
        assert max(shares) < ROUNDING


def test_two_brands_in_turn_never_share_weights(gpu_base: BaseModel, tmp_path: Path) -> None:
    pristine = {name: tensor.clone() for name, tensor in gpu_base.model.state_dict().items()}
    engine, prompts = TransformersEngine(gpu_base), ragged_prompts(gpu_base)
    before = sampled(engine, prompts)
    letters = {"first": (65, 66), "second": (67, 68)}
    folders = {name: save_forcing_adapter(gpu_base, tmp_path / name, ids) for name, ids in letters.items()}
    for name in ("first", "second") * 3:
        engine.use_adapter(folders[name])
        assert {token for line in sampled(engine, prompts) for token in line} <= set(letters[name])
    engine.use_adapter(None)
    assert sampled(engine, prompts) == before
    assert all(torch.equal(gpu_base.model.state_dict()[name], tensor) for name, tensor in pristine.items())


def test_brands_and_briefs_in_one_minibatch_take_the_likeliest_tokens_of_their_own(
    gpu_base: BaseModel, tmp_path: Path
) -> None:
    folders = [save_adapter(gpu_base, tmp_path / str(seed), seed=seed) for seed in (1, 2)]
    engine, prompts, whose = (
        TransformersEngine(gpu_base),
        prompts_of_three_briefs(gpu_base),
        [*folders, None] * 4,
    )
    whose[3], whose[4] = whose[4], whose[3]
    lines = samples(engine, prompts, temperature=0, adapters=whose)
    scores = engine.score(prompts, [line.ids for line in lines], adapters=whose)
    assert scores == pytest.approx([line.logprob for line in lines], rel=0.05, abs=0.5)
    for prompt, line, folder in zip(prompts, lines, whose, strict=True):
        engine.use_adapter(folder)
        assert missed(engine.model(), gpu_base, prompt, line.ids) < ROUNDING


def test_the_minibatch_is_what_fits_into_free_memory(gpu_base: BaseModel) -> None:
    short, long = (rows_that_fit(gpu_base, tokens=tokens, logits=1) for tokens in (100, 1_000_000))
    assert short is not None
    assert long is not None
    assert short > long >= 1


def test_training_lowers_held_out_loss_and_the_engine_writes_with_it(
    gpu_base: BaseModel, tmp_path: Path
) -> None:
    result = trained(gpu_base, tmp_path, config=QUICK)
    assert result.metrics.heldout_loss < result.metrics.base_loss
    engine = TransformersEngine(gpu_base)
    engine.use_adapter(result.folder)
    assert sampled(engine, ragged_prompts(gpu_base))
