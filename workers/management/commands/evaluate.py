"""`manage.py evaluate copy BRIEFS.jsonl`: writes for each brief and says how good the lines are."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from tqdm import tqdm

from adgen.briefs import MAX_LINES_PER_SLOT
from adgen.errors import WorkerFailure
from adgen.spec import BriefSpec
from workers.management.reading import brief_of, read_text

if TYPE_CHECKING:
    from workers.evaluation.writing import WrittenBrief


class Command(BaseCommand):
    help = "Write for every brief of a file: figures to stdout, the lines and a page to read to --out."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("what", choices=["copy"])
        parser.add_argument("briefs", metavar="BRIEFS.jsonl", help="one brief a line, as `generate` takes it")
        parser.add_argument(
            "--count", type=int, help="lines a brief, spread over its slots, instead of its own numbers"
        )
        parser.add_argument(
            "--out", type=Path, help="folder for lines.jsonl and index.html (default: in var/evaluation)"
        )
        parser.add_argument(
            "--no-exemplars",
            action="store_true",
            help="keep the exemplars from the model, and measure by them",
        )
        parser.add_argument("--seed", type=int, default=0, help="other seeds give other lines (default: 0)")

    def handle(self, *args: Any, **options: Any) -> None:
        path = Path(options["briefs"])
        briefs = [_with_count(brief, options["count"]) for brief in _read(path)]
        try:
            written = _written(briefs, seed=options["seed"], with_exemplars=not options["no_exemplars"])
        except WorkerFailure as failure:
            raise CommandError(str(failure)) from failure
        out = options["out"] or settings.ADGEN_VAR_DIR / "evaluation" / path.stem
        out.mkdir(parents=True, exist_ok=True)
        figures = _figures(written)
        _write_lines(out / "lines.jsonl", written)
        _write_page(out / "index.html", path.stem, figures, written)
        self.stdout.write(json.dumps(figures, indent=1))
        self.stderr.write(f"Every line, to be read: {out / 'index.html'}")


def _read(path: Path) -> Iterator[BriefSpec]:
    for number, line in enumerate(read_text(path).splitlines(), start=1):
        if line.strip():
            yield brief_of(line, f"{path}, line {number}")


def _with_count(brief: BriefSpec, count: int | None) -> BriefSpec:
    if count is None:
        return brief
    if not len(brief.slots) <= count <= MAX_LINES_PER_SLOT:
        raise CommandError(
            f"--count takes {len(brief.slots)} to {MAX_LINES_PER_SLOT} lines for a brief with "
            f"{len(brief.slots)} slots, not {count}."
        )
    each, more = divmod(count, len(brief.slots))
    return replace(brief, slots={slot: each + (at < more) for at, slot in enumerate(brief.slots)})


def _written(briefs: Sequence[BriefSpec], *, seed: int, with_exemplars: bool) -> list[WrittenBrief]:
    """Raises ModelUnavailable and OutOfMemory."""
    from workers import runtime
    from workers.evaluation.writing import write

    engine, screener = runtime.engine(), runtime.screener()
    engine.use_adapter(None)
    written = []
    with tqdm(
        total=sum(sum(brief.slots.values()) for brief in briefs), unit=" lines", file=sys.stderr
    ) as bar:
        for brief in briefs:
            written.append(write(engine, screener, brief, seed=seed, with_exemplars=with_exemplars))
            bar.update(sum(brief.slots.values()))
    return written


def _figures(written: Sequence[WrittenBrief]) -> dict[str, Any]:
    from workers import runtime
    from workers.base import STARTER
    from workers.evaluation import figures, novelty

    base = runtime.engine().base
    copies = novelty.filled_skeletons if base.name == STARTER else novelty.past_ads
    return {"model": base.name, "weights_sha256": base.weights_sha256, **figures.figures(written, copies)}


def _write_lines(path: Path, written: Sequence[WrittenBrief]) -> None:
    with path.open("w", encoding="utf-8") as file:
        for number, one in enumerate(written, start=1):
            for draft, result in one.lines:
                line = {"brief": number, **asdict(draft), "verdict": result.verdict}
                file.write(json.dumps(line, ensure_ascii=False) + "\n")


def _write_page(path: Path, title: str, figures: dict[str, Any], written: Sequence[WrittenBrief]) -> None:
    from workers.evaluation.page import page

    path.write_text(page(title, figures, written), encoding="utf-8")
