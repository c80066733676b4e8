"""`manage.py import_ads FILE --brand SLUG`: past ads become exemplars."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from adgen.errors import DomainError
from adgen.imports.ads import ads_import
from adgen.models import Brand
from adgen.selectors.brands import brand_named


class Command(BaseCommand):
    help = (
        "Import past ads as a brand's exemplars: a Google Ads Editor export, or a CSV/XLSX with one row per "
        "ad and the columns headlines, descriptions, keywords (| between items). All or nothing unless "
        "--skip-bad. Faults go to stderr by row, a JSON summary to stdout."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--brand", required=True, help="The brand's slug or name.")
        parser.add_argument("--skip-bad", action="store_true", help="Import the ads that have no fault.")

    def handle(self, *args: Any, **options: Any) -> None:
        file: Path = options["file"]
        try:
            brand = brand_named(Brand.objects.all(), options["brand"])
            report = ads_import(
                data=file.read_bytes(), name=file.name, brand=brand, skip_bad=options["skip_bad"]
            )
        except OSError as error:
            raise CommandError(f"{file} cannot be read: {error.strerror}.") from None
        except DomainError as refusal:
            raise CommandError(refusal.detail) from None
        for fault in report.faults:
            self.stderr.write(str(fault))
        summary = asdict(report) | {"faults": len(report.faults)}
        self.stdout.write(json.dumps(summary))
        if report.faults and not options["skip_bad"]:
            raise CommandError(
                f"Nothing was imported: {len(report.faults)} faults. Mend them, or use --skip-bad."
            )
