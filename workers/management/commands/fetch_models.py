"""`manage.py fetch_models`: brings the models that the settings name onto this machine, verified."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from adgen.errors import ModelUnavailable


class Command(BaseCommand):
    help = (
        "Download the base model and the screen model that the settings name, or one of them; JSON on stdout."
    )
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--base", action="store_true", help="the base model, at ADGEN_BASE_REVISION")
        parser.add_argument(
            "--screen",
            nargs="?",
            const=settings.ADGEN_SCREEN_MODEL,
            metavar="NAME",
            help="a published screen model (default: ADGEN_SCREEN_MODEL)",
        )
        parser.add_argument(
            "--released-files", type=Path, metavar="FOLDER", help="take the screen's files from here"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        from workers.fetching import fetch_base, fetch_screen, is_published_screen

        base, screen = options["base"], options["screen"]
        if not base and screen is None:
            base, configured = True, settings.ADGEN_SCREEN_MODEL
            screen = configured if is_published_screen(configured) else None
        fetched = {}
        try:
            if base:
                fetched["base"] = fetch_base()
            if screen is not None:
                fetched["screen"] = fetch_screen(screen, options["released_files"])
        except ModelUnavailable as failure:
            raise CommandError(str(failure)) from failure
        self.stdout.write(
            json.dumps({what: asdict(one) for what, one in fetched.items()}, default=str, indent=1)
        )
