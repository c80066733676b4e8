"""Widths of tokens: together never less than the line they spell, and no more than they must."""

from __future__ import annotations

from typing import get_args

import pytest

from adgen.channels import Unit, width
from tests.architectures import ARCHITECTURES
from workers.widths import token_widths

LINES = (
    "Fresh espresso, roasted on Mondays",
    "Kaffee für zwei – délicieux",
    "焙煎したてのコーヒー",
    "Wake up ☕ to 👩‍🍳 better 🇩🇪 mornings",
    "Доставка кофе",
    "نصف السعر",
    "커피 두 봉지",
)


@pytest.mark.parametrize("unit", get_args(Unit))
@pytest.mark.parametrize("name", ["qwen3", "gemma3"])
def test_tokens_are_together_as_wide_as_the_line_they_spell(name: str, unit: Unit) -> None:
    tokenizer = ARCHITECTURES[name].tokenizer()
    widths = token_widths(tokenizer, unit)
    assert len(widths) == len(tokenizer)
    for line in LINES:
        ids = tokenizer.encode(line, add_special_tokens=False)
        assert tokenizer.decode(ids) == line
        counted = sum(widths[id_] for id_ in ids)
        assert counted >= width(line, unit)
        if unit == "char" or line.isascii():
            assert counted == width(line, unit)


def test_letters_in_several_tokens_count_as_one() -> None:
    tokenizer = ARCHITECTURES["qwen3"].tokenizer()
    ids = tokenizer.encode("Доставка", add_special_tokens=False)
    assert len(ids) == 16
    assert sum(token_widths(tokenizer, "weighted")[id_] for id_ in ids) == 8


def test_a_run_of_white_space_counts_as_one_space() -> None:
    tokenizer = ARCHITECTURES["gemma3"].tokenizer()
    (breaks,) = tokenizer.encode("\n\n", add_special_tokens=False)
    assert token_widths(tokenizer, "char")[breaks] == 1
