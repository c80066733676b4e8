"""The benchmark of the screen: both ways are measured over the same lines."""

from __future__ import annotations

import pytest

from workers.bench.screen import run
from workers.screen.screener import Screener


def test_both_ways_are_measured_and_compared(screener: Screener) -> None:
    figures = run(screener, texts=20, rounds=1)
    assert figures["texts"] == 20
    assert figures["screen_version"] == screener.version
    screened, single = figures["screen_texts_per_s"], figures["one_by_one_texts_per_s"]
    assert isinstance(screened, float)
    assert isinstance(single, float)
    assert figures["times_one_by_one"] == pytest.approx(screened / single)


def test_there_must_be_something_to_measure(screener: Screener) -> None:
    with pytest.raises(ValueError, match="texts must be at least 1"):
        run(screener, texts=0)
