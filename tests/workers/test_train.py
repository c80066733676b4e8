"""Training: it lowers held-out loss, ends lines, repeats exactly, and leaves the base alone."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from adgen.channels import slot_format
from adgen.errors import CannotTrain, OutOfMemory, WorkStopped
from adgen.spec import BrandSpec, BriefSpec, Example
from tests.fakes import never, no_room_for_a_copy
from workers.adapters import adapter_digest
from workers.base import BaseModel
from workers.codec import Prompt
from workers.engines.transformers import TransformersEngine
from workers.train import TrainConfig, TrainProgress, TrainResult, collate, train

HEADLINE = "google_rsa.headline"
QUICK = TrainConfig(epochs=1, lr=5e-3, minibatch=8)
SHORT = BriefSpec(BrandSpec("Nordlys"), "coffee", {})


def examples(groups: int = 8, lines: int = 3) -> list[Example]:
    """Different lines of one manner: they share what a voice shares."""
    return [
        Example(SHORT, HEADLINE, f"slow coffee no. {group}{line}, slow days", f"ad {group}")
        for group in range(groups)
        for line in range(lines)
    ]


def trained(
    base: BaseModel,
    folder: Path,
    *,
    lines: Sequence[Example] | None = None,
    config: TrainConfig = QUICK,
    log_dir: Path | None = None,
    seen: list[TrainProgress] | None = None,
) -> TrainResult:
    return train(
        base,
        examples=examples() if lines is None else lines,
        config=config,
        out_dir=folder,
        log_dir=log_dir,
        on_step=(seen if seen is not None else []).append,
        should_stop=never,
    )


@pytest.fixture(scope="module")
def first(tiny_base: BaseModel, tmp_path_factory: pytest.TempPathFactory) -> TrainResult:
    return trained(tiny_base, tmp_path_factory.mktemp("first"), config=replace(QUICK, epochs=4))


def test_held_out_loss_falls_below_the_base_models(first: TrainResult) -> None:
    assert first.metrics.heldout_loss < 0.8 * first.metrics.base_loss
    assert (first.metrics.train_lines, first.metrics.heldout_lines) == (18, 6)
    assert (first.metrics.epochs, first.metrics.steps) == (4, 12)
    assert first.notes == ()


def test_the_engine_writes_with_what_was_trained(tiny_base: BaseModel, first: TrainResult) -> None:
    """A line of the manner learnt is likelier under the merged weights than under the base."""
    engine = TransformersEngine(tiny_base)
    engine.use_adapter(first.folder)
    prompt = tiny_base.codec.prompt(SHORT, slot_format(HEADLINE), "plain")
    target = tiny_base.codec.target("slow coffee no. 99, slow days", prompt)

    def loss(model: torch.nn.Module) -> float:
        ids, mask, labels = collate([(prompt, target)], pad_id=0)
        with torch.no_grad():
            return float(model(input_ids=ids, attention_mask=mask, labels=labels).loss)

    assert loss(engine.model()) < 0.8 * loss(tiny_base.model)


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(
    tiny_base: BaseModel, tmp_path: Path
) -> None:
    torch.manual_seed(1)
    one = adapter_digest(trained(tiny_base, tmp_path / "one").folder)
    torch.manual_seed(2)
    two = adapter_digest(trained(tiny_base, tmp_path / "two").folder)
    other = adapter_digest(trained(tiny_base, tmp_path / "other", config=replace(QUICK, seed=5)).folder)
    assert one == two != other


def test_the_base_model_and_the_callers_random_state_are_left_alone(
    tiny_base: BaseModel, tmp_path: Path
) -> None:
    weights = {name: tensor.clone() for name, tensor in tiny_base.model.state_dict().items()}
    random_state = torch.random.get_rng_state()
    trained(tiny_base, tmp_path)
    assert torch.equal(torch.random.get_rng_state(), random_state)
    assert set(tiny_base.model.state_dict()) == set(weights)
    for name, tensor in tiny_base.model.state_dict().items():
        assert torch.equal(tensor, weights[name])


def test_the_configuration_names_its_base_in_a_fixed_order(tiny_base: BaseModel, first: TrainResult) -> None:
    text = (first.folder / "adapter_config.json").read_text()
    config = json.loads(text)
    assert config["revision"] == tiny_base.weights_sha256
    assert config["target_modules"] == sorted(config["target_modules"])
    assert list(config) == sorted(config)
    assert sorted(path.name for path in first.folder.iterdir()) == [
        "adapter_config.json",
        "adapter_model.safetensors",
    ]


def test_the_line_and_its_end_are_labels_and_the_prompt_is_not() -> None:
    """The pad id is the end id here, as in many models: the end must be learnt all the same."""
    end = pad = 9
    slot = slot_format("google_rsa.headline")
    pairs = [(Prompt((1, 2), (3,), slot), [4, end]), (Prompt((1, 2), (3, 5), slot), [6, 7, end])]
    ids, mask, labels = collate(pairs, pad_id=pad)
    assert ids.tolist() == [[pad, pad, 1, 2, 3, 4, end], [1, 2, 3, 5, 6, 7, end]]
    assert mask.tolist() == [[0, 0, 1, 1, 1, 1, 1], [1, 1, 1, 1, 1, 1, 1]]
    assert labels.tolist() == [[-100] * 5 + [4, end], [-100] * 4 + [6, 7, end]]


def test_whole_groups_are_held_out(tiny_base: BaseModel, tmp_path: Path) -> None:
    metrics = trained(tiny_base, tmp_path, lines=examples(groups=3, lines=4)).metrics
    assert (metrics.train_lines, metrics.heldout_lines) == (8, 4)


def test_a_large_group_is_not_held_out(tiny_base: BaseModel, tmp_path: Path) -> None:
    lines = [
        replace(line, group="all but three" if at > 2 else "three") for at, line in enumerate(examples())
    ]
    metrics = trained(tiny_base, tmp_path, lines=lines).metrics
    assert (metrics.train_lines, metrics.heldout_lines) == (21, 3)


def test_a_single_group_is_split_by_line_with_a_note(tiny_base: BaseModel, tmp_path: Path) -> None:
    result = trained(tiny_base, tmp_path, lines=[replace(line, group="all") for line in examples()])
    assert result.metrics.heldout_lines == 4
    assert "held-out loss flatters" in result.notes[0]


def test_repeats_and_weightless_lines_are_left_out_with_a_note(tiny_base: BaseModel, tmp_path: Path) -> None:
    lines = examples()
    lines += [replace(lines[0], group="again"), replace(lines[1], text="never mind", weight=0.0)]
    result = trained(tiny_base, tmp_path, lines=lines)
    assert result.metrics.train_lines + result.metrics.heldout_lines == 24
    assert len(result.notes) == 2


def test_weights_count(tiny_base: BaseModel, tmp_path: Path) -> None:
    heavy = [replace(line, weight=5.0) if at % 2 else line for at, line in enumerate(examples())]
    light = adapter_digest(trained(tiny_base, tmp_path / "light").folder)
    assert adapter_digest(trained(tiny_base, tmp_path / "heavy", lines=heavy).folder) != light


def test_training_stops_when_held_out_loss_rises_and_keeps_the_best(
    tiny_base: BaseModel, tmp_path: Path
) -> None:
    seen: list[TrainProgress] = []
    config = replace(QUICK, epochs=12, lr=2.0, patience=1)
    metrics = trained(tiny_base, tmp_path, config=config, seen=seen).metrics
    assert metrics.epochs < 12
    assert metrics.heldout_loss <= min(progress.heldout_loss for progress in seen if progress.epoch > 1)


def test_a_training_whose_loss_is_no_number_gives_no_adapter(tiny_base: BaseModel, tmp_path: Path) -> None:
    with pytest.raises(CannotTrain, match="lower the learning rate"):
        trained(tiny_base, tmp_path / "out", config=replace(QUICK, lr=1e30))
    assert not (tmp_path / "out").exists()


def test_each_step_is_reported_and_logged(tiny_base: BaseModel, tmp_path: Path) -> None:
    seen: list[TrainProgress] = []
    metrics = trained(tiny_base, tmp_path / "out", log_dir=tmp_path / "log", seen=seen).metrics
    assert [progress.step for progress in seen] == list(range(1, metrics.steps + 1))
    assert {progress.steps for progress in seen} == {3}
    assert seen[0].heldout_loss == metrics.base_loss
    assert list((tmp_path / "log").glob("events.out.tfevents.*"))


@pytest.mark.parametrize("lines", [[], examples(1, 7), [examples()[0]] * 20])
def test_too_few_different_lines_are_refused(
    tiny_base: BaseModel, tmp_path: Path, lines: list[Example]
) -> None:
    with pytest.raises(CannotTrain, match="at least 8 are needed"):
        trained(tiny_base, tmp_path / "out", lines=lines)
    assert not (tmp_path / "out").exists()


def test_a_stop_leaves_nothing_behind(tiny_base: BaseModel, tmp_path: Path) -> None:
    seen: list[TrainProgress] = []
    with pytest.raises(WorkStopped):
        train(
            tiny_base,
            examples=examples(),
            config=QUICK,
            out_dir=tmp_path / "out",
            log_dir=None,
            on_step=seen.append,
            should_stop=lambda: len(seen) == 2,
        )
    assert len(seen) == 2
    assert not (tmp_path / "out").exists()


def test_too_little_memory_is_reported_with_the_mend(tiny_base: BaseModel, tmp_path: Path) -> None:
    def no_memory(progress: TrainProgress) -> None:
        raise torch.OutOfMemoryError("no room")

    with pytest.raises(OutOfMemory, match="lower the minibatch"):
        train(
            tiny_base,
            examples=examples(),
            config=QUICK,
            out_dir=tmp_path / "out",
            log_dir=None,
            on_step=no_memory,
            should_stop=never,
        )


def test_no_memory_for_a_copy_of_the_base_is_reported_as_well(tiny_base: BaseModel, tmp_path: Path) -> None:
    with pytest.raises(OutOfMemory, match="smaller base model"):
        trained(no_room_for_a_copy(tiny_base), tmp_path / "out")
    assert not (tmp_path / "out").exists()
