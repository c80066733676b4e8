"""Lines come apart into text and pointers, and go together again, exactly."""

from __future__ import annotations

import random

import pytest

from tests.workers.starter.copywriter.briefs import PRODUCTS, fields_for
from workers.starter.copywriter import WEIGHTS, filling, skeletons
from workers.starter.copywriter.fields import Value
from workers.starter.copywriter.pointers import Piece, Pointer, put_together, take_apart
from workers.starter.copywriter.style import CASES
from workers.starter.copywriter.vocabulary import Vocabulary

VALUES = {
    "brand": Value("The Linen Room"),
    "product": Value("espresso subscription", number="one"),
    "message1": Value("save time", "verb"),
    "message2": Value("keep your feet dry", "does"),
    "message3": Value("unique recipes", "noun", "many"),
    "offer": Value("free trial", number="one"),
}


@pytest.fixture(scope="module")
def vocabulary() -> Vocabulary:
    return Vocabulary.load(WEIGHTS / "tokenizer.json")


@pytest.mark.long
@pytest.mark.parametrize("style", CASES[:-1])
def test_every_skeleton_survives_the_round_trip(vocabulary: Vocabulary, style: str) -> None:
    for skeleton in skeletons.load():
        for number in PRODUCTS:
            fields = fields_for(skeleton, number)
            if not filling.fits(skeleton.slots, fields):
                continue
            pieces = filling.fill(skeleton.text, fields, ["find out more"], random.Random(1))
            if pieces is None:
                continue
            styled = filling.restyle(pieces, style, fields)
            line = put_together(styled, fields.values)
            assert line is not None
            assert put_together(take_apart(line, fields.values), fields.values) == line
            assert vocabulary.decode(vocabulary.encode(styled)) == styled, line


@pytest.mark.parametrize(
    ("line", "pieces"),
    [
        ("Save time with us", [Pointer("message1", case="cap"), " with us"]),
        ("Start saving time", ["Start ", Pointer("message1", "ing")]),
        ("It keeps your feet dry.", ["It ", Pointer("message2", "third"), "."]),
        ("Get an espresso subscription", ["Get a ", Pointer("product")]),
        ("An Espresso Subscription", ["A ", Pointer("product", case="title")]),
        ("Enjoy a free trial", ["Enjoy a ", Pointer("offer")]),
        ("Espresso subscriptions", ["Espresso subscriptions"]),
        ("ESPRESSO SUBSCRIPTION", ["ESPRESSO SUBSCRIPTION"]),
    ],
)
def test_a_line_comes_apart(line: str, pieces: list[Piece]) -> None:
    assert take_apart(line, VALUES) == pieces
    assert put_together(pieces, VALUES) == line


def test_the_article_follows_the_sound_of_the_string() -> None:
    assert put_together(["Say yes to an ", Pointer("message3")], VALUES) == "Say yes to a unique recipes"
    assert put_together(["A ", Pointer("product", case="")], VALUES) == "An espresso subscription"


def test_the_longest_string_wins() -> None:
    values = {"product": Value("tea"), "message1": Value("green tea for two", "noun", "mass")}
    assert take_apart("Green tea for two, tea for one", values) == [
        Pointer("message1", case="cap"),
        ", ",
        Pointer("product"),
        " for one",
    ]


def test_a_brand_with_an_article_is_not_given_two() -> None:
    assert put_together(["the ", Pointer("brand")], VALUES) == "the Linen Room"
    assert put_together(["your ", Pointer("brand"), " tea"], VALUES) == "your Linen Room tea"


def test_a_pointer_without_a_string_spells_nothing() -> None:
    assert put_together(["In ", Pointer("place")], VALUES) is None


@pytest.mark.parametrize(
    "text",
    [
        "Quillhaven's own",
        "24/7, in Ghent – always",
        "(It was the tea.)",
        "No. 1 <end> ^caret",
        "Blå, Søren & Co",
    ],
)
def test_text_without_pointers_survives_its_ids(vocabulary: Vocabulary, text: str) -> None:
    spelled = vocabulary.decode(vocabulary.encode([text]))
    if set(text) & set("<>^"):
        assert spelled is None or spelled == [text.replace("^", "")]
    else:
        assert spelled == [text]


def test_ids_with_a_mark_that_raises_nothing_are_no_line(vocabulary: Vocabulary) -> None:
    dangling = vocabulary.ids["<form:third>"]
    assert vocabulary.decode([*vocabulary.words(" hello"), dangling]) is None
