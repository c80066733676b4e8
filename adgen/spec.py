"""The plain values that pass between the web side, the work engine and the ML code.

No ORM and no torch in here: services turn rows into these, workers turn these into text.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

Verdict = Literal["pass", "flag", "block"]
Severity = Literal["flag", "block"]

TONES = ("plain", "friendly", "playful", "premium", "urgent", "professional", "bold", "inspiring")


@dataclass(frozen=True)
class FactSpec:
    """A claim that copy may state until `expires_on`, that day included. None never expires."""

    statement: str
    evidence: str
    expires_on: date | None = None


@dataclass(frozen=True)
class ExemplarSpec:
    """A line that the brand has run or approved: how it sounds in that slot, or in any where it is empty."""

    slot: str
    text: str


@dataclass(frozen=True)
class BrandSpec:
    """What the brand brings to every brief. `facts` are claims alone, expired ones included."""

    name: str
    language: str = "en"
    voice: str = ""
    special_category: str | None = None
    banned_words: tuple[str, ...] = ()
    required_words: tuple[str, ...] = ()
    competitors: tuple[str, ...] = ()
    facts: tuple[FactSpec, ...] = ()
    exemplars: tuple[ExemplarSpec, ...] = ()


@dataclass(frozen=True)
class BriefSpec:
    """One brief. `slots` maps a slot key to how many lines are wanted for it.

    `special_category` is the campaign's; the brand's own holds as well.
    """

    brand: BrandSpec
    product: str
    slots: Mapping[str, int]
    campaign: str = ""
    audience: str = ""
    messages: tuple[str, ...] = ()
    offer: str = ""
    tone: str = ""
    keywords: tuple[str, ...] = ()
    url: str = ""
    must_include: tuple[str, ...] = ()
    must_avoid: tuple[str, ...] = ()
    special_category: str | None = None


@dataclass(frozen=True)
class Draft:
    """One generated line. `width` and `limit` are in the slot's own units.

    `quality` says how much likelier the brief makes each token of the line, in nats.
    """

    slot: str
    text: str
    width: int
    limit: int
    seed: int
    angle: str
    quality: float | None = None


@dataclass(frozen=True)
class Example:
    """One line of copy that a brand stands behind, with the brief it answers: training data.

    `brief.slots` is ignored. `group` keeps lines of one ad or brief on one side of a split.
    """

    brief: BriefSpec
    slot: str
    text: str
    group: str
    weight: float = 1.0


@dataclass(frozen=True)
class Finding:
    """Why a text is marked. `start` and `end` are offsets into the text as given (end exclusive)."""

    rule: str
    severity: Severity
    start: int
    end: int
    message: str
    source_url: str = ""


@dataclass(frozen=True)
class ScreeningResult:
    """The verdict of one screen version on one text. `scores` maps a label to 0..1."""

    text: str
    verdict: Verdict
    version: str
    scores: Mapping[str, float] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()
