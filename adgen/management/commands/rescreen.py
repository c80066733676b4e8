"""`manage.py rescreen`: have what is in the queue and in the feed screened again."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from adgen.models import Brand, RescreenReason
from adgen.services.rescreens import rescreen_request


class Command(BaseCommand):
    help = "Ask for a rescreen of one brand or of all; prints JSON on stdout. Workers do it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--brand", help="The brand's slug; all brands where left out.")

    def handle(self, *args: Any, brand: str | None, **options: Any) -> None:
        brands = Brand.objects.all() if brand is None else Brand.objects.filter(slug=brand)
        if brand is not None and not brands:
            known = ", ".join(Brand.objects.values_list("slug", flat=True)) or "none"
            raise CommandError(f"No brand {brand!r}. Known: {known}.")
        asked = [rescreen_request(brand=row, reason=RescreenReason.ASKED) for row in brands]
        rows = [{"rescreen": row.pk, "brand": row.brand.slug, "state": row.state} for row in asked if row]
        self.stdout.write(json.dumps(rows))
