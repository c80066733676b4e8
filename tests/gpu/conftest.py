"""Tiny base models on the GPU, in bfloat16 as there."""

from __future__ import annotations

import pytest

from tests.fakes import save_tiny_model
from workers.base import BaseModel, load_base


@pytest.fixture(scope="session", params=["llama", "qwen3"])
def gpu_base(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> BaseModel:
    """Each architecture in turn."""
    return load_base(str(save_tiny_model(tmp_path_factory.mktemp(request.param), request.param)))
