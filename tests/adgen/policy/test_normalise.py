"""The plain reading of a text, and the way back to the text as given."""

from __future__ import annotations

import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adgen.policy import normalise


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("Fresh coffee", "Fresh coffee"),
        ("ｆｒｅｅ", "free"),
        ("ﬁne", "fine"),
        ("fr\u200bee", "free"),
        ("fr\u00adee", "free"),
        ("\u202efree\u202c", "free"),
        ("fr\u0435\u0435", "free"),  # Cyrillic е
        ("\u0441\u0430\u0440", "cap"),  # Cyrillic only, and every letter looks Latin
        ("привет", "привет"),
        ("Ελλάδα", "Ελλάδα"),
        ("cafe\u0301", "café"),
        ("one\ntwo", "one\ntwo"),
        ("\ud800", "\ufffd"),
        ("", ""),
    ],
)
def test_the_plain_reading(text: str, plain: str) -> None:
    assert normalise(text).text == plain


def test_a_span_leads_back_to_the_text_as_given() -> None:
    text = "Get it fr\u200bｅe now"
    plain = normalise(text)
    at = plain.text.index("free")
    start, end = plain.span(at, at + 4)
    assert text[start:end] == "fr\u200bｅe"


def test_a_span_covers_all_that_a_ligature_stands_for() -> None:
    plain = normalise("ﬁne")
    assert plain.span(1, 2) == (0, 1)


def test_case_folding_keeps_the_way_back() -> None:
    folded = normalise("Straße!").casefold()
    assert folded.text == "strasse!"
    assert folded.span(4, 6) == (4, 5)


def test_stacked_marks_take_no_more_than_linear_time() -> None:
    start = time.perf_counter()
    normalise("a" + "\u0315\u0300" * 50_000)
    assert time.perf_counter() - start < 5


@given(st.text(st.characters(), max_size=200))
def test_every_character_has_an_origin_inside_the_text(text: str) -> None:
    plain = normalise(text)
    assert len(plain.origins) == len(plain.text)
    assert all(0 <= start < end <= len(text) for start, end in plain.origins)
    assert [origin[0] for origin in plain.origins] == sorted(origin[0] for origin in plain.origins)


@given(st.text("aeo\u0301\u0308\u0323ﬁ각\u1100\u1161\u11a8日Ａ１ ", max_size=30))
def test_piece_by_piece_gives_what_nfkc_gives_for_the_whole(text: str) -> None:
    assert normalise(text).text == unicodedata.normalize("NFKC", text)
