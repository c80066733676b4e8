"""The benchmark of the screen: both ways are measured over the same lines."""

from __future__ import annotations

from itertools import product

import pytest

from workers.bench.screen import run
from workers.screen.screener import Screener


def test_both_ways_are_measured_and_compared(screener: Screener) -> None:
    figures = run(screener, texts=20, rounds=1, most=40)
    assert figures["texts"] == 20
    assert figures["screen_version"] == screener.version
    for threads, way in product(("1_thread", "2_threads"), ("", "cpu_")):
        screened = figures[f"screen_texts_per_{way}s_{threads}"]
        single = figures[f"one_by_one_texts_per_{way}s_{threads}"]
        assert isinstance(screened, float)
        assert isinstance(single, float)
        assert figures[f"times_one_by_one_{way}{threads}"] == pytest.approx(screened / single)
    for count in (20, 40):
        assert isinstance(figures[f"cpu_ms_a_text_of_{count}"], float)
        assert isinstance(figures[f"peak_mb_after_{count}"], float)


@pytest.mark.parametrize("texts", [0, 41])
def test_there_must_be_something_to_measure(screener: Screener, texts: int) -> None:
    with pytest.raises(ValueError, match="at least 1 and at most 40"):
        run(screener, texts=texts, most=40)
