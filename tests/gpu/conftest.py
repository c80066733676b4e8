"""Tiny base models on the GPU, in bfloat16 as there."""

from __future__ import annotations

import pytest

from tests.architectures import save_architecture
from workers.base import BaseModel, load_base


@pytest.fixture(scope="session", params=["llama", "qwen3"])
def gpu_base(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> BaseModel:
    """Each architecture in turn."""
    return load_base(str(save_architecture(tmp_path_factory.mktemp(request.param), request.param)))
