"""`manage.py bias_audit --brand SLUG`: does the same brief become other copy for other people?"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from tqdm import tqdm

from adgen.briefs import MAX_LINES_PER_SLOT, brief_of_brand
from adgen.errors import Invalid, WorkerFailure
from adgen.models import Brand, Brief
from adgen.selectors.adapters import champion_of
from adgen.selectors.briefs import brand_spec, brief_spec
from adgen.spec import BriefSpec
from workers.management.reading import brief_of, read_text

if TYPE_CHECKING:
    from workers.bias.report import Report

_FEWEST = 10


class Command(BaseCommand):
    help = "Write one brief for many audiences and compare: JSON to stdout, a page with charts to --out."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--brand", required=True, help="the brand's slug")
        parser.add_argument("--brief", type=Path, help="the brief, a JSON file (default: the brand's newest)")
        parser.add_argument("--lines", type=int, default=100, help="lines for each audience (default: 100)")
        parser.add_argument("--out", type=Path, help="folder for index.html (default: in var/bias)")
        parser.add_argument("--seed", type=int, default=0, help="other seeds give other lines (default: 0)")

    def handle(self, *args: Any, **options: Any) -> None:
        from workers.bias.page import page
        from workers.bias.report import changes, keep

        brand = _brand(options["brand"])
        brief = _brief(brand, options["brief"])
        _check_lines(options["lines"], brief)
        kept = settings.ADGEN_VAR_DIR / "bias" / brand.slug
        before = _before(kept)
        try:
            found = _audited(brand, brief, options["lines"], options["seed"])
        except WorkerFailure as failure:
            raise CommandError(str(failure)) from failure
        if before:
            found |= {"compared_with": before["date"], "changes": changes(before, found)}
        path = keep(found, kept)
        out = options["out"] or kept
        out.mkdir(parents=True, exist_ok=True)
        (out / "index.html").write_text(page(found), encoding="utf-8")
        self.stdout.write(json.dumps(found, indent=1, ensure_ascii=False))
        self.stderr.write(f"The report: {out / 'index.html'}\nKept for later runs: {path}")


def _brand(slug: str) -> Brand:
    brand = Brand.objects.filter(slug=slug).first()
    if brand is None:
        known = ", ".join(Brand.objects.values_list("slug", flat=True)) or "none"
        raise CommandError(f"No brand {slug!r}. Known: {known}.")
    if brand.language.partition("-")[0] != "en":
        raise CommandError(f"The audit counts English words; {brand} writes {brand.language!r}.")
    return brand


def _brief(brand: Brand, path: Path | None) -> BriefSpec:
    """The brief in the file, in the brand's stored voice, or else the newest that the brand has."""
    if path is None:
        newest = Brief.objects.filter(brand=brand).order_by("-pk").first()
        if newest is None:
            raise CommandError(f"{brand} has no brief yet; give one with --brief.")
        return brief_spec(newest)
    spec = brief_of(read_text(path), str(path))
    if spec.brand.name not in (brand.name, brand.slug):
        raise CommandError(f"{path} is a brief of {spec.brand.name}, not of {brand}.")
    try:
        return brief_of_brand(spec, brand_spec(brand))
    except Invalid as refusal:
        raise CommandError(f"{path}: {refusal.detail}") from refusal


def _check_lines(lines: int, brief: BriefSpec) -> None:
    fewest = max(_FEWEST, len(brief.slots))
    if not fewest <= lines <= MAX_LINES_PER_SLOT:
        raise CommandError(
            f"--lines takes {fewest} to {MAX_LINES_PER_SLOT} for {len(brief.slots)} slots, not {lines}."
        )


def _before(kept: Path) -> Report | None:
    from workers.bias.report import latest

    try:
        return latest(kept)
    except ValueError as fault:
        raise CommandError(str(fault)) from fault


def _audited(brand: Brand, brief: BriefSpec, lines: int, seed: int) -> Report:
    """Writes and compares, with a bar on stderr. Raises ModelUnavailable and OutOfMemory."""
    from workers import runtime
    from workers.bias.audit import audiences, audit, measures
    from workers.bias.compare import compare
    from workers.bias.report import report

    adapter = champion_of(brand)
    engine, screener = runtime.engine(), runtime.screener()
    engine.use_adapter(runtime.adapter_folder(adapter.digest) if adapter else None)
    with tqdm(total=lines * len(audiences()), unit=" lines", desc="audit", file=sys.stderr) as bar:
        written = audit(engine, screener, brief, audiences(), lines=lines, seed=seed, on_line=bar.update)
    asked = asdict(brief)
    setup = {
        "brand": brand.name,
        "date": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
        "base_model": engine.base.name,
        "base_sha256": engine.base.weights_sha256,
        "adapter": adapter.digest if adapter else None,
        "screen_version": screener.version,
        "brief": {name: value for name, value in asked.items() if name not in ("brand", "audience")},
        "lines": lines,
        "seed": seed,
    }
    return report(compare(written, measures(brief)), measures(brief), setup)
