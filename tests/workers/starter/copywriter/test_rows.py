"""Training data: the same rows for the same seed, lines inside their limits, nothing held out in them."""

from __future__ import annotations

import random

import numpy as np
import pytest

from workers.starter.copywriter import WEIGHTS, invent, prompts, rows, skeletons, wordlists
from workers.starter.copywriter.invent import Inventor
from workers.starter.copywriter.lines import Writer
from workers.starter.copywriter.prompts import EXEMPLARS_AT_MOST
from workers.starter.copywriter.style import Style, end_of
from workers.starter.copywriter.vocabulary import END, LIKE, LIMITS, Vocabulary


@pytest.fixture(scope="module")
def vocabulary() -> Vocabulary:
    return Vocabulary.load(WEIGHTS / "tokenizer.json")


def test_a_row_depends_on_seed_and_number_alone(vocabulary: Vocabulary) -> None:
    together = rows.minibatch(vocabulary, 1, range(4))
    alone = rows.minibatch(vocabulary, 1, range(2, 4))
    assert np.array_equal(together["ids"][2:], alone["ids"])
    assert not np.array_equal(together["ids"], rows.minibatch(vocabulary, 2, range(4))["ids"])


def test_each_line_is_predicted_from_its_own_prompt_to_its_end(vocabulary: Vocabulary) -> None:
    row = rows.row(vocabulary, 1, 0)
    end = vocabulary.ids[END]
    for line in sorted(set(row.lines) - {0, rows.PADDED}):
        at = [index for index, one in enumerate(row.lines) if one == line]
        labels = [row.labels[index] for index in at if row.labels[index] != rows.IGNORED]
        assert labels[-1] == end
        assert labels == [row.ids[index] for index in at][-len(labels) :]
    assert row.positions[0] == 0
    assert all(
        row.labels[index] == rows.IGNORED for index, line in enumerate(row.lines) if line in (0, rows.PADDED)
    )


def test_lines_are_inside_the_limit_that_they_are_told(vocabulary: Vocabulary) -> None:
    rng = random.Random(5)
    lines = [line for _ in range(120) for line in Writer(Inventor(rng).brief(), rng).lines(8)]
    assert len(lines) > 600
    assert all(len(line.text) <= line.wanted.limit for line in lines)
    # Hardly a line is as short as the shortest limit.
    assert {line.wanted.limit for line in lines} >= set(LIMITS[1:])


@pytest.mark.parametrize("end", ["none", ".", "!", "?"])
def test_all_lines_of_a_brand_show_its_style(end: str) -> None:
    rng = random.Random(end)
    style = Style(case="lower", end=end, longest=60)
    written = [Writer(Inventor(rng).brief(), rng, kind="headline", style=style).lines(6) for _ in range(20)]
    lines = [line for lines in written for line in lines]
    assert len(lines) > 40
    assert {end_of(line.text) for line in lines} == {end}
    assert all(len(line.text) <= 60 for line in lines)


def test_rows_show_briefs_with_exemplars_and_lines_without_a_brief(vocabulary: Vocabulary) -> None:
    many = rows.minibatch(vocabulary, 1, range(80))
    briefs = [row[lines == 0].tolist() for row, lines in zip(many["ids"], many["lines"], strict=True)]
    shown = [brief.count(vocabulary.ids[LIKE]) for brief in briefs]
    assert 15 < sum(1 for count in shown if count) < 40
    assert max(shown) == EXEMPLARS_AT_MOST
    assert prompts.unbriefed(vocabulary) in briefs


def test_what_is_held_out_stays_out_of_training() -> None:
    rng = random.Random(6)
    held_out = set(wordlists.load("brands")["held_out"])
    trained = [Inventor(rng).brief() for _ in range(400)]
    assert not held_out & {one.fields.values["brand"].text for one in trained}
    told = {
        value.text
        for one in trained
        for name, value in one.fields.values.items()
        if name.startswith("message")
    }
    listed = {text for lists in wordlists.industries().values() for text in lists["nouns"]}
    assert not [text for text in told & listed if invent.kept_back(text)]


def test_a_tenth_of_the_skeletons_is_held_out() -> None:
    every = skeletons.load()
    assert 0.05 < sum(skeleton.held_out for skeleton in every) / len(every) < 0.15
