"""A training run stops at its time, and goes on from its checkpoint as it was."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from transformers import AutoModelForCausalLM

from workers.base import verify_manifest
from workers.starter.copywriter import WEIGHTS, train
from workers.starter.copywriter.recipe import Recipe, Run
from workers.starter.copywriter.vocabulary import Vocabulary

TINY = Recipe(minutes=0.01, minibatch=2, width=32, layers=1, heads=2, inner=64)


@pytest.fixture(scope="module")
def vocabulary() -> Vocabulary:
    return Vocabulary.load(WEIGHTS / "tokenizer.json")


@pytest.fixture(autouse=True)
def _without_a_compiler(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")


def test_a_stopped_run_is_found_again(vocabulary: Vocabulary, tmp_path: Path) -> None:
    checkpoint = tmp_path / "checkpoint.pt"
    first = Run(TINY, vocabulary, checkpoint)
    first.train()
    assert first.progress.step > 0
    assert first.progress.minutes >= TINY.minutes
    again = Run(TINY, vocabulary, checkpoint)
    assert again.progress == first.progress
    for name, weight in again.model.state_dict().items():
        assert torch.equal(weight, first.model.state_dict()[name])


def test_a_checkpoint_of_another_recipe_is_refused(vocabulary: Vocabulary, tmp_path: Path) -> None:
    checkpoint = tmp_path / "checkpoint.pt"
    Run(TINY, vocabulary, checkpoint).train()
    before = checkpoint.read_bytes()
    with pytest.raises(ValueError, match="another recipe"):
        Run(replace(TINY, seed=2), vocabulary, checkpoint)
    assert checkpoint.read_bytes() == before


def test_the_same_seed_gives_the_same_start(vocabulary: Vocabulary, tmp_path: Path) -> None:
    one, two = (Run(TINY, vocabulary, tmp_path / name).model.state_dict() for name in ("a.pt", "b.pt"))
    assert all(torch.equal(one[name], two[name]) for name in one)


def test_what_is_written_can_be_loaded_and_matches_its_manifest(
    vocabulary: Vocabulary, tmp_path: Path
) -> None:
    run = Run(TINY, vocabulary, tmp_path / "checkpoint.pt")
    train.write(run, WEIGHTS / "tokenizer.json", tmp_path / "out")
    verify_manifest(tmp_path / "out")
    model = AutoModelForCausalLM.from_pretrained(tmp_path / "out", use_safetensors=True)
    assert (
        model.num_parameters() == json.loads((tmp_path / "out" / "manifest.json").read_text())["parameters"]
    )
