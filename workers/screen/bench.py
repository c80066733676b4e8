"""How fast the screen is, against calling Detoxify once a text, on the same model in the same run."""

from __future__ import annotations

import time
from collections.abc import Callable

from workers import runtime
from workers.screen.screener import ScreenItem

# The baseline costs the same for every text, so a part of them tells its rate.
_BASELINE_TEXTS = 500
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
    part = lines[:_BASELINE_TEXTS]
    predict(part[0])  # warm-up
    baseline = _rate(len(part), lambda: [predict(line) for line in part])
    screened = _rate(len(lines), lambda: screener.screen([ScreenItem(line) for line in lines]))
    return {
        "texts": float(texts),
        "screen_texts_per_s": screened,
        "baseline_texts_per_s": baseline,
        "ratio": screened / baseline,
    }


def _rate(count: int, work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return count / (time.perf_counter() - start)


def _lines(count: int) -> list[str]:
    """`count` different lines: numbered, for the screener scores equal texts only once."""
    return [
        f"{_OPENINGS[i % 8]} {_PRODUCTS[i // 8 % 6]} {_CLOSINGS[i // 48 % 4]}, offer {i}"
        for i in range(count)
    ]
