"""The benchmark of sampling measures three ways of doing the same work, and knows what a GPU could do."""

from __future__ import annotations

import pytest
import torch
from transformers import Qwen3Config

from workers.base import BaseModel
from workers.bench.generate import of_large_model, run
from workers.bench.roofline import GPUS, gpu_named, lines_per_second
from workers.engines.memory import cache_bytes, rows_that_fit


def test_figures_come_with_their_baselines_and_ratios(tiny_base: BaseModel) -> None:
    before = torch.get_num_threads()
    figures = run(
        tiny_base, briefs=2, lines=3, new_tokens=2, prompt_lengths=(8, 16), threads=(1, 2), rounds=1
    )
    assert torch.get_num_threads() == before
    for label in ("8_1t", "16_1t", "8_2t", "16_2t"):
        fast = figures[f"shared_prefill_lines_per_s_{label}"]
        for baseline in ("minibatch", "one_by_one"):
            slow = figures[f"{baseline}_lines_per_s_{label}"]
            assert isinstance(fast, float)
            assert isinstance(slow, float)
            assert figures[f"times_{baseline}_{label}"] == pytest.approx(fast / slow)
            assert (f"cpu_times_{baseline}_{label}" in figures) == label.endswith("1t")


def test_a_model_of_another_shape_is_measured_on_random_weights() -> None:
    shape = Qwen3Config(
        vocab_size=64,
        hidden_size=16,
        intermediate_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        num_key_value_heads=1,
        head_dim=8,
    )
    figures = of_large_model(
        torch.device("cpu"), shape, briefs=2, lines=3, prompt_tokens=9, new_tokens=2, rounds=1
    )
    assert set(figures) == {"lines_per_s_0.6B"}


@pytest.mark.parametrize(("rows", "expected"), [(256, 33_000), (1024, 38_000)])
def test_the_roofline_of_half_a_billion_parameters_on_an_h100(rows: int, expected: int) -> None:
    found = lines_per_second(
        GPUS["H100"],
        parameters=494_000_000,
        weight_bytes=988_000_000,
        cache_bytes=12_288,
        briefs=rows // 32,
        lines=32,
        prompt_tokens=200,
        new_tokens=20,
    )
    assert found == pytest.approx(expected, rel=0.03)


def test_gpus_are_known_by_the_names_that_torch_reports() -> None:
    assert gpu_named("NVIDIA H100 80GB HBM3") == GPUS["H100"]
    assert gpu_named("NVIDIA H100 PCIe") == GPUS["H100 PCIe"]
    assert gpu_named("NVIDIA L40S") == GPUS["L40S"]
    assert gpu_named("a GPU of next year") is None


def test_a_token_takes_its_keys_and_values_in_every_layer() -> None:
    qwen3 = Qwen3Config(num_hidden_layers=28, num_key_value_heads=8, head_dim=128)
    assert cache_bytes(qwen3, torch.bfloat16) == 114_688
    assert cache_bytes(qwen3, torch.float32) == 229_376


def test_on_a_cpu_memory_does_not_decide_how_many_rows_run(tiny_base: BaseModel) -> None:
    assert rows_that_fit(tiny_base, tokens=10**9, logits=10**9) is None
