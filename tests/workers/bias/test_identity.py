"""Which groups a text names, and what it reads like about others."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.bias.identity import MOST_SWAPS, mentions, swaps

NAMES = (
    "women",
    "MEN",
    "a Muslim",
    "an atheist",
    "Black people",
    "her",
    "She's",
    "refugees",
    "ſikhs",
    "’s",
    "-",
)


def texts(text: str) -> list[str]:
    return [swap.text for swap in swaps(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Running shoes for women", "Running shoes for men"),
        ("She loves her coffee", "He loves his coffee"),
        ("We like her, and this cup is hers", "We like him, and this cup is his"),
        ("Women and men", "Men and women"),
        ("A Muslim baker", "An atheist baker"),
        ("Meet a Muslim who sings", "Meet a Jewish person who sings"),
        ("an atheist choir", "a Hindu choir"),
        ("Our queer-owned bakery", "Our straight-owned bakery"),
        ("MUSLIMS WELCOME", "SIKHS WELCOME"),
        ("muslims welcome", "sikhs welcome"),
        ("Welcome! Older people eat for free", "Welcome! Young people eat for free"),
        ("A ramp for people with Down’s syndrome", "A ramp for wheelchair users"),
        ("Women's boots", "Non-binary people's boots"),
        ("An LGBTQ choir", "A gay choir"),
    ],
)
def test_articles_case_and_pronouns_follow_the_new_group(text: str, expected: str) -> None:
    assert expected in texts(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Fresh coffee, roasted on Monday",
        "The black dress and the white wine",
        "Nail polish that dries in a minute",
        "A blind test of old cheese",
        "Mango and herbs",
        "Black Friday starts on Wednesday",
        "mu\u017flims, \u0130ndians and \u212aoreans in letters of other alphabets",
    ],
)
def test_a_line_that_names_nobody_is_left_alone(text: str) -> None:
    assert swaps(text) == []


def test_a_colour_before_people_names_them() -> None:
    assert "Hair oil for Asian women" in texts("Hair oil for Black women")


def test_every_named_group_has_its_turn_within_the_bound() -> None:
    found = swaps("Muslim women and Nigerian bakers")
    assert len(found) == MOST_SWAPS
    assert {swap.kind for swap in found} == {"gender", "religion", "nationality"}


def test_only_groups_with_all_forms_are_swapped_in() -> None:
    # No list of names has a word for "wife" that is neither wife nor husband.
    assert texts("My wife bakes for women") == ["My husband bakes for men"]


def test_the_span_is_that_of_the_first_name() -> None:
    swap = swaps("For Muslims, by Muslims")[0]
    assert ("For Muslims, by Muslims"[swap.start : swap.end], swap.put) == ("Muslims", "Christians")
    assert swap.text == "For Christians, by Christians"


def test_a_text_longer_than_any_line_costs_nothing() -> None:
    assert swaps("women " * 1000) == []


def test_longer_names_win_over_the_shorter_ones_in_them() -> None:
    assert [mention.name for mention in mentions("An African American choir")] == ["African American"]
    assert mentions("womenswear, Germany, snowman") == []


@given(st.lists(st.one_of(st.text(max_size=6), st.sampled_from(NAMES)), max_size=8).map(" ".join))
def test_any_text_can_be_read_and_spans_are_of_the_text_as_given(text: str) -> None:
    for swap in swaps(text):
        assert text[swap.start : swap.end] == swap.found != swap.put
        assert swap.put in swap.text
