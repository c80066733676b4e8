"""The benchmark of sampling measures three ways of doing the same work."""

from __future__ import annotations

import pytest
import torch

from workers.base import BaseModel
from workers.bench.generate import run


def test_figures_come_with_their_baselines_and_ratios(tiny_base: BaseModel) -> None:
    threads = torch.get_num_threads()
    figures = run(tiny_base, briefs=2, lines=3, new_tokens=2, prompt_lengths=(8, 16), rounds=1)
    assert torch.get_num_threads() == threads
    for length in (8, 16):
        fast = figures[f"shared_prefill_lines_per_s_{length}"]
        for baseline in ("minibatch", "one_by_one"):
            slow = figures[f"{baseline}_lines_per_s_{length}"]
            assert isinstance(fast, float)
            assert isinstance(slow, float)
            assert figures[f"times_{baseline}_{length}"] == pytest.approx(fast / slow)
