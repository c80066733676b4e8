"""What counts as saying a field of a brief, and as spelling a name."""

from __future__ import annotations

import pytest

from workers.mentions import is_exact, mentions, spellings


@pytest.mark.parametrize(
    ("line", "field", "said"),
    [
        ("Beans roasted on Mondays.", "roasted on Mondays", True),
        ("We roast every Monday", "roasted on Mondays", True),
        ("Roasting? Mondays, always.", "we roast on Mondays", True),
        ("Roasted on Fridays", "roasted on Mondays", False),
        ("Skip a month", "skip any month", True),
        ("A month of mornings", "skip any month", False),
        ("Left-handed scissors, at last", "left-handed scissors", True),
        ("Nordlys Coffee's own", "Nordlys Coffee", True),
        ("Good things", "", False),
    ],
)
def test_a_field_is_said_by_most_of_its_words_in_any_form(line: str, field: str, said: bool) -> None:
    assert mentions(line, field) is said


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("Wake up to Nordlys Coffee.", ["Nordlys Coffee"]),
        ("Nordlis Coffee or nordlys coffee's?", ["Nordlis Coffee", "nordlys coffee's"]),
        ("NordlysCoffee", ["NordlysCoffee"]),
        ("Nordlys Cofee at home", ["Nordlys Cofee"]),
        ("Coffee at home, coffee lovers", []),
        ("Made for Nordlys. Coffee for all.", []),
        ("", []),
    ],
)
def test_a_name_is_found_rightly_spelt_or_not(line: str, found: list[str]) -> None:
    assert spellings(line, "Nordlys Coffee") == found


def test_words_of_another_field_are_no_misspelt_name() -> None:
    assert spellings("Espresso at home", "Espressos", ["espresso"]) == []
    assert spellings("Grit Bouldering has it", "bouldering passes", ["Grit Bouldering"]) == []
    assert spellings("Volta Bikes, by Volta", "Volta bikes", ["Volta"]) == ["Volta Bikes"]


def test_a_short_name_is_found_only_as_it_is() -> None:
    assert spellings("Oz and Ozz, odd", "Ozz") == ["Ozz"]


@pytest.mark.parametrize(
    ("phrase", "name", "in_any_case", "exact"),
    [
        ("Nordlys Coffee", "Nordlys Coffee", False, True),
        ("Nordlys Coffee's", "Nordlys Coffee", False, True),
        ("Pemberley's", "Pemberley's", False, True),
        ("nordlys coffee", "Nordlys Coffee", False, False),
        ("Nordlis Coffee", "Nordlys Coffee", False, False),
        ("Espresso Subscription", "espresso subscription", True, True),
        ("espresso subscriptions", "espresso subscription", True, True),
        ("espreso subscription", "espresso subscription", True, False),
        ("espresso", "espresso subscription", True, False),
    ],
)
def test_a_brand_is_exact_letter_by_letter_and_a_product_in_any_case_and_form(
    phrase: str, name: str, in_any_case: bool, exact: bool
) -> None:
    assert is_exact(phrase, name, in_any_case=in_any_case) is exact
