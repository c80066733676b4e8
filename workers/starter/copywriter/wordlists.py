"""The corpus's word lists, read once. Plain YAML under `corpus/`; nothing here but loading."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import yaml

CORPUS = Path(__file__).with_name("corpus")


@cache
def load(name: str) -> dict[str, Any]:
    """The lists of `corpus/<name>.yaml`."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return yaml.load((CORPUS / f"{name}.yaml").read_text(encoding="utf-8"), Loader=loader)  # noqa: S506


def industries() -> dict[str, dict[str, Any]]:
    """Every trade by its key: goods, services and the messages that suit them."""
    return load("industries")
