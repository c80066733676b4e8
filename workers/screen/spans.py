"""Which words a score comes from, found by leaving words out."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from workers.screen.model import ScreenModel

# Of a longer text, the worst stretch of so many words is looked into, whatever the text's length.
_STRETCH, _STEP = 30, 20
_LONGEST_RUN = 5
_WORD = re.compile(r"\w+(?:['’]\w+)*")

Span = tuple[int, int]


@dataclass(frozen=True)
class Question:
    """A text, and the label whose score reached `flag` and asks for its words."""

    text: str
    label: str
    flag: float


@dataclass(frozen=True)
class _Run:
    """Some words of a stretch of a text, and the score of the stretch without them."""

    span: Span
    rest: float


def telling_spans(model: ScreenModel, questions: Sequence[Question]) -> list[Span]:
    """For each question the shortest run of words without which half of what exceeds `flag` is gone.

    If no run of five words is that telling, the one whose absence lowers the score most; the whole text
    if none does. At most 150 readings a question, and one for every 20 words of the text.
    """
    stretches = _worst_stretches(model, questions)
    wholes = _scores(
        model, [(q, _part(q.text, words)) for q, words in zip(questions, stretches, strict=True)]
    )
    best = [_Run((0, len(question.text)), whole) for question, whole in zip(questions, wholes, strict=True)]
    for length in range(1, _LONGEST_RUN + 1):
        unanswered = [
            i
            for i, question in enumerate(questions)
            if len(stretches[i]) >= length and best[i].rest - question.flag > (wholes[i] - question.flag) / 2
        ]
        for i, runs in zip(
            unanswered, _without_runs(model, questions, stretches, unanswered, length), strict=True
        ):
            best[i] = min([best[i], *runs], key=lambda run: run.rest)
    return [run.span for run in best]


def _without_runs(
    model: ScreenModel,
    questions: Sequence[Question],
    stretches: list[list[Span]],
    asked: Iterable[int],
    length: int,
) -> list[list[_Run]]:
    """For each question asked, the scores of its stretch without each run of `length` words."""
    spans = [
        [(words[at][0], words[at + length - 1][1]) for at in range(len(words) - length + 1)]
        for words in (stretches[i] for i in asked)
    ]
    rests = [
        (questions[i], _part(questions[i].text, stretches[i], without=span))
        for i, runs in zip(asked, spans, strict=True)
        for span in runs
    ]
    scores = iter(_scores(model, rests))
    return [[_Run(span, next(scores)) for span in runs] for runs in spans]


def _worst_stretches(model: ScreenModel, questions: Sequence[Question]) -> list[list[Span]]:
    """The words of the stretch of each text that scores highest."""
    cut = [_stretches(question.text) for question in questions]
    parts = [
        (question, _part(question.text, words))
        for question, stretches in zip(questions, cut, strict=True)
        for words in stretches
        if len(stretches) > 1
    ]
    scores = iter(_scores(model, parts))
    return [
        max(stretches, key=lambda _: next(scores)) if len(stretches) > 1 else stretches[0]
        for stretches in cut
    ]


def _stretches(text: str) -> list[list[Span]]:
    words = [match.span() for match in _WORD.finditer(text)]
    return [words[at : at + _STRETCH] for at in range(0, max(1, len(words) - _STRETCH + _STEP), _STEP)]


def _part(text: str, words: list[Span], without: Span | None = None) -> str:
    """The stretch of `text` from the first to the last of `words`, less what is left out."""
    begin, end = (words[0][0], words[-1][1]) if words else (0, len(text))
    return text[begin:end] if without is None else text[begin : without[0]] + text[without[1] : end]


def _scores(model: ScreenModel, parts: Sequence[tuple[Question, str]]) -> list[float]:
    """The score of each text for the label of its question; equal texts are read once."""
    texts = list(dict.fromkeys(text for _, text in parts))
    read = dict(zip(texts, model.read(texts), strict=True))
    return [read[text].scores[question.label] for question, text in parts]
