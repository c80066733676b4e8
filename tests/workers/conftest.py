"""Tiny base models for the ML tests, made once."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.architectures import ARCHITECTURES, save_architecture
from tests.fakes import save_tiny_model
from workers.base import BaseModel, load_base


@pytest.fixture(scope="session")
def tiny_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_tiny_model(tmp_path_factory.mktemp("llama"))


@pytest.fixture(scope="session")
def tiny_base(tiny_folder: Path) -> BaseModel:
    return load_base(str(tiny_folder), device="cpu")


@pytest.fixture(scope="session", params=ARCHITECTURES)
def each_base(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> BaseModel:
    """Each architecture in turn."""
    folder = save_architecture(tmp_path_factory.mktemp(request.param), request.param)
    return load_base(str(folder), device="cpu")
