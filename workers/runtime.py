"""What a worker process loads once: the engine, the screener, the adapters it has fetched."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from functools import cache
from pathlib import Path

from django.conf import settings
from django.core.files.storage import storages

from workers.adapters import fetch_adapter
from workers.base import BaseModel, load_base
from workers.engines.transformers import TransformersEngine
from workers.screen.loader import load_screen_model
from workers.screen.screener import Screener


@cache
def base_model() -> BaseModel:
    """The base model that ADGEN_BASE_MODEL names. Raises ModelUnavailable."""
    return load_base(settings.ADGEN_BASE_MODEL, revision=settings.ADGEN_BASE_REVISION)


@cache
def engine() -> TransformersEngine:
    return TransformersEngine(base_model())


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
