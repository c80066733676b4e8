"""The speed that a GPU's memory and arithmetic allow, were everything else free."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Gpu:
    """Bytes a second from memory, and bfloat16 operations a second without sparsity."""

    bandwidth: float
    operations: float


# NVIDIA's data sheets, by a part of the name that torch reports; longer names first.
GPUS = {
    "H200": Gpu(4.8e12, 989e12),
    "H100 PCIe": Gpu(2.0e12, 756e12),
    "H100": Gpu(3.35e12, 989e12),
    "A100": Gpu(2.0e12, 312e12),
    "L40S": Gpu(0.864e12, 362e12),
    "L4": Gpu(0.3e12, 121e12),
}


def lines_per_second(
    gpu: Gpu,
    *,
    parameters: int,
    weight_bytes: int,
    cache_bytes: int,
    briefs: int,
    lines: int,
    prompt_tokens: int,
    new_tokens: int,
) -> float:
    """At most so many lines a second, for `lines` of each brief in one minibatch with shared prefill.

    Each step reads all weights once, each brief's part of the cache once and each line's own part; each
    token takes two operations a parameter. `cache_bytes` is what one token takes in the cache.
    """
    rows = briefs * lines
    cached = briefs * prompt_tokens + rows * new_tokens / 2
    reading = (weight_bytes + cached * cache_bytes) / gpu.bandwidth
    arithmetic = 2 * parameters * rows / gpu.operations
    prefill = 2 * parameters * briefs * prompt_tokens / gpu.operations
    return rows / (prefill + new_tokens * max(reading, arithmetic))


def gpu_named(name: str) -> Gpu | None:
    """The data of a GPU by the name that torch reports, where they are known."""
    return next((gpu for part, gpu in GPUS.items() if part in name), None)
