"""How fast the screen is, against calling Detoxify once a text, on the same model in the same run."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial

from workers import runtime
from workers.screen.screener import ScreenItem

# Both are timed in turns, so that a machine busy with other work slows both alike.
_ROUND, _BASELINE_OF_ROUND = 500, 100
_OPENINGS = ("Fresh", "Quiet", "Sturdy", "Light", "Honest", "Warm", "Clever", "Bright")
_PRODUCTS = ("coffee beans", "running shoes", "desk lamps", "rain jackets", "meal boxes", "garden chairs")
_CLOSINGS = (
    "delivered free by Thursday",
    "with a ten-year warranty and easy returns, made by people who use them",
    "from 19 euros",
    "for small flats and big plans. Try one for a month and send it back if you do not love it",
)


def run(*, texts: int) -> dict[str, float]:
    """Texts a second of the screener and of the baseline over ad lines, and the ratio of the two."""
    if texts < 1:
        raise ValueError(f"texts must be at least 1, not {texts}.")
    lines = _lines(texts)
    screener = runtime.screener()
    predict = screener.model.detoxify.predict
    predict(lines[0])  # the first call pays for what later ones find ready
    screen_s = baseline_s = 0.0
    baseline_texts = 0
    for at in range(0, texts, _ROUND):
        items = [ScreenItem(line) for line in lines[at : at + _ROUND]]
        part = lines[at : at + _BASELINE_OF_ROUND]
        screen_s += _seconds(partial(screener.screen, items))
        baseline_s += _seconds(partial(_each, predict, part))
        baseline_texts += len(part)
    return {
        "texts": float(texts),
        "screen_texts_per_s": texts / screen_s,
        "baseline_texts_per_s": baseline_texts / baseline_s,
        "ratio": texts / screen_s / (baseline_texts / baseline_s),
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
