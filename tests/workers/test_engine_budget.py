"""Limits while sampling: no line is wider than its slot, and none is squeezed into it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
import torch

from tests.workers.sampling import ENDLESS, ragged_prompts, samples
from workers.base import BaseModel
from workers.codec import Codec, Prompt
from workers.engines.budget import LEAST_SHARE, Budget
from workers.engines.transformers import TransformersEngine


class Letters:
    """A codec of four ids: an end, two letters and a pointer. A letter is one unit wide."""

    vocab_size, pad_id, end_id = 4, 0, 0

    def __init__(self, lead: int) -> None:
        self.lead = lead

    def widths(self, prompt: Prompt) -> Sequence[int]:
        return [9, 1, 1, len(prompt.strings.get(3, ""))]


def prompt(limit: int, *, pointer: str = "", banned: Sequence[int] = ()) -> Prompt:
    return Prompt(
        (1,), (2,), replace(ENDLESS, limit=limit), frozenset(banned), {3: pointer} if pointer else {}
    )


def budget(*prompts: Prompt, lead: int = 0) -> Budget:
    codec: Codec = Letters(lead)  # type: ignore[assignment]
    return Budget(codec, prompts, torch.device("cpu"))


def logits(*shares: Sequence[float]) -> torch.Tensor:
    return torch.tensor(shares).log()


def without_halves(codec: Any, prompt: Prompt) -> Prompt:
    """`prompt` without ids that are part of a character: a random model makes nonsense of them."""
    halves = {id_ for id_ in range(codec.vocab_size) if "\ufffd" in codec.tokenizer.decode([id_])}
    return replace(prompt, banned=prompt.banned | halves)


def test_what_is_too_wide_is_masked_and_the_end_never_is() -> None:
    rows = budget(prompt(3, pointer="tea"), prompt(2, pointer="tea"), prompt(0))
    fitting, cut = rows.within(logits(*[[0.25] * 4] * 3))
    assert fitting.isfinite().tolist() == [[True] * 4, [True, True, True, False], [True, False, False, True]]
    assert cut.tolist() == [False, False, False]


def test_each_token_takes_off_what_it_adds() -> None:
    rows = budget(prompt(5, pointer="tea"), prompt(5, pointer="coffee"))
    rows.spend(torch.tensor([3, 1]))
    rows.spend(torch.tensor([1, 1]))
    rows.spend(torch.tensor([1, 0]))
    fitting, _ = rows.within(logits(*[[0.25] * 4] * 2))
    assert fitting.isfinite().tolist() == [[True, False, False, False], [True, True, True, False]]


def test_the_space_that_no_line_begins_with_takes_no_room() -> None:
    rows = budget(prompt(2, pointer="tea"), lead=1)
    assert rows.within(logits([0.25] * 4))[0].isfinite().tolist() == [[True] * 4]


def test_rows_that_stay_keep_their_budgets() -> None:
    rows = budget(prompt(1), prompt(0), prompt(1))
    rows.keep(torch.tensor([1, 2]))
    fitting, _ = rows.within(logits(*[[0.25] * 4] * 2))
    assert fitting.isfinite().tolist() == [[True, False, False, True], [True, True, True, True]]


@pytest.mark.parametrize(("share", "is_cut"), [(LEAST_SHARE / 2, True), (LEAST_SHARE * 2, False)])
def test_a_row_is_cut_where_hardly_anything_likely_fits(share: float, is_cut: bool) -> None:
    rest = (1 - share) / 2
    _, cut = budget(prompt(0)).within(logits([share, rest, rest, 0.0]))
    assert cut.tolist() == [is_cut]


def test_what_is_banned_does_not_count_as_likely() -> None:
    fitting, cut = budget(prompt(9, banned=[1, 7])).within(logits([0.01, 0.98, 0.01, 0.0]))
    assert fitting.isfinite().tolist() == [[True, False, True, False]]
    assert cut.tolist() == [False]


def test_a_row_without_anything_to_say_is_cut() -> None:
    _, cut = budget(prompt(0, banned=[0, 3])).within(logits([0.25, 0.25, 0.25, 0.25]))
    assert cut.tolist() == [True]


def test_no_line_is_wider_than_its_slot_and_cut_lines_do_not_end(each_base: BaseModel) -> None:
    narrow = replace(ENDLESS, limit=9)
    prompts = [without_halves(each_base.codec, told) for told in ragged_prompts(each_base, 12, narrow)]
    codec, lines = each_base.codec, samples(TransformersEngine(each_base), prompts, tokens=24)
    assert any(line.ids[-1] != codec.end_id for line in lines)
    for line, told in zip(lines, prompts, strict=True):
        text = codec.text([id_ for id_ in line.ids if id_ != codec.end_id], told)
        assert text is None or narrow.width(text) <= 9
        assert sum(codec.widths(told)[id_] for id_ in line.ids) <= 9
        assert len(line.ids) < 24 or line.ids[-1] == codec.end_id


def test_a_limit_that_is_not_reached_changes_nothing(tiny_base: BaseModel) -> None:
    engine = TransformersEngine(tiny_base)
    prompts = ragged_prompts(tiny_base, 16)
    free = samples(engine, prompts, tokens=8)
    limited = [replace(prompt, slot=replace(ENDLESS, limit=16)) for prompt in prompts]
    assert samples(engine, limited, tokens=8) == free


def test_rows_of_other_limits_are_the_same_in_any_minibatch(tiny_base: BaseModel) -> None:
    slots = [replace(ENDLESS, limit=limit) for limit in (3, 5, 8)]
    prompts = [
        replace(
            without_halves(tiny_base.codec, prompt),
            slot=slots[row % 3],
            strings={999: "x"} if row % 2 else {},
        )
        for row, prompt in enumerate(ragged_prompts(tiny_base, 18))
    ]
    together = samples(TransformersEngine(tiny_base, minibatch=32), prompts)
    apart = samples(TransformersEngine(tiny_base, minibatch=5), prompts)
    assert [line.ids for line in together] == [line.ids for line in apart]
    for line, prompt in zip(together, prompts, strict=True):
        assert sum(tiny_base.codec.widths(prompt)[id_] for id_ in line.ids) <= prompt.slot.limit
