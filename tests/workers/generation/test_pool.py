"""When two lines are one: by their words, then by their meaning."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
import torch

from adgen.errors import WorkStopped
from tests.workers.generation.candidates import candidates, go_on
from workers.generation import pool
from workers.generation.pool import Pool, vectors


def pooled(texts: Sequence[str], known: Sequence[str] = ()) -> list[str]:
    """Those of `texts` that a pool takes."""
    filled = Pool(known, go_on)
    repeats = filled.add(candidates(*texts))
    assert repeats + len(filled.candidates) == len(texts)
    return [candidate.text for candidate in filled.candidates]


@pytest.mark.parametrize(
    "text", ["Roasted on Mondays", "roasted on mondays!", "Mondays: roasted on", "Roasted on… Mondays"]
)
def test_the_same_words_are_a_repeat_whatever_case_marks_and_order(text: str) -> None:
    assert pooled([text], known=["Roasted on Mondays."]) == []


def test_a_line_whose_words_are_all_in_another_is_a_repeat() -> None:
    assert pooled(["Skip any month you like", "Skip any month"]) == ["Skip any month you like"]


def test_a_line_that_shares_some_words_is_new() -> None:
    lines = ["Roasted on Mondays", "Roasted by hand, gone by Friday"]
    assert pooled(lines) == lines


def test_other_words_for_the_same_are_a_repeat() -> None:
    lines = ["Coffee for people who wake up early.", "Coffees for persons who awake early."]
    likeness = float(vectors(lines)[0] @ vectors(lines)[1])
    assert (likeness >= pool.SAME_MEANING) == (len(pooled(lines)) == 1)
    assert likeness > 0.9


def test_the_first_of_two_like_lines_stays_and_later_rounds_know_it() -> None:
    filled = Pool([], go_on)
    assert filled.add(candidates("Skip any month", "Any month: skip")) == 1
    assert filled.add(candidates("Skip ANY month!", "Half price beans")) == 1
    assert [candidate.text for candidate in filled.candidates] == ["Skip any month", "Half price beans"]
    assert filled.vectors.shape == (2, 384)


def test_likeness_to_known_lines_is_one_number_a_candidate() -> None:
    filled = Pool(["Espresso at home"], go_on)
    filled.add(candidates("Espresso in your kitchen", "Tyres fitted on your drive"))
    near, far = filled.known_likeness()
    assert near > far
    assert Pool([], go_on).known_likeness().tolist() == []


def test_embeddings_are_remembered_and_the_oldest_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    memory = pool._Memory(2)
    monkeypatch.setattr(pool, "_memory", lambda: memory)
    first = vectors(["one line", "another line"])
    asked: list[Sequence[str]] = []

    def counted(texts: Sequence[str]) -> torch.Tensor:
        asked.append(texts)
        return torch.nn.functional.normalize(torch.ones(len(texts), 384), dim=-1)

    monkeypatch.setattr(pool, "embed", counted)
    assert torch.equal(vectors(["another line", "one line"]), first.flip(0))
    vectors(["third line"])
    assert vectors(["another line"]).allclose(torch.full((1, 384), 384**-0.5))
    assert [text for texts in asked for text in texts] == ["third line", "another line"]


def test_embedding_can_be_stopped() -> None:
    def stop() -> None:
        raise WorkStopped("enough")

    with pytest.raises(WorkStopped):
        Pool(["Roasted on Mondays"], stop)
