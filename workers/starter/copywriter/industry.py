"""Which trade a brief belongs to: the nearest centre among sentence embeddings of the corpus's trades."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from workers.embeddings import embed
from workers.starter.copywriter import WEIGHTS, wordlists

FILE = "industries.safetensors"
# Below this cosine, or this near to the second, a brief is of no known trade.
_NEAR, _CLEAR = 0.42, 0.02
_PRODUCT_WEIGHT = 0.75


def centres() -> dict[str, Tensor]:
    """The centre of each trade: the mean of its products, messages and audiences, every list alike."""
    return {name: _centre(lists) for name, lists in wordlists.industries().items()}


def _centre(lists: dict[str, Sequence[str]]) -> Tensor:
    said = [
        text for key, texts in lists.items() if key not in {"goods", "services", "calls"} for text in texts
    ]
    return _mixed(embed([*lists["goods"], *lists["services"]]), embed(said))


def write(folder: Path) -> None:
    """Write the centres beside the weights, so that no reader of a brief has to compute them."""
    save_file(centres(), folder / FILE)


@lru_cache(maxsize=1)
def _shipped() -> tuple[tuple[str, ...], Tensor]:
    centres = load_file(WEIGHTS / FILE)
    return tuple(centres), torch.stack(list(centres.values()))


@lru_cache(maxsize=4096)
def nearest(product: str, others: tuple[str, ...]) -> str:
    """The trade of a product and of what else a brief says, or "" where none is near or two are alike."""
    names, shipped = _shipped()
    vectors = embed([product, *others])
    mixed = _mixed(vectors[:1], vectors[1:]) if others else vectors[0]
    best, second = (shipped @ mixed).topk(2).values.tolist()
    clear = best >= _NEAR and best - second >= _CLEAR
    return names[int((shipped @ mixed).argmax())] if clear else ""


def _mixed(products: Tensor, others: Tensor) -> Tensor:
    """One unit vector of what is sold and what is said of it."""
    mixed = _PRODUCT_WEIGHT * products.mean(0) + (1 - _PRODUCT_WEIGHT) * others.mean(0)
    return torch.nn.functional.normalize(mixed, dim=0)
