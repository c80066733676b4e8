"""The screen as a whole: rules and model over the text as given and as normalised."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass

from adgen.channels import SlotFormat
from adgen.policy import RULES_VERSION, check_rules, normalise, verdict
from adgen.spec import BriefSpec, Finding, ScreeningResult, Severity
from workers.screen.model import Reading, ScreenModel

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

    def _screen_block(self, items: Sequence[ScreenItem]) -> list[ScreeningResult]:
        plain = [normalise(item.text).text for item in items]
        texts = list(dict.fromkeys([item.text for item in items] + plain))
        readings = dict(zip(texts, self.model.read(texts), strict=True))
        return [
            self._result(item, readings[item.text], readings[normal])
            for item, normal in zip(items, plain, strict=True)
        ]

    def _result(self, item: ScreenItem, raw: Reading, plain: Reading) -> ScreeningResult:
        scores = {label: max(raw.scores[label], plain.scores[label]) for label in self.model.labels}
        findings = check_rules(item.text, brief=item.brief, slot=item.slot)
        findings += self._model_findings(item.text, scores)
        if plain.known < _UNREADABLE_BELOW:
            message = "The screen model does not know most of these words or signs; its scores mean little."
            findings.append(Finding("model.unreadable", "flag", 0, len(item.text), message))
        return ScreeningResult(item.text, verdict(findings), self.version, scores, tuple(findings))

    def _model_findings(self, text: str, scores: dict[str, float]) -> list[Finding]:
        findings = []
        for label, score in scores.items():
            threshold = self.model.thresholds[label]
            if score >= threshold.flag:
                meaning = _MEANING.get(label, label.replace("_", " "))
                message = f"Reads as {meaning} (score {score:.2f}, flagged from {threshold.flag:.2f})."
                severity: Severity = "block" if score >= threshold.block else "flag"
                findings.append(Finding(f"model.{label}", severity, 0, len(text), message))
        return findings


def _version(model: ScreenModel) -> str:
    """Twelve hexadecimal digits that change with the weights, the thresholds and the rules."""
    thresholds = sorted((label, *asdict(t).values()) for label, t in model.thresholds.items())
    return hashlib.sha256(f"{model.sha256} {thresholds} {RULES_VERSION}".encode()).hexdigest()[:12]
