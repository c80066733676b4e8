"""Words that exist, and calls to action that suit a trade."""

from __future__ import annotations

import pytest

from workers.starter.copywriter import calls, lexicon


@pytest.mark.parametrize(
    "said", ["Don't wait, order today.", "The shop's own Christmas list", "Kits for 30 l of lager"]
)
def test_words_of_a_dictionary_or_of_a_skeleton_are_not_strange(said: str) -> None:
    assert lexicon.strange(said, "") == 0


def test_a_word_that_does_not_exist_is_strange_unless_the_brief_says_it() -> None:
    assert lexicon.strange("Dipe right, cude right", "") == 2
    assert lexicon.strange("Dipe right, cude right", "A brand called Dipe") == 1


@pytest.mark.parametrize(("industry", "unsuited"), [("real_estate", 0), ("software", 1), ("", 1)])
def test_a_call_of_another_trade_is_told(industry: str, unsuited: int) -> None:
    assert calls.unsuited("Arrange a visit. Find out more.", industry, "") == unsuited


@pytest.mark.parametrize(("sells", "unsuited"), [("goods", 0), ("", 0), ("services", 1)])
def test_nobody_shops_for_a_service(sells: str, unsuited: int) -> None:
    assert calls.unsuited("Shop now. Take a look.", "beauty", sells) == unsuited


@pytest.mark.parametrize(("sells", "unsuited"), [("goods", 1), ("", 0), ("services", 0)])
def test_nobody_joins_goods(sells: str, unsuited: int) -> None:
    assert calls.unsuited("Join today. Take a look.", "fitness", sells) == unsuited
