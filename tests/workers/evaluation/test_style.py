"""The traits that exemplars share, and lines that follow them."""

from __future__ import annotations

import pytest

from workers.evaluation.style import follows, traits

LOWER = [
    "soap that minds its manners",
    "kind to knuckles",
    "washes quietly",
    "oats and patience",
    "softer hands",
]
TITLE = ["Warmth Without The Woodpile", "Built For Thick Stone Walls", "One Button, All Winter"]
UPPER = ["HEAR IT ALL TOMORROW!", "TURN IT UP!", "LOUD IS FINE!"]
QUESTIONS = ["Who turned the lights down?", "Ready for a longer dinner?", "Why rush the pudding?"]


@pytest.mark.parametrize(
    ("exemplars", "case", "ending"),
    [(LOWER, "lower", "none"), (TITLE, "title", "none"), (UPPER, "upper", "!"), (QUESTIONS, "sentence", "?")],
)
def test_traits_are_what_the_exemplars_share(exemplars: list[str], case: str, ending: str) -> None:
    found = traits(exemplars, [])
    assert (found["case"], found["ending"]) == (case, ending)


def test_one_exception_is_allowed_two_are_not() -> None:
    assert traits([*LOWER, "A Stray Title Case Line"], [])["case"] == "lower"
    assert "case" not in traits([*LOWER[:4], "A Stray Title Line", "And ANOTHER odd One"], [])


def test_the_length_band_reaches_a_quarter_beyond_the_exemplars() -> None:
    wanted = traits(["x" * 20, "x" * 40], [])
    assert wanted["length"] == "15-50"
    assert follows("x" * 15, wanted, [])["length"]
    assert not follows("x" * 51, wanted, [])["length"]


def test_without_exemplars_there_is_nothing_to_follow() -> None:
    assert traits([], []) == {}


@pytest.mark.parametrize(
    ("line", "case", "ending"),
    [
        ("plain soap for hands", True, True),
        ("plain soap for hands.", True, False),
        ("Plain soap for hands", False, True),
        ("soap by Nordlys Coffee", True, True),  # a name is written as it is
    ],
)
def test_a_line_follows_trait_by_trait(line: str, case: bool, ending: bool) -> None:
    answers = follows(line, {"case": "lower", "ending": "none"}, ["Nordlys Coffee"])
    assert answers == {"case": case, "ending": ending}


def test_a_lone_word_may_be_of_more_than_one_case() -> None:
    assert (
        follows("Softly", {"case": "title"}, [])
        == follows("Softly", {"case": "sentence"}, [])
        == {"case": True}
    )
