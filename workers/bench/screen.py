"""How fast the screen is, against calling Detoxify once a text, on the same model in the same run."""

from __future__ import annotations

import resource
import time
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import torch

from workers import runtime
from workers.screen.screener import Screener, ScreenItem

# The baseline costs the same for every text, so a part of them tells its rate.
_BASELINE_TEXTS = 200
_BLOCK = 512
_OPENINGS = ("Fresh", "Quiet", "Sturdy", "Light", "Honest", "Warm", "Clever", "Bright")
_PRODUCTS = ("coffee beans", "running shoes", "desk lamps", "rain jackets", "meal boxes", "garden chairs")
_CLOSINGS = (
    "delivered free by Thursday",
    "with a ten-year warranty and easy returns, made by people who use them",
    "from 19 euros",
    "for small flats and big plans. Try one for a month and send it back if you do not love it",
)


def run(
    screener: Screener | None = None, *, texts: int = 1000, rounds: int = 3, most: int = 10_000
) -> dict[str, float | int | str]:
    """Texts a second of the screener and of the baseline, on one thread and on two, and their ratio.

    Each is the best of `rounds` over `texts` lines, by the clock and in the process's processor time, which
    other work on the machine disturbs less. Then the processor time of a text and the memory of the process
    (its highest resident size) for `texts` lines and for `most`.
    """
    if not 1 <= texts <= most:
        raise ValueError(f"texts must be at least 1 and at most {most}, not {texts}.")
    screener = screener or runtime.screener()
    figures: dict[str, float | int | str] = {
        "screen_version": screener.version,
        "device": str(screener.model.detoxify.device),
        "texts": texts,
    }
    threads_before = torch.get_num_threads()
    try:
        for threads in (1, 2):
            torch.set_num_threads(threads)
            figures |= _compared(screener, _lines(texts), rounds, f"{threads}_thread{'s' * (threads > 1)}")
        torch.set_num_threads(1)
        for count in (texts, most):
            cost = _cost(partial(_screen_in_blocks, screener, count))
            figures[f"cpu_ms_a_text_of_{count}"] = 1000 * cost.cpu / count
            figures[f"peak_mb_after_{count}"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    finally:
        torch.set_num_threads(threads_before)
    return figures


def _compared(screener: Screener, lines: list[str], rounds: int, name: str) -> dict[str, float]:
    part, items = lines[:_BASELINE_TEXTS], [ScreenItem(line) for line in lines]
    predict = screener.model.detoxify.predict
    # The two take turns, so that a busy moment of the machine meets both.
    costs = [
        (_cost(partial(screener.screen, items)), _cost(partial(_each, predict, part))) for _ in range(rounds)
    ]
    figures = {}
    for way, key in (("", "clock"), ("cpu_", "cpu")):
        screened = len(lines) / min(getattr(screen, key) for screen, _ in costs)
        baseline = len(part) / min(getattr(single, key) for _, single in costs)
        figures[f"screen_texts_per_{way}s_{name}"] = screened
        figures[f"one_by_one_texts_per_{way}s_{name}"] = baseline
        figures[f"times_one_by_one_{way}{name}"] = screened / baseline
    return figures


def _screen_in_blocks(screener: Screener, count: int) -> None:
    """As `manage.py screen` does it: what was screened is not held."""
    for at in range(0, count, _BLOCK):
        screener.screen([ScreenItem(line) for line in _lines(min(_BLOCK, count - at), at)])


class _Cost(NamedTuple):
    """What something took, in seconds by the clock and of the processor."""

    clock: float
    cpu: float


def _cost(work: Callable[[], object]) -> _Cost:
    clock, cpu = time.perf_counter(), time.process_time()
    work()
    return _Cost(time.perf_counter() - clock, time.process_time() - cpu)


def _each(predict: Callable[[str], object], lines: list[str]) -> None:
    for line in lines:
        predict(line)


def _lines(count: int, first: int = 0) -> list[str]:
    """`count` different lines: numbered, for the screener scores equal texts only once."""
    return [
        f"{_OPENINGS[i % 8]} {_PRODUCTS[i // 8 % 6]} {_CLOSINGS[i // 48 % 4]}, offer {i}"
        for i in range(first, first + count)
    ]
