"""The vLLM engine on vLLM itself: what tests/workers/test_engine_vllm.py tests on a stand-in."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from tests.fakes import save_adapter
from tests.gpu.test_engine_on_gpu import ROUNDING, missed
from tests.workers.sampling import ragged_prompts, samples
from workers.base import BaseModel
from workers.engines.lora import merged
from workers.engines.vllm import VllmEngine

pytest.importorskip("vllm", reason="vLLM is not installed")
pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no CUDA device"),
]


@pytest.fixture(scope="module")
def engine(gpu_base: BaseModel) -> VllmEngine:
    return VllmEngine(gpu_base)


def test_each_row_is_greedy_under_its_own_adapter_and_scored_as_it_was_sampled(
    engine: VllmEngine, gpu_base: BaseModel, tmp_path: Path
) -> None:
    folders = [save_adapter(gpu_base, tmp_path / str(seed), seed=seed) for seed in (1, 2)]
    prompts, whose = ragged_prompts(gpu_base, 9), [*folders, None] * 3
    lines = samples(engine, prompts, temperature=0, adapters=whose)
    for prompt, line, folder in zip(prompts, lines, whose, strict=True):
        model = gpu_base.model if folder is None else merged(gpu_base, folder)
        assert missed(model, gpu_base, prompt, line.ids) < ROUNDING
    scores = engine.score(prompts, [line.ids for line in lines], adapters=whose)
    assert scores == pytest.approx([line.logprob for line in lines], rel=0.05, abs=0.5)


def test_seeds_give_lines_that_differ(engine: VllmEngine, gpu_base: BaseModel) -> None:
    lines = samples(engine, ragged_prompts(gpu_base, 1) * 16)
    assert len({tuple(line.ids) for line in lines}) > 8
