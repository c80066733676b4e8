"""`fetch_models` and a hub: only the pinned commit, only safetensors, only what the hub says it holds."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from huggingface_hub import constants
from pytest_django import Settings

from adgen.errors import ModelUnavailable
from tests.hub import COMMIT, Hub, serving
from workers.base import find_base, load_base

NAME = "acme/tiny"


@pytest.fixture
def hub(tiny_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    """A hub with one model, and a cache with none."""
    other_formats = {"pytorch_model.bin": b"a pickle", "modeling.py": b"code"}
    with serving(Hub.of(NAME, tiny_folder, **other_formats)) as hub:
        monkeypatch.setattr(constants, "ENDPOINT", hub.url)
        monkeypatch.setattr(
            constants, "HUGGINGFACE_CO_URL_TEMPLATE", hub.url + "/{repo_id}/resolve/{revision}/{filename}"
        )
        monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
        monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
        yield hub


@pytest.fixture(autouse=True)
def configured(settings: Settings) -> None:
    settings.ADGEN_BASE_MODEL, settings.ADGEN_BASE_REVISION = NAME, COMMIT


def fetched(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, dict[str, str]]:
    call_command("fetch_models", *arguments)
    found: dict[str, dict[str, str]] = json.loads(capsys.readouterr().out)
    return found


def test_the_pinned_model_is_downloaded_and_then_used_without_the_hub(
    hub: Hub, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    weights = hashlib.sha256(hub.files["model.safetensors"]).hexdigest()
    with pytest.raises(ModelUnavailable, match="fetch_models --base"):
        find_base(NAME, revision=COMMIT)
    base = fetched(capsys)["base"]
    assert (base["name"], base["revision"], base["sha256"]) == (NAME, COMMIT, weights)
    assert set(hub.served) == {name for name in hub.files if not name.endswith((".bin", ".py"))}
    hub.files.clear()
    assert load_base(NAME, revision=COMMIT, device="cpu").weights_sha256 == weights
    assert str(find_base(NAME, revision=COMMIT).folder) == base["folder"]


def test_a_second_time_nothing_is_downloaded(hub: Hub, capsys: pytest.CaptureFixture[str]) -> None:
    first = fetched(capsys, "--base")
    hub.served.clear()
    assert fetched(capsys, "--base") == first
    assert hub.served == []


def test_a_file_that_is_not_what_the_hub_says_is_named_with_both_hashes(hub: Hub) -> None:
    weights = hub.files["model.safetensors"]
    hub.said["model.safetensors"] = weights[:-1] + bytes([weights[-1] ^ 1])
    with pytest.raises(CommandError) as refusal:
        call_command("fetch_models", "--base")
    for part in (weights, hub.said["model.safetensors"]):
        assert hashlib.sha256(part).hexdigest() in str(refusal.value)
    assert "model.safetensors" in str(refusal.value)


def test_a_model_without_safetensors_is_refused(hub: Hub) -> None:
    del hub.files["model.safetensors"]
    with pytest.raises(CommandError, match=r"no \.safetensors weights"):
        call_command("fetch_models", "--base")


@pytest.mark.parametrize("revision", ["", "main", "v1.0", COMMIT[:12]])
def test_what_is_no_commit_pins_nothing(hub: Hub, settings: Settings, revision: str) -> None:
    settings.ADGEN_BASE_REVISION = revision
    with pytest.raises(CommandError, match=f"ADGEN_BASE_REVISION.*git ls-remote {hub.url}/{NAME} HEAD"):
        call_command("fetch_models", "--base")
    with pytest.raises(ModelUnavailable, match="ADGEN_BASE_REVISION"):
        load_base(NAME, revision=revision, device="cpu")
    assert hub.served == []


def test_an_unknown_model_is_reported_with_the_hub_that_was_asked(hub: Hub, settings: Settings) -> None:
    settings.ADGEN_BASE_MODEL = "acme/other"
    with pytest.raises(CommandError, match=f"acme/other at revision {COMMIT} .*{hub.url}.*404"):
        call_command("fetch_models", "--base")


def test_offline_nothing_is_asked_for(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(CommandError, match="HF_HUB_OFFLINE=0"):
        call_command("fetch_models", "--base")
    assert hub.served == []


def test_models_that_ship_or_lie_in_folders_are_only_looked_into(
    settings: Settings, tiny_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings.ADGEN_BASE_MODEL, settings.ADGEN_BASE_REVISION = str(tiny_folder), ""
    found = fetched(capsys)
    assert set(found) == {"base"}
    assert found["base"]["folder"] == str(tiny_folder)
    weights = (tiny_folder / "model.safetensors").read_bytes()
    assert found["base"]["sha256"] == hashlib.sha256(weights).hexdigest()


def test_a_screen_is_fetched_by_its_published_name(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="'starter' is no published screen model; they are original"):
        call_command("fetch_models", "--screen")
    with pytest.raises(CommandError, match=str(tmp_path)):
        call_command("fetch_models", "--screen", "unbiased", "--released-files", str(tmp_path))
