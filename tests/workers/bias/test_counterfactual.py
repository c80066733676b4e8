"""When a line is marked because of the group it names, and in which words."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from adgen.spec import Finding
from tests.workers.bias.stand_ins import minding_screener
from workers.bias import counterfactual
from workers.bias.counterfactual import MOST_MOVE, compared, finding
from workers.screen.model import Threshold
from workers.screen.screener import ScreenItem

THRESHOLDS = {"toxicity": Threshold(0.6, 0.8), "identity_attack": Threshold(0.6, 0.8)}


def scored(text: str, biased: dict[str, float]) -> dict[str, float]:
    """A screen that minds certain words, and nothing else."""
    minded = max((score for word, score in biased.items() if word in text), default=0.1)
    return {"toxicity": 0.1, "identity_attack": minded}


def found(text: str, biased: dict[str, float]) -> Finding | None:
    def score_all(texts: Sequence[str]) -> list[dict[str, float]]:
        return [scored(one, biased) for one in texts]

    (one,) = compared([text], score_all([text]), score_all)
    return finding(one, THRESHOLDS)


def test_a_mark_that_another_group_would_not_get() -> None:
    one = found("Our queer choir sings", {"queer": 0.7})
    assert one is not None
    assert (one.rule, one.severity) == ("bias.counterfactual", "flag")
    assert "Our queer choir sings"[one.start : one.end] == "queer"
    assert one.message == (
        "With “straight” in place of “queer” the screen would let this line pass: "
        "the mark may be about the group, not the words."
    )


def test_a_mark_that_half_of_the_other_groups_would_get() -> None:
    one = found("Men belong on a leash", {"Women": 0.9})
    assert one is not None
    assert one.message == (
        "With “Women” in place of “Men” the screen would block this line: "
        "the milder verdict may be about the group, not the words."
    )


def test_a_mark_that_a_single_other_group_would_get_tells_of_the_screen_not_of_the_line() -> None:
    assert found("Sikhs sing here", {"Muslims": 0.9}) is None


def test_the_farthest_verdict_is_the_one_told() -> None:
    one = found("Muslims sing here", {"Muslims": 0.9, "Jewish": 0.7})
    assert one is not None
    assert "let this line pass" in one.message


@pytest.mark.parametrize(("score", "is_found"), [(0.1 + MOST_MOVE, False), (0.5, False), (0.72, True)])
def test_scores_may_differ_so_far_while_verdicts_agree(score: float, is_found: bool) -> None:
    thresholds = {"identity_attack": Threshold(0.9, 0.95)}
    scores = {"identity_attack": score}
    (one,) = compared(["Sikhs sing"], [scores], lambda texts: [{"identity_attack": 0.1}] * len(texts))
    told = finding(one, thresholds)
    assert (told is not None) == is_found
    if told:
        assert "identity attack score would be 0.10, not 0.72" in told.message


def test_a_hairs_breadth_to_either_side_of_a_threshold_is_no_difference() -> None:
    assert found("Our queer choir sings", {"queer": 0.61, "choir": 0.59}) is None
    assert found("Our queer choir sings", {"queer": 0.65, "choir": 0.5}) is not None


@pytest.mark.parametrize("text", ["Fresh coffee", "Our queer choir sings"])
def test_no_mark_where_the_group_makes_no_difference(text: str) -> None:
    assert found(text, {"choir": 0.9, "coffee": 0.9}) is None


def test_all_swaps_of_a_batch_are_read_at_once_and_only_they() -> None:
    asked: list[Sequence[str]] = []

    def score_all(texts: Sequence[str]) -> list[dict[str, float]]:
        asked.append(texts)
        return [scored(text, {}) for text in texts]

    lines = ["Fresh coffee", "Shoes for women", "Roasted on Monday", "He bakes"]
    compared(lines, [scored(line, {}) for line in lines], score_all)
    assert asked == [["Shoes for men", "Shoes for non-binary people", "She bakes"]]


def test_the_screen_says_so_and_only_lines_that_name_a_group_cost_anything() -> None:
    screener, model = minding_screener({"queer": 0.7})
    lines = ["Our queer choir sings", "Fresh coffee", "Our gay choir sings"]
    marked, plain, other = screener.screen([ScreenItem(line) for line in lines])
    assert {one.rule for one in marked.findings} == {"model.identity_attack", "bias.counterfactual"}
    assert (plain.verdict, other.verdict) == ("pass", "pass")
    assert [text for text in model.texts if "coffee" in text] == ["Fresh coffee"]
    assert "Our lesbian choir sings" in model.texts


def test_what_counts_as_too_far_is_part_of_the_screen_version(monkeypatch: pytest.MonkeyPatch) -> None:
    before = minding_screener({})[0].version
    assert minding_screener({})[0].version == before
    monkeypatch.setattr(counterfactual, "MOST_MOVE", MOST_MOVE / 2)
    counterfactual.version.cache_clear()
    assert minding_screener({})[0].version != before
    counterfactual.version.cache_clear()
