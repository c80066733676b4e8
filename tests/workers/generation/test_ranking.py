"""Which candidates are taken first."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from tests.workers.generation.candidates import candidate, go_on
from workers.generation.pool import Candidate, Pool
from workers.generation.ranking import quality, ranked

LINES = (
    "Roasted on Mondays",
    "Skip any month",
    "Espresso for home baristas",
    "Tyres fitted on your drive",
    "A piano tuner who explains",
    "Night trains to Vienna",
    "A shed full of kites",
)


def order(
    candidates: Sequence[Candidate],
    qualities: Sequence[float] | None = None,
    wanted: int | None = None,
    known: Sequence[str] = (),
) -> list[str]:
    """The texts in the order in which they are taken."""
    pool = Pool(known, go_on)
    assert pool.add(candidates) == 0
    rows = ranked(pool, qualities or [1.0] * len(candidates), wanted or len(candidates))
    return [pool.candidates[row].text for row in rows]


def test_quality_is_what_the_brief_adds_to_the_likelihood_of_a_token() -> None:
    assert quality(candidate("Skip any month", likelihood=-0.5), unbriefed=-8.0) == 1.5


def test_rounding_errors_change_no_quality() -> None:
    line = candidate("Skip any month", likelihood=-0.5)
    assert quality(line, unbriefed=-8.0) == quality(line, unbriefed=-8.0 + 1e-6)


def test_the_line_that_owes_most_to_the_brief_comes_first() -> None:
    lines = [candidate(text, number) for number, text in enumerate(LINES[:3])]
    assert order(lines, [0.1, 2.0, 1.0]) == [LINES[1], LINES[2], LINES[0]]


def test_of_two_good_lines_the_one_unlike_those_taken_is_preferred() -> None:
    texts = ["Espresso for home baristas", "Coffee brewed in your kitchen", "Night trains to Vienna"]
    lines = [candidate(text, number) for number, text in enumerate(texts)]
    assert order(lines, [3.0, 2.0, 2.0], wanted=2) == [texts[0], texts[2]]


def test_a_line_like_one_of_an_earlier_chunk_comes_later() -> None:
    lines = [candidate("Coffee brewed in your kitchen", 0), candidate("Night trains to Vienna", 1)]
    assert order(lines, known=["Espresso for home baristas"])[0] == "Night trains to Vienna"


def test_what_no_line_has_said_yet_is_said_early() -> None:
    texts = ["Espresso at home", "Good crema, slow mornings", "Skip any month"]
    pool = Pool([], go_on)
    pool.add([candidate(text, number) for number, text in enumerate(texts)])
    assert ranked(pool, [3.0, 2.0, 1.0], 2, ["espresso"]) == [0, 1]
    assert ranked(pool, [3.0, 2.0, 1.0], 2, ["espresso", "skip any month"]) == [0, 2]


def test_angles_take_turns() -> None:
    angles = ("plain", "plain", "plain", "bold", "bold", "bold", "bold")
    lines = [
        candidate(text, n, angle=angle) for n, (text, angle) in enumerate(zip(LINES, angles, strict=True))
    ]
    chosen = order(lines, wanted=4)
    assert sum(text in LINES[:3] for text in chosen) == 2


def test_doubtful_lines_come_after_all_others_whatever_they_owe_to_the_brief() -> None:
    lines = [candidate(text, n, likelihood=-3.0 if n == 0 else -1.0) for n, text in enumerate(LINES)]
    assert order(lines, [9.0, *[1.0] * (len(LINES) - 1)])[-1] == LINES[0]


def test_lines_without_demanded_words_come_last() -> None:
    lines = [candidate(text, n, is_complete=n > 0, likelihood=-1.0 - n) for n, text in enumerate(LINES)]
    taken = order(lines, [9.0, *[1.0] * (len(LINES) - 1)])
    assert taken[-2:] == [LINES[-1], LINES[0]]


@pytest.mark.parametrize("wanted", [0, 1, 9])
def test_there_are_never_more_than_wanted_nor_than_there_are(wanted: int) -> None:
    pool = Pool([], go_on)
    pool.add([candidate(text, n) for n, text in enumerate(LINES[:3])])
    assert len(ranked(pool, [1.0, 1.0, 1.0], wanted)) == min(wanted, 3)
    assert ranked(Pool([], go_on), [], wanted) == []
