"""`manage.py generate`: one brief through generate and screen, in this process, with nothing stored."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import Error as DatabaseError
from tqdm import tqdm

from adgen.briefs import MAX_LINES_PER_SLOT
from adgen.channels import slot_format
from adgen.errors import WorkerFailure
from adgen.selectors.adapters import champion_adapter
from adgen.spec import BriefSpec, Draft, ScreeningResult
from workers.management.reading import brief_of, read_text

if TYPE_CHECKING:
    from workers.engines import Engine
    from workers.generation import Generation
    from workers.screen.screener import Screener

# Lines screened at a time: few, so that the first are seen early.
_SCREENED_AT_ONCE = 8
_SHOWN_SECONDS = 0.25


class Command(BaseCommand):
    help = "Write the lines that a brief asks for and screen them. Nothing is stored."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("brief", metavar="BRIEF.json", help="the brief, a JSON object in a UTF-8 file")
        parser.add_argument(
            "--count", type=int, help="lines for each of the brief's slots, instead of its own"
        )
        parser.add_argument("--jsonl", action="store_true", help="one JSON object a line, for programs")
        parser.add_argument("--seed", type=int, default=0, help="other seeds give other lines (default: 0)")

    def handle(self, *args: Any, **options: Any) -> None:
        path = Path(options["brief"])
        brief = _with_count(brief_of(read_text(path), str(path)), options["count"])
        write = _json_line if options["jsonl"] else _table_row
        digest = champion_digest(brief.brand.name)
        if digest:
            # An adapter has learnt the brand's voice from prompts without any.
            brief = replace(brief, brand=replace(brief.brand, exemplars=()))
        written = 0
        try:
            engine, screener = _loaded(digest)
            with tqdm(
                total=sum(brief.slots.values()), unit=" lines", file=sys.stderr, desc="generate"
            ) as bar:
                for draft, result in _screened_drafts(engine, screener, brief, options["seed"], bar):
                    written += 1
                    self.stdout.write(write(written, draft, result, digest))
                    self.stdout.flush()
                    bar.update()
        except WorkerFailure as failure:
            raise CommandError(str(failure)) from failure
        if not written:
            raise CommandError("Not a single line could be written; the reasons are above.")


def champion_digest(brand: str) -> str | None:
    """The digest of the adapter that writes for this brand; None without one, or without a database."""
    try:
        adapter = champion_adapter(brand)
    except DatabaseError:
        return None
    return adapter.digest if adapter else None


def _with_count(brief: BriefSpec, count: int | None) -> BriefSpec:
    if count is None:
        return brief
    if not 1 <= count <= MAX_LINES_PER_SLOT:
        raise CommandError(f"--count takes 1 to {MAX_LINES_PER_SLOT} lines a slot, not {count}.")
    return replace(brief, slots=dict.fromkeys(brief.slots, count))


def _loaded(digest: str | None) -> tuple[Engine, Screener]:
    """The engine with the adapter in use, and the screener. Raises ModelUnavailable."""
    from workers import runtime

    engine = runtime.engine()
    engine.use_adapter(runtime.adapter_folder(digest) if digest else None)
    return engine, runtime.screener()


def _screened_drafts(
    engine: Engine, screener: Screener, brief: BriefSpec, seed: int, bar: tqdm[Any]
) -> Iterator[tuple[Draft, ScreeningResult]]:
    """The drafts of every slot with their verdicts; a slot's shortfall goes to stderr."""
    from workers.generation import generate
    from workers.screen.screener import ScreenItem

    for slot, count in brief.slots.items():
        watch = _Watch(bar)
        generation = generate(
            engine, brief=brief, slot=slot, count=count, seed=seed, taken=(), should_stop=watch
        )
        watch.generation = generation
        drafts = iter(generation)
        while block := list(islice(drafts, _SCREENED_AT_ONCE)):
            items = [ScreenItem(draft.text, brief, slot_format(slot)) for draft in block]
            yield from zip(block, screener.screen(items), strict=True)
        if generation.shortfall:
            bar.write(generation.shortfall, file=sys.stderr)


class _Watch:
    """Shows beside the bar how many candidates are sampled; asked before every token, it stops nothing."""

    def __init__(self, bar: tqdm[Any]) -> None:
        self.generation: Generation | None = None
        self._bar = bar
        self._next = 0.0

    def __call__(self) -> bool:
        if self.generation and time.monotonic() >= self._next:
            self._next = time.monotonic() + _SHOWN_SECONDS
            self._bar.set_postfix_str(f"{self.generation.sampled} of {self.generation.planned} candidates")
        return False


def _json_line(number: int, draft: Draft, result: ScreeningResult, adapter: str | None) -> str:
    line = {
        "id": number,
        **asdict(draft),
        "verdict": result.verdict,
        "findings": [asdict(finding) for finding in result.findings],
        "adapter": adapter,
    }
    return json.dumps(line, ensure_ascii=False)


def _table_row(number: int, draft: Draft, result: ScreeningResult, adapter: str | None) -> str:
    reasons = _reasons([finding.message for finding in result.findings])
    return f"{draft.slot:<26} {draft.width:>3}/{draft.limit:<3} {result.verdict:<5} {draft.text}{reasons}"


def _reasons(messages: Sequence[str]) -> str:
    return f"  ({' '.join(messages)})" if messages else ""
