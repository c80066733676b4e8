"""The screen as a whole: rules and model over the text as given and in every plain reading."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass

from adgen.channels import SlotFormat
from adgen.policy import Normalised, as_given, check_rules, packs_version, readings, verdict
from adgen.spec import BriefSpec, Finding, ScreeningResult, Severity
from workers.bias import counterfactual
from workers.screen.model import Reading, ScreenModel
from workers.screen.spans import Question, telling_spans

# Items screened at once: enough to fill minibatches of like length, few enough to keep memory flat.
_BLOCK = 512
_UNREADABLE_BELOW = 0.5
_MEANING = {
    "toxicity": "rude, hateful or hurtful",
    "identity_attack": "an attack on a group of people",
}


@dataclass(frozen=True)
class ScreenItem:
    """One text to screen, with the brief and the slot whose rules it must keep, where it has them."""

    text: str
    brief: BriefSpec | None = None
    slot: SlotFormat | None = None


class _Heard:
    """What the model makes of one text as given and in its readings, emoji in words in all of them.

    A model that does not know a picture would judge what is left of the sentence without it.
    """

    def __init__(
        self, text: str, given: Normalised, plain: Sequence[Normalised], read: Mapping[str, Reading]
    ) -> None:
        self.text = text
        self._forms = {form.text: form for form in reversed([given, *plain])}
        self._read = {form: read[form] for form in (given.text, *self._forms)}
        self.known = read[plain[0].text].known

    def worst(self, label: str) -> str:
        """The reading that scores highest; the text as given, if it is among them."""
        return max(self._read, key=lambda form: self._read[form].scores[label])

    def score(self, label: str) -> float:
        return self._read[self.worst(label)].scores[label]

    def original(self, label: str, start: int, end: int) -> tuple[int, int]:
        """The span of the text as given behind a span of the worst reading."""
        return (start, end) if start == end else self._forms[self.worst(label)].span(start, end)


class Screener:
    """One screen version. Any exception means that nothing was screened: let no text through."""

    def __init__(self, model: ScreenModel) -> None:
        self.model = model
        self.version = _version(model)

    def screen(
        self, items: Sequence[ScreenItem], progress: Callable[[int], object] | None = None
    ) -> list[ScreeningResult]:
        """One result an item, in order. `progress` is told how many more are done.

        Raises TypeError for a text that is no str, ModelUnavailable for a model that gives no numbers.
        """
        for i, item in enumerate(items):
            if not isinstance(item.text, str):
                raise TypeError(f"Text {i} is {type(item.text).__name__}, not str.")
        results: list[ScreeningResult] = []
        for at in range(0, len(items), _BLOCK):
            block = items[at : at + _BLOCK]
            results.extend(self._screen_block(block))
            if progress is not None:
                progress(len(block))
        return results

    def scores(self, texts: Sequence[str]) -> list[dict[str, float]]:
        """What the model alone makes of each text, in order: the highest score of its readings by label."""
        return [
            {label: heard.score(label) for label in self.model.labels}
            for at in range(0, len(texts), _BLOCK)
            for heard in self._hear(texts[at : at + _BLOCK])
        ]

    def _hear(self, texts: Sequence[str]) -> list[_Heard]:
        heard = [(text, as_given(text), readings(text)) for text in texts]
        # Equal readings are scored once.
        forms = list(dict.fromkeys(form.text for _, given, plain in heard for form in (given, *plain)))
        read = dict(zip(forms, self.model.read(forms), strict=True))
        return [_Heard(*one, read) for one in heard]

    def _screen_block(self, items: Sequence[ScreenItem]) -> list[ScreeningResult]:
        heard = self._hear([item.text for item in items])
        marked, doubted = self._marked(heard), self._doubted(heard)
        return [
            self._result(item, one, marks + doubts)
            for item, one, marks, doubts in zip(items, heard, marked, doubted, strict=True)
        ]

    def _result(self, item: ScreenItem, heard: _Heard, found: list[Finding]) -> ScreeningResult:
        scores = {label: heard.score(label) for label in self.model.labels}
        findings = check_rules(item.text, brief=item.brief, slot=item.slot) + found
        if heard.known < _UNREADABLE_BELOW:
            message = "The screen model does not know most of these words or signs; its scores mean little."
            findings.append(Finding("model.unreadable", "flag", 0, len(item.text), message))
        return ScreeningResult(item.text, verdict(findings), self.version, scores, tuple(findings))

    def _marked(self, heard: Sequence[_Heard]) -> list[list[Finding]]:
        """The findings of the model on each text, at the words that its scores come from."""
        marks = [
            (i, label)
            for i, one in enumerate(heard)
            for label in self.model.labels
            if one.score(label) >= self.model.thresholds[label].flag
        ]
        questions = [
            Question(heard[i].worst(label), label, self.model.thresholds[label].flag) for i, label in marks
        ]
        spans = telling_spans(self.model, questions)
        findings: list[list[Finding]] = [[] for _ in heard]
        for (i, label), span in zip(marks, spans, strict=True):
            findings[i].append(self._finding(heard[i], label, span))
        return findings

    def _doubted(self, heard: Sequence[_Heard]) -> list[list[Finding]]:
        """The findings on texts that would be judged otherwise if they named another group of people."""
        scores = [{label: one.score(label) for label in self.model.labels} for one in heard]
        return counterfactual.findings(
            [one.text for one in heard], scores, self.scores, self.model.thresholds
        )

    def _finding(self, heard: _Heard, label: str, span: tuple[int, int]) -> Finding:
        threshold, score = self.model.thresholds[label], heard.score(label)
        start, end = heard.original(label, *span)
        meaning = _MEANING.get(label, label.replace("_", " "))
        message = (
            f"Reads as {meaning} ({label.replace('_', ' ')} {score:.2f}, flagged from {threshold.flag:.2f})."
        )
        severity: Severity = "block" if score >= threshold.block else "flag"
        return Finding(f"model.{label}", severity, start, end, message)


def _version(model: ScreenModel) -> str:
    """Twelve hexadecimal digits that change with the weights, the thresholds, rules and names of groups."""
    thresholds = sorted((label, *asdict(t).values()) for label, t in model.thresholds.items())
    parts = (model.sha256, thresholds, packs_version(), counterfactual.version())
    return hashlib.sha256(" ".join(map(str, parts)).encode()).hexdigest()[:12]
