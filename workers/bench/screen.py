"""How fast the screen is, against calling Detoxify once a text, on the same model in the same run."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial

import torch

from workers import runtime
from workers.screen.screener import Screener, ScreenItem

# The baseline costs the same for every text, so a part of them tells its rate.
_BASELINE_TEXTS = 200
_OPENINGS = ("Fresh", "Quiet", "Sturdy", "Light", "Honest", "Warm", "Clever", "Bright")
_PRODUCTS = ("coffee beans", "running shoes", "desk lamps", "rain jackets", "meal boxes", "garden chairs")
_CLOSINGS = (
    "delivered free by Thursday",
    "with a ten-year warranty and easy returns, made by people who use them",
    "from 19 euros",
    "for small flats and big plans. Try one for a month and send it back if you do not love it",
)


def run(
    screener: Screener | None = None, *, texts: int = 1000, rounds: int = 3, threads: int = 1
) -> dict[str, float | int | str]:
    """Texts a second of the screener and of the baseline, the best of `rounds`, and their ratio."""
    if texts < 1:
        raise ValueError(f"texts must be at least 1, not {texts}.")
    screener = screener or runtime.screener()
    detoxify, lines = screener.model.detoxify, _lines(texts)
    part, items = lines[:_BASELINE_TEXTS], [ScreenItem(line) for line in lines]
    threads_before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        # The two take turns, so that a busy moment of the machine meets both.
        seconds = [
            (_seconds(partial(screener.screen, items)), _seconds(partial(_each, detoxify.predict, part)))
            for _ in range(rounds)
        ]
    finally:
        torch.set_num_threads(threads_before)
    screened = texts / min(screen for screen, _ in seconds)
    baseline = len(part) / min(single for _, single in seconds)
    return {
        "screen_version": screener.version,
        "device": str(detoxify.device),
        "threads": threads,
        "texts": texts,
        "screen_texts_per_s": screened,
        "one_by_one_texts_per_s": baseline,
        "times_one_by_one": screened / baseline,
    }


def _seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def _each(predict: Callable[[str], object], lines: list[str]) -> None:
    for line in lines:
        predict(line)


def _lines(count: int) -> list[str]:
    """`count` different lines: numbered, for the screener scores equal texts only once."""
    return [
        f"{_OPENINGS[i % 8]} {_PRODUCTS[i // 8 % 6]} {_CLOSINGS[i // 48 % 4]}, offer {i}"
        for i in range(count)
    ]
