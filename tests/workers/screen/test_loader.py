"""What is refused before and after Detoxify loads a checkpoint, and that a sound one is loaded whole."""

from __future__ import annotations

import json
import os
import pickle
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from detoxify import Detoxify

from adgen.errors import ModelUnavailable
from workers.hashes import sha256
from workers.screen.loader import load_folder, load_screen_model
from workers.screen.model import ScreenModel
from workers.screen.sums import write_sums
from workers.starter.screen.difference import state_sha256

Changer = Callable[[Callable[[dict[str, Any]], None]], None]


def refusal(folder: Path) -> str:
    with pytest.raises(ModelUnavailable) as refused:
        load_folder(folder)
    return str(refused.value)


def test_a_sound_checkpoint_is_loaded_by_detoxify_without_the_network(
    starter: tuple[Path, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[object] = []
    monkeypatch.setattr(socket.socket, "connect", lambda _, address: calls.append(address))
    model = load_folder(*starter)
    assert calls == []
    assert isinstance(model.detoxify, Detoxify)
    assert model.labels == ("toxicity", "identity_attack")
    assert state_sha256(model.detoxify.model.state_dict()) == model.sha256 == starter[1]


def test_a_path_is_loaded_like_the_starter(starter: tuple[Path, str], model: ScreenModel) -> None:
    assert load_screen_model(str(starter[0]), Path("unused")).sha256 == model.sha256


def test_no_such_folder(tmp_path: Path) -> None:
    assert "starter" in refusal(tmp_path / "nothing")


class TestFiles:
    @pytest.mark.parametrize("name", ["checkpoint.ckpt", "config.json", "vocab.txt"])
    def test_a_changed_file_is_refused_with_the_expected_hash(self, folder: Path, name: str) -> None:
        path = folder / name
        expected = sha256(path)
        content = bytearray(path.read_bytes())
        content[len(content) // 2] ^= 1
        path.write_bytes(content)
        message = refusal(folder)
        assert str(path) in message
        assert expected in message
        assert sha256(path) in message

    def test_a_listed_file_must_be_there(self, folder: Path) -> None:
        (folder / "vocab.txt").unlink()
        assert "vocab.txt is missing" in refusal(folder)

    def test_a_file_that_is_not_listed_is_refused(self, folder: Path) -> None:
        (folder / "tokenizer.json").write_text("{}")
        assert "tokenizer.json is not listed" in refusal(folder)

    def test_a_folder_without_hashes_is_refused_with_the_mend(self, folder: Path) -> None:
        (folder / "SHA256SUMS").unlink()
        assert "sha256sum" in refusal(folder)

    @pytest.mark.parametrize("name", ["checkpoint.ckpt", "config.json", "tokenizer_config.json"])
    def test_a_needed_file_must_be_listed(self, folder: Path, name: str) -> None:
        (folder / name).unlink()
        write_sums(folder)
        assert f"{name} is missing" in refusal(folder)

    def test_other_weights_than_the_pinned_ones_are_refused(self, folder: Path) -> None:
        with pytest.raises(ModelUnavailable, match="f00d"):
            load_folder(folder, pinned="f00d")


class _MakesFile:
    """Unpickled, it runs code: the harmless kind, which leaves a file behind."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, (str(self.path),)


class TestCode:
    def test_a_crafted_pickle_is_refused_and_not_run(self, folder: Path, tmp_path: Path) -> None:
        made = tmp_path / "made by the pickle"
        path = folder / "checkpoint.ckpt"
        torch.save({"config": {}, "state_dict": _MakesFile(made)}, path)
        write_sums(folder)
        assert "safely" in refusal(folder)
        assert not made.exists()
        # The trap is real: Detoxify by itself runs it.
        with pytest.raises(Exception):  # noqa: B017, PT011
            Detoxify(checkpoint=str(path), huggingface_config_path=str(folder))
        assert made.exists()

    def test_a_bare_pickle_is_refused(self, folder: Path, tmp_path: Path) -> None:
        made = tmp_path / "made by the pickle"
        (folder / "checkpoint.ckpt").write_bytes(pickle.dumps(_MakesFile(made), protocol=2))
        write_sums(folder)
        assert "safely" in refusal(folder)
        assert not made.exists()

    def test_a_file_that_is_no_checkpoint_is_refused(self, folder: Path) -> None:
        (folder / "checkpoint.ckpt").write_bytes(b"no checkpoint")
        write_sums(folder)
        assert "no Detoxify checkpoint" in refusal(folder)

    @pytest.mark.parametrize("name", ["pipeline", "__name__", "BertTokenizer", "NoSuchModel"])
    def test_a_class_that_is_no_model_is_refused(self, folder: Path, change: Changer, name: str) -> None:
        change(lambda checkpoint: checkpoint["config"]["arch"]["args"].update(model_name=name))
        assert repr(name) in refusal(folder)


class TestWeights:
    def test_prefixed_names_are_refused(self, folder: Path, change: Changer) -> None:
        def prefix(checkpoint: dict[str, Any]) -> None:
            checkpoint["state_dict"] = {f"model.{k}": v for k, v in checkpoint["state_dict"].items()}

        change(prefix)
        message = refusal(folder)
        assert "checkpoint.ckpt" in message
        assert "found nothing" in message

    def test_a_missing_weight_is_refused_by_name(self, folder: Path, change: Changer) -> None:
        change(lambda checkpoint: checkpoint["state_dict"].pop("classifier.weight"))
        assert "'classifier.weight': expected shape (2, 16), found nothing" in refusal(folder)

    def test_a_weight_too_many_is_refused_by_name(self, folder: Path, change: Changer) -> None:
        change(lambda checkpoint: checkpoint["state_dict"].update(extra=torch.zeros(3)))
        assert "'extra': expected nothing, found shape (3,)" in refusal(folder)

    def test_a_weight_of_another_shape_is_refused(self, folder: Path, change: Changer) -> None:
        change(lambda checkpoint: checkpoint["state_dict"].update({"classifier.bias": torch.zeros(3)}))
        assert "'classifier.bias': expected shape (2,), found shape (3,)" in refusal(folder)

    def test_a_buffer_of_older_versions_is_no_weight(self, folder: Path, change: Changer) -> None:
        buffer = {"bert.embeddings.position_ids": torch.arange(512)}
        change(lambda checkpoint: checkpoint["state_dict"].update(buffer))
        assert "cannot tell an insult" in refusal(folder)  # all but the last check passed

    def test_too_few_class_names_are_refused(self, folder: Path, change: Changer) -> None:
        change(lambda checkpoint: checkpoint["config"]["dataset"]["args"].update(classes=["toxicity"]))
        assert "names 1 classes but has 2 outputs" in refusal(folder)

    def test_outputs_without_a_reported_name_are_let_be(self, folder: Path, change: Changer) -> None:
        classes = {"classes": ["toxicity"], "identity_classes": ["female"]}
        change(lambda checkpoint: checkpoint["config"]["dataset"]["args"].update(classes))
        assert "cannot tell an insult" in refusal(folder)  # all but the last check passed

    def test_a_configuration_with_another_number_of_labels_is_refused(self, folder: Path) -> None:
        config = json.loads((folder / "config.json").read_text())
        config["id2label"] = {i: f"label {i}" for i in range(3)}
        (folder / "config.json").write_text(json.dumps(config))
        write_sums(folder)
        assert "has 3 labels, the checkpoint 2 outputs" in refusal(folder)

    @pytest.mark.parametrize("content", ["{", "[]", '{"hidden_size": "wide"}'])
    def test_a_configuration_that_is_none_is_refused(self, folder: Path, content: str) -> None:
        (folder / "config.json").write_text(content)
        write_sums(folder)
        assert "config.json" in refusal(folder)

    def test_weights_that_have_learnt_nothing_are_refused(self, folder: Path) -> None:
        assert "cannot tell an insult" in refusal(folder)


class TestTokenizer:
    def test_a_tokenizer_without_a_vocabulary_is_refused(self, folder: Path) -> None:
        (folder / "vocab.txt").unlink()
        write_sums(folder)
        assert "tokenizer" in refusal(folder).lower()

    def test_a_tokenizer_file_that_is_broken_is_refused(self, folder: Path) -> None:
        (folder / "tokenizer_config.json").write_text("{")
        write_sums(folder)
        assert "Detoxify cannot load" in refusal(folder)

    def test_a_tokenizer_without_a_length_limit_is_refused(self, folder: Path) -> None:
        path = folder / "tokenizer_config.json"
        config = json.loads(path.read_text())
        del config["model_max_length"]
        path.write_text(json.dumps(config))
        write_sums(folder)
        assert "must state a model_max_length of at most 512" in refusal(folder)


class TestThresholds:
    @pytest.mark.parametrize(
        "thresholds",
        [
            {"toxicity": {"flag": 0.5, "block": 0.9}},
            {"toxicity": {"flag": 0.9, "block": 0.5}, "insult": {"flag": 0.5, "block": 0.9}},
            {"toxicity": {"flag": 0.5}, "insult": {"flag": 0.5, "block": 0.9}},
            ["toxicity"],
        ],
    )
    def test_thresholds_that_do_not_fit_are_refused(self, folder: Path, thresholds: Any) -> None:
        (folder / "thresholds.json").write_text(json.dumps(thresholds))
        write_sums(folder)
        assert "thresholds.json" in refusal(folder)
