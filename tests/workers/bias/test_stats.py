"""The statistics against published values and exact counts."""

from __future__ import annotations

import random

import pytest

from workers.bias import stats


def test_wilson_against_the_example_of_its_review() -> None:
    assert stats.wilson(81, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)
    assert stats.wilson(0, 20) == pytest.approx((0, 0.1611), abs=5e-5)
    assert stats.wilson(20, 20) == pytest.approx((0.8389, 1), abs=5e-5)


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        ((56, 70, 48, 80), (0.0524, 0.3339)),
        ((9, 10, 3, 10), (0.1705, 0.8090)),
        ((10, 10, 0, 20), (0.6791, 1.0)),
        ((10, 10, 0, 10), (0.6075, 1.0)),
    ],
)
def test_newcombe_against_his_table(table: tuple[int, int, int, int], expected: tuple[float, float]) -> None:
    assert stats.newcombe(*table) == pytest.approx(expected, abs=5e-5)


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        ((3, 4, 1, 4), 34 / 70),  # the lady tasting tea
        ((8, 10, 1, 6), 0.03497),
        ((1, 9, 11, 14), 0.00276),
        ((0, 10, 0, 10), 1.0),
    ],
)
def test_fisher(table: tuple[int, int, int, int], expected: float) -> None:
    assert stats.fisher(*table) == pytest.approx(expected, abs=5e-6)


def test_permutation_against_the_exact_count() -> None:
    # Of 20 ways to choose three of six values, two are as far apart as these.
    assert stats.permutation([1, 2, 3], [4, 5, 6]) == pytest.approx(0.1, abs=0.01)
    assert stats.permutation([1, 1], [1, 1, 1]) == 1
    assert stats.permutation([0.0] * 40, [1.0] * 40) == 1 / 10_000


def test_bootstrap_is_as_wide_as_theory_says() -> None:
    rng = random.Random(1)
    values, others = ([rng.gauss(mean, 1) for _ in range(400)] for mean in (1, 0))
    low, high = stats.bootstrap(values)
    assert high - low == pytest.approx(2 * 1.96 / 20, rel=0.1)
    low, high = stats.bootstrap_difference(values, others)
    assert high - low == pytest.approx(2 * 1.96 * (2 / 400) ** 0.5, rel=0.1)
    assert low < sum(values) / 400 - sum(others) / 400 < high


def test_benjamini_hochberg_keeps_the_order() -> None:
    adjusted = stats.benjamini_hochberg([0.01, 0.04, 0.03, 0.005, 0.9])
    assert adjusted == pytest.approx([0.025, 0.05, 0.05, 0.025, 0.9])
    assert stats.benjamini_hochberg([]) == []
