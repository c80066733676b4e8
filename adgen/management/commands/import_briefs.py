"""`manage.py import_briefs FILE [--dry-run]`: rows of a CSV or XLSX file become briefs."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from adgen.errors import DomainError
from adgen.imports.briefs import briefs_import
from adgen.models import Brand


class Command(BaseCommand):
    help = (
        "Import briefs from CSV or XLSX, all or none. Columns: brand, campaign, product, audience, messages, "
        "offer, tone, keywords, url, must_include, must_avoid, and one per slot (google_rsa.headline, ...) "
        "with the number of lines; | separates the items of a list. Faults go to stderr by row, a JSON "
        "summary to stdout."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--dry-run", action="store_true", help="Check everything, store nothing.")

    def handle(self, *args: Any, **options: Any) -> None:
        file: Path = options["file"]
        try:
            report = briefs_import(
                data=file.read_bytes(),
                name=file.name,
                brands=Brand.objects.all(),
                created_by=None,
                dry_run=options["dry_run"],
            )
        except OSError as error:
            raise CommandError(f"{file} cannot be read: {error.strerror}.") from None
        except DomainError as refusal:
            raise CommandError(refusal.detail) from None
        for fault in report.faults:
            self.stderr.write(str(fault))
        summary = {"rows": report.rows, "stored": len(report.stored), "faults": len(report.faults)}
        self.stdout.write(json.dumps(summary))
        if report.faults:
            raise CommandError(f"Nothing was imported: {len(report.faults)} faults. Mend them and try again.")
