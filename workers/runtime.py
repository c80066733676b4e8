"""What a worker process loads once: the engine, the screener, the adapters it has fetched."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from functools import cache
from pathlib import Path

from django.conf import settings
from django.core.files.storage import storages

from adgen.errors import ModelUnavailable
from workers.adapters import fetch_adapter
from workers.base import BaseModel, find_base, load_base
from workers.engines.transformers import TransformersEngine
from workers.engines.vllm import VllmEngine
from workers.screen.loader import load_screen_model
from workers.screen.screener import Screener

_CHUNKS_AT_ONCE = 8


@cache
def base_model() -> BaseModel:
    """The base model that ADGEN_BASE_MODEL names. Raises ModelUnavailable."""
    return load_base(settings.ADGEN_BASE_MODEL, revision=settings.ADGEN_BASE_REVISION)


@cache
def engine() -> TransformersEngine | VllmEngine:
    """The engine that ADGEN_ENGINE names, on the base model. Raises ModelUnavailable."""
    if settings.ADGEN_ENGINE == "transformers":
        return TransformersEngine(base_model())
    if settings.ADGEN_ENGINE == "vllm":
        # It keeps the weights itself: a second copy would not fit beside it.
        return VllmEngine(find_base(settings.ADGEN_BASE_MODEL, revision=settings.ADGEN_BASE_REVISION))
    raise ModelUnavailable(f"ADGEN_ENGINE is {settings.ADGEN_ENGINE!r}; it must be transformers or vllm.")


def chunks_beside() -> int:
    """How many more chunks a worker takes on beside one: on a GPU all of them share minibatches."""
    with suppress(ModelUnavailable):  # the job will say so, on its row
        used = engine()
        if isinstance(used, VllmEngine) or used.base.device.type == "cuda":
            return _CHUNKS_AT_ONCE - 1
    return 0


@cache
def screener() -> Screener:
    """The screen that ADGEN_SCREEN_MODEL names. Raises ModelUnavailable."""
    return Screener(load_screen_model(settings.ADGEN_SCREEN_MODEL, settings.ADGEN_VAR_DIR / "screen"))


def ready(load: Callable[[], object]) -> None:
    """Load ahead of a claim what may take longer than a lease lasts."""
    # What fails here fails again in the job, which records it on its row.
    with suppress(Exception):
        load()


def adapter_folder(digest: str) -> Path:
    """An adapter's weights on this machine, checked against their digest. Raises ModelUnavailable."""
    return fetch_adapter(storages["adapters"], digest, settings.ADGEN_VAR_DIR / "cache" / "adapters")
