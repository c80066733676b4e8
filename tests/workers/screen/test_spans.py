"""Which words a finding points at: few, in the text as given, whatever its length or disguise."""

from __future__ import annotations

from typing import Any

import pytest

from adgen.spec import Finding
from workers.screen.model import ScreenModel
from workers.screen.screener import Screener, ScreenItem
from workers.screen.spans import Question, telling_spans

PRAISE = "Our beans come from small farms and are roasted with care every single week."
INSULT = "you stupid worthless idiot"


def findings(screener: Screener, text: str) -> list[Finding]:
    return [f for f in screener.screen([ScreenItem(text)])[0].findings if f.rule.startswith("model.")]


@pytest.mark.parametrize("text", [f"{PRAISE} Shut up, {INSULT}.", f"Buy now, {INSULT}! {PRAISE}"])
def test_a_finding_points_at_the_words_that_make_it(screener: Screener, text: str) -> None:
    finding = next(f for f in findings(screener, text) if f.rule == "model.toxicity")
    pointed = text[finding.start : finding.end]
    assert set(pointed.split()) & {"stupid", "worthless", "idiot"}
    assert len(pointed.split()) <= 5


def test_a_long_text_is_looked_into_where_it_is_worst(screener: Screener) -> None:
    text = f"{PRAISE} " * 20 + f"Shut up, {INSULT}, everybody hates you. " + f"{PRAISE} " * 20
    finding = next(f for f in findings(screener, text) if f.rule == "model.toxicity")
    assert text.index("Shut") <= finding.start < finding.end <= text.index("everybody")


@pytest.mark.parametrize(
    "hidden",
    [INSULT.replace("i", "i\u200b"), "".join(chr(ord(c) + 0xFEE0) if c != " " else c for c in INSULT)],
    ids=["zero-width", "full-width"],
)
def test_a_span_lies_in_the_text_as_given(screener: Screener, hidden: str) -> None:
    text = f"{PRAISE} {hidden}"
    finding = next(f for f in findings(screener, text) if f.rule == "model.toxicity")
    assert finding.start >= len(PRAISE)
    assert finding.end <= len(text)


def test_each_label_has_its_own_words(model: ScreenModel) -> None:
    text = "This printer is a piece of shit. Deport all Muslims."
    toxic, attack = telling_spans(
        model, [Question(text, "toxicity", 0.5), Question(text, "identity_attack", 0.5)]
    )
    assert "Muslims" in text[slice(*attack)]
    assert toxic[0] < toxic[1] <= len(text)


def test_what_has_no_words_is_pointed_at_whole(model: ScreenModel) -> None:
    for text in ("", "?!", "\U0001f4a9\U0001f4a9"):
        assert telling_spans(model, [Question(text, "toxicity", 0.5)]) == [(0, len(text))]


def test_lines_that_pass_cost_no_second_look(screener: Screener, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[int] = []
    original = ScreenModel.read

    def counting(self: ScreenModel, texts: Any) -> Any:
        read.append(len(texts))
        return original(self, texts)

    monkeypatch.setattr(ScreenModel, "read", counting)
    screener.screen([ScreenItem(PRAISE), ScreenItem(PRAISE)])
    assert sum(read) == 1


def test_the_look_into_a_text_is_bounded(tiny: ScreenModel, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[int] = []
    original = ScreenModel.read

    def counting(self: ScreenModel, texts: Any) -> Any:
        read.append(len(texts))
        return original(self, texts)

    monkeypatch.setattr(ScreenModel, "read", counting)
    words = 2000
    telling_spans(tiny, [Question(" ".join(f"word{i}" for i in range(words)), "toxicity", 0.0)])
    assert sum(read) <= words / 20 + 1 + 150
