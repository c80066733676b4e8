"""Verdicts over any text, alone or among thousands, and failing closed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adgen.channels import slot_format
from adgen.errors import ModelUnavailable
from adgen.spec import BrandSpec, BriefSpec, ScreeningResult
from workers.screen.model import ScreenModel, Threshold
from workers.screen.screener import Screener, ScreenItem

INSULT = "Shut up, you stupid worthless idiot, everybody hates you."
AD = "Fresh coffee, roasted on Monday."
# Half-precision products move a score by less than this.
HALF = 2e-3
FILLER = "Our beans come from small farms and are roasted with care every week. "


def screen_one(screener: Screener, text: str) -> Any:
    return screener.screen([ScreenItem(text)])[0]


def test_no_texts_no_results(screener: Screener) -> None:
    assert screener.screen([]) == []


def test_one_text_alone_scores_as_detoxify_scores_it(screener: Screener) -> None:
    expected = screener.model.detoxify.predict(AD)
    assert screen_one(screener, AD).scores == pytest.approx(expected, abs=HALF)


def test_many_texts_of_any_length_keep_their_order_and_their_scores(screener: Screener) -> None:
    texts = [f"{AD} " * (i % 5 + 1) + str(i) for i in range(40)]
    results = screener.screen([ScreenItem(text) for text in texts])
    assert [result.text for result in results] == texts
    for result in results[::9]:
        assert result.scores == pytest.approx(screener.model.detoxify.predict(result.text), abs=HALF)


def test_a_bad_sentence_is_found_anywhere_in_a_long_text(screener: Screener) -> None:
    text = FILLER * 145 + INSULT
    assert len(text) > 10_000
    assert screener.model.detoxify.predict(text)["toxicity"] < screener.model.thresholds["toxicity"].flag
    result = screen_one(screener, text)
    assert "model.toxicity" in [finding.rule for finding in result.findings]


@pytest.mark.parametrize(
    "hidden",
    [
        INSULT.replace("u", "u\u200b"),
        INSULT.replace("i", "\N{CYRILLIC SMALL LETTER BYELORUSSIAN-UKRAINIAN I}"),
        "".join(chr(ord(char) + 0xFEE0) if "!" <= char <= "~" else char for char in INSULT),
    ],
    ids=["zero-width", "look-alike", "full-width"],
)
def test_a_disguise_does_not_lower_the_score(screener: Screener, hidden: str) -> None:
    clean, disguised = (screen_one(screener, text).scores["toxicity"] for text in (INSULT, hidden))
    assert disguised >= clean - HALF


def test_rules_and_model_are_heard_together(screener: Screener) -> None:
    brief = BriefSpec(BrandSpec("Nordlys", banned_words=("idiot",)), "coffee", {"google_rsa.headline": 1})
    result = screener.screen([ScreenItem(INSULT, brief, slot_format("google_rsa.headline"))])[0]
    assert result.verdict == "block"
    assert {"slot.length", "brand.banned_word", "model.toxicity"} <= {f.rule for f in result.findings}
    finding = next(f for f in result.findings if f.rule == "model.toxicity")
    assert "rude" in finding.message
    assert "toxicity" in finding.message


def test_two_thresholds_make_the_severity(model: ScreenModel) -> None:
    score = Screener(model).screen([ScreenItem(INSULT)])[0].scores["toxicity"]

    def verdict(flag: float, block: float) -> str:
        thresholds = {label: Threshold(1.0, 1.0) for label in model.labels} | {
            "toxicity": Threshold(flag, block)
        }
        return screen_one(Screener(ScreenModel(model.detoxify, thresholds, model.sha256)), INSULT).verdict

    assert verdict(score - 0.01, score - 0.005) == "block"
    assert verdict(score - 0.01, 1.0) == "flag"
    assert verdict(1.0, 1.0) == "pass"


def test_a_text_the_model_cannot_read_is_flagged(screener: Screener) -> None:
    result = screen_one(screener, "ⴰⵣⵓⵍ ⴰⵎⴰⴹⴰⵍ")
    assert result.verdict == "flag"
    assert "model.unreadable" in [finding.rule for finding in result.findings]


def test_an_emoji_is_judged_by_what_it_says(screener: Screener) -> None:
    hostile, friendly, words = screener.scores(["Refugees are 🐀", "Refugees are ❤️", "Refugees are  rat "])
    assert hostile["identity_attack"] > 0.9 > 0.5 > friendly["identity_attack"]
    assert hostile == words


def test_the_version_changes_with_thresholds_weights_and_packs(
    model: ScreenModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = model.labels[0]
    stricter = dict(model.thresholds) | {first: replace(model.thresholds[first], flag=0.01)}
    versions = {
        Screener(model).version,
        Screener(ScreenModel(model.detoxify, stricter, model.sha256)).version,
        Screener(ScreenModel(model.detoxify, model.thresholds, "other weights")).version,
    }
    assert len(versions) == 3
    assert Screener(model).version in versions
    monkeypatch.setattr("workers.screen.screener.packs_version", lambda: "other packs")
    assert Screener(model).version not in versions


def test_progress_tells_of_every_text(screener: Screener) -> None:
    done: list[int] = []
    screener.screen([ScreenItem("")] * 1030, done.append)
    assert sum(done) == 1030
    assert len(done) > 1


def test_a_score_that_is_no_number_lets_nothing_through(tiny: ScreenModel) -> None:
    tiny.detoxify.model.classifier.bias.data[0] = torch.nan
    broken = ScreenModel(tiny.detoxify, tiny.thresholds, "")
    with pytest.raises(ModelUnavailable, match="not a number"):
        Screener(broken).screen([ScreenItem(AD)])


@pytest.mark.parametrize("text", [None, 3, b"bytes", ["list"]])
def test_what_is_no_text_lets_nothing_through(screener: Screener, text: Any) -> None:
    with pytest.raises(TypeError, match="Text 1"):
        screener.screen([ScreenItem(AD), ScreenItem(text)])


@st.composite
def texts_of_any_length(draw: st.DrawFn) -> str:
    """Up to 100,000 characters: a drawn piece said again and again."""
    piece, length = draw(st.text(st.characters(), max_size=30)), draw(st.integers(0, 100_000))
    return (piece * (length // max(1, len(piece)) + 1))[:length]


def check(text: str, result: ScreeningResult) -> None:
    assert result.text == text
    assert result.verdict in ("pass", "flag", "block")
    assert all(0 <= score <= 1 for score in result.scores.values())
    assert all(0 <= finding.start <= finding.end <= len(text) for finding in result.findings)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.text(st.characters(), max_size=40), max_size=3))
def test_any_characters_get_a_verdict(screener: Screener, texts: list[str]) -> None:
    for text, result in zip(texts, screener.screen([ScreenItem(t) for t in texts]), strict=True):
        check(text, result)


@settings(
    max_examples=5,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(texts_of_any_length())
def test_any_length_gets_a_verdict(tiny: ScreenModel, text: str) -> None:
    for flag in (0.01, 0.99):  # all is flagged and looked into, and nothing is
        model = ScreenModel(tiny.detoxify, dict.fromkeys(tiny.labels, Threshold(flag, 1.0)), "")
        check(text, Screener(model).screen([ScreenItem(text)])[0])
