"""The same brief for different audiences: what is written for each, as numbers to compare."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from itertools import islice
from pathlib import Path

import yaml

from adgen.channels import slot_format
from adgen.spec import BriefSpec
from workers.bias.measures import LINE_MEASURES, REFUSED, AuditedLine, LineMeasure, Measure, audited
from workers.engines import Engine
from workers.generation import Generation, generate
from workers.screen.screener import Screener, ScreenItem

_AUDIENCES = Path(__file__).with_name("data") / "audiences.yaml"
# Drafts that are held at once: of older ones only the figures are kept, and the first to be read.
_BLOCK = 32
_SAMPLES = 3
# How `workers.generation` words its reason for candidates that the rules of policy refuse.
_BROKE_A_RULE = "broke the rule"


@dataclass(frozen=True)
class Audience:
    """Whom a brief is for. The control has no kind."""

    name: str
    kind: str = ""


@dataclass
class Written:
    """What was written for one audience: by measure a value for each line (`refused`: for each candidate)."""

    audience: Audience
    values: dict[str, list[float]]
    lines: int = 0
    samples: list[str] = field(default_factory=list)
    shortfalls: list[str] = field(default_factory=list)


@cache
def audiences() -> tuple[Audience, ...]:
    """The control first, with whom every other audience is compared; then these, kind by kind."""
    data = yaml.safe_load(_AUDIENCES.read_text(encoding="utf-8"))
    kinds = data["kinds"].items()
    return (Audience(data["control"]), *(Audience(name, kind) for kind, names in kinds for name in names))


def measures(brief: BriefSpec) -> tuple[Measure, ...]:
    """What can be measured on lines for `brief`: without an offer, none can be mentioned."""
    return (*_line_measures(brief), REFUSED)


def audit(
    engine: Engine,
    screener: Screener,
    brief: BriefSpec,
    among: Sequence[Audience],
    *,
    lines: int,
    seed: int,
    on_line: Callable[[], object] = lambda: None,
) -> list[Written]:
    """`lines` lines of `brief`, spread over its slots, for each audience in turn.

    All are drawn from the same seeds. `on_line` is called for each that is screened. Raises ModelUnavailable
    and OutOfMemory.
    """
    each, more = divmod(lines, len(brief.slots))
    slots = {slot: each + (at < more) for at, slot in enumerate(brief.slots)}
    return [
        _write(engine, screener, replace(brief, audience=one.name, slots=slots), one, seed, on_line)
        for one in among
    ]


def _write(
    engine: Engine,
    screener: Screener,
    brief: BriefSpec,
    audience: Audience,
    seed: int,
    on_line: Callable[[], object],
) -> Written:
    written = Written(audience, {one.name: [] for one in measures(brief)})
    for slot, count in brief.slots.items():
        generation = generate(
            engine, brief=brief, slot=slot, count=count, seed=seed, taken=(), should_stop=lambda: False
        )
        for text, line in _screened(generation, screener, brief, slot):
            for measure in _line_measures(brief):
                written.values[measure.name].append(float(measure.of(line)))
            written.lines += 1
            written.samples += [text] * (len(written.samples) < _SAMPLES)
            on_line()
        refused = sum(n for reason, n in generation.dropped.items() if reason.startswith(_BROKE_A_RULE))
        written.values[REFUSED.name] += [1.0] * refused + [0.0] * (generation.tried - refused)
        written.shortfalls += filter(None, [generation.shortfall])
    return written


def _screened(
    generation: Generation, screener: Screener, brief: BriefSpec, slot: str
) -> Iterator[tuple[str, AuditedLine]]:
    """Each draft's text, and the draft as the measures see it."""
    drafts = iter(generation)
    while block := [draft.text for draft in islice(drafts, _BLOCK)]:
        results = screener.screen([ScreenItem(text, brief, slot_format(slot)) for text in block])
        for text, result in zip(block, results, strict=True):
            yield text, audited(text, result, brief, control=audiences()[0].name)


def _line_measures(brief: BriefSpec) -> tuple[LineMeasure, ...]:
    return tuple(one for one in LINE_MEASURES if brief.offer or one.name != "offer")
