"""`manage.py bench NAME`: the project's benchmarks, each against its baseline in the same run."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.module_loading import import_string

# By dotted name: the command is for everybody, what it measures is above this package.
BENCHES = {
    "generate": "workers.bench.generate.run",
    "screen": "workers.bench.screen.run",
    "pipeline": "workers.bench.pipeline.run",
    "queue": "review.bench.run",
}
OPTIONS = {"queue": ("pending", "brands"), "screen": ("most",)}


class Command(BaseCommand):
    help = "Measure a hot path against its baseline; needs an otherwise idle machine to mean anything."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", choices=sorted(BENCHES))
        parser.add_argument("--json", action="store_true", help="One JSON object on stdout.")
        screen = parser.add_argument_group("screen")
        screen.add_argument("--most", type=int, metavar="N", help="Texts over which the cost of one is told.")
        queue = parser.add_argument_group("queue")
        queue.add_argument("--pending", type=int, nargs="+", metavar="N", help="Lengths of the queues.")
        queue.add_argument("--brands", type=int, metavar="N", help="Brands that the lines belong to.")

    def handle(self, *args: Any, name: str, **options: Any) -> None:
        given = {key: options[key] for bench in OPTIONS.values() for key in bench if options[key]}
        for bench, keys in OPTIONS.items():
            foreign = [f"--{key}" for key in keys if key in given]
            if foreign and name != bench:
                raise CommandError(f"Only the benchmark {bench} takes {' and '.join(foreign)}.")
        figures: dict[str, Any] = import_string(BENCHES[name])(**given)
        if options["json"]:
            self.stdout.write(json.dumps({"bench": name, **figures}))
            return
        for label, value in figures.items():
            self.stdout.write(f"{label:<28} {_shown(value)}")


def _shown(value: float | int | str) -> str:
    """Three digits of a measurement; a whole number whole."""
    if not isinstance(value, float):
        return str(value)
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
