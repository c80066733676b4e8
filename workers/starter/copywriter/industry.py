"""What a brief sells: its trade, and goods or a service, by the meaning of its words.

Two readings of a product are averaged: votes of the listed products, the nearest counting most, and a linear
reading learnt from them. Messages, people and keywords add a linear reading of their own. A wrong trade does
more harm than none, so that a doubtful one is left out.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor

from workers.embeddings import SIZE, embed
from workers.starter.copywriter import WEIGHTS, wordlists

FILE = "industries.safetensors"
GOODS, SERVICE = 1, 0

# How steeply votes fall with distance, and how much each further text counts beside the product.
_STEEP, _OTHERS = 24.0, 0.2
# Below these odds a trade, and goods or service, are unknown.
_SURE_TRADE, _SURE_KIND = 0.68, 0.62
# A head word that is listed this often, always as the same kind, decides it.
_HEAD_AT_LEAST = 3
_SOLD, _NO_MESSAGES = ("goods", "services"), {"goods", "services", "words", "qualifiers", "calls"}
_PENALTY = {"trade": 3e-5, "kind": 1e-5, "message": 3e-4}
_STEPS = 60


@dataclass(frozen=True)
class Sold:
    """What a brief sells: its trade, "" where unknown, and whether it is goods, None where unknown."""

    trade: str
    goods: bool | None


@dataclass(frozen=True)
class _Listed:
    """The listed products as vectors [products, SIZE], and what is learnt from the lists.

    `trades` [products] are places in `names`; `kinds` [products] are GOODS or SERVICE, and -1 for mere words.
    """

    names: tuple[str, ...]
    tensors: dict[str, Tensor]


def write(folder: Path) -> None:
    """Write what the lists teach beside the weights, so that no reader of a brief has to compute it."""
    names = list(wordlists.industries())
    products = [
        (names.index(trade), {"goods": GOODS, "services": SERVICE}.get(key, -1), text)
        for trade, lists in wordlists.industries().items()
        for key in (*_SOLD, "words")
        for text in lists[key]
    ]
    messages = [
        (names.index(trade), text)
        for trade, lists in wordlists.industries().items()
        for key in lists
        if key not in _NO_MESSAGES
        for text in lists[key]
    ]
    vectors, told = embed([text for *_, text in products]), embed([text for _, text in messages])
    trades, kinds = torch.tensor([product[:2] for product in products]).T
    told_trades = torch.tensor([trade for trade, _ in messages])
    full = torch.where(kinds < 0, 0.5, 1.0)  # a bare word says less than a product
    tensors = {
        "vectors": vectors.half(),
        "trades": trades.to(torch.uint8),
        "kinds": kinds.to(torch.int8),
        "trade": _learnt(vectors, trades, full / trades.bincount()[trades], _PENALTY["trade"]),
        "kind": _learnt(vectors[kinds >= 0], kinds[kinds >= 0], full[kinds >= 0], _PENALTY["kind"]),
        "message": _learnt(told, told_trades, 1 / told_trades.bincount()[told_trades], _PENALTY["message"]),
    }
    tensors = {name: tensor.contiguous() for name, tensor in tensors.items()}
    save_file(tensors, folder / FILE, metadata={"trades": ",".join(names)})


def _learnt(vectors: Tensor, classes: Tensor, weights: Tensor, penalty: float) -> Tensor:
    """Weights of a logistic regression, float32 [SIZE + 1, classes]; the last row is the bias."""
    vectors = vectors.clone()  # those of `embed` cannot be learnt from
    found = torch.zeros(SIZE + 1, int(classes.max()) + 1, requires_grad=True)
    steps = torch.optim.LBFGS([found], max_iter=_STEPS, line_search_fn="strong_wolfe")

    def loss() -> Tensor:
        steps.zero_grad()
        losses = torch.nn.functional.cross_entropy(_linear(vectors, found), classes, reduction="none")
        total = (losses * weights).sum() / weights.sum() + penalty * found[:-1].square().sum()
        total.backward()
        return total

    steps.step(loss)
    return found.detach()


def _linear(vectors: Tensor, learnt: Tensor) -> Tensor:
    return vectors @ learnt[:-1] + learnt[-1]


@cache
def _shipped(folder: Path = WEIGHTS) -> _Listed:
    with safe_open(folder / FILE, framework="pt") as file:
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        names = file.metadata()["trades"].split(",")
    tensors["vectors"] = tensors["vectors"].float()
    return _Listed(tuple(names), tensors)


@lru_cache(maxsize=4096)
def sold(product: str, others: tuple[str, ...]) -> Sold:
    """What is sold, told by the product and by what else a brief says."""
    listed = _shipped()
    vectors = embed([product, *others])
    kinds = listed.tensors["kinds"]
    trade = _read(vectors[0], listed, "trade", listed.tensors["trades"].long())
    trade = trade + _OTHERS * _linear(vectors[1:], listed.tensors["message"]).log_softmax(1).sum(0)
    odds, best = trade.softmax(0).max(0)
    name = listed.names[int(best)] if odds >= _SURE_TRADE else ""
    goods = float(_read(vectors[0], listed, "kind", kinds.long()).softmax(0)[GOODS])
    by_meaning = goods > 0.5 if max(goods, 1 - goods) >= _SURE_KIND else None
    by_head = _kinds_of_heads().get(_head(product))
    return Sold(name, by_meaning if by_head is None else by_head)


def _read(vector: Tensor, listed: _Listed, name: str, classes: Tensor) -> Tensor:
    """Log odds of each class: the mean of votes and linear reading. Those of no class (-1) do not vote."""
    learnt = listed.tensors[name]
    votes = (_STEEP * (listed.tensors["vectors"] @ vector)).exp() * (classes >= 0)
    sums = torch.zeros(learnt.shape[1]).index_add(0, classes.clamp(min=0), votes)
    return (sums.log().log_softmax(0) + _linear(vector, learnt).log_softmax(0)) / 2


def _head(product: str) -> str:
    """The word that names what is sold, its plural cut short: "wheel" in "potter's wheels for schools"."""
    name = re.split(r" (?:for|in|by|with|without|at|from|on|to|of|near) ", product.lower())[0]
    return name.split(" ")[-1].removesuffix("s")


@cache
def _kinds_of_heads() -> dict[str, bool]:
    """Head words that name goods (True) or services (False) in every listed product."""
    counts = Counter(
        (_head(text), key == "goods")
        for lists in wordlists.industries().values()
        for key in _SOLD
        for text in lists[key]
    )
    return {
        head: goods
        for (head, goods), count in counts.items()
        if count >= _HEAD_AT_LEAST and not counts[head, not goods]
    }
