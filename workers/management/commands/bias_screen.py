"""`manage.py bias_screen`: does the screen judge a line by its words, or by the group that it names?"""

from __future__ import annotations

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from adgen.errors import ModelUnavailable
from workers.management.reading import read_text


class Command(BaseCommand):
    help = "Swap the groups that lines name for others: how often verdicts change, and how far scores move."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "file",
            nargs="?",
            type=Path,
            help="a UTF-8 text file, a line each (default: this project's lists)",
        )

    def handle(self, *args: Any, file: Path | None, **options: Any) -> None:
        from workers import runtime
        from workers.bias.evenness import OWN_LISTS, evenness, own_lines

        lists = {str(file): read_text(file).splitlines()} if file else {n: own_lines(n) for n in OWN_LISTS}
        try:
            screener = runtime.screener()
            figures = {name: evenness(screener, lines) for name, lines in lists.items()}
        except ModelUnavailable as error:
            raise CommandError(str(error)) from error
        self.stdout.write(json.dumps({"screen_version": screener.version, **figures}, indent=1))
