"""`manage.py export_screen_feedback`: the reviewers' marks as JSON lines, to calibrate the screen with."""

from __future__ import annotations

import json
from argparse import ArgumentParser, ArgumentTypeError
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.crypto import salted_hmac

from adgen.models import Brand
from review.models import ScreenMark
from review.selectors.quality import marks_since

_SALT = "adgen.screen-feedback"


class Command(BaseCommand):
    help = "Print the reviewers' marks on the screen as JSON lines, oldest first."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--brand", help="The slug of one brand; all where left out.")
        parser.add_argument("--since", type=_day, help="The first day, such as 2027-01-31.")

    def handle(self, *args: Any, brand: str | None, since: date | None, **options: Any) -> None:
        brands = Brand.objects.all()
        if brand is not None:
            brands = brands.filter(slug=brand)
            if not brands.exists():
                known = ", ".join(Brand.objects.values_list("slug", flat=True)) or "none"
                raise CommandError(f"No brand {brand!r}. Known: {known}.")
        for mark in marks_since(brands, since).iterator():
            self.stdout.write(json.dumps(_line(mark), ensure_ascii=False))


def _line(mark: ScreenMark) -> dict[str, Any]:
    return {
        "text": mark.variant.text,
        "brand": mark.brand.slug,
        "slot": mark.variant.slot,
        "version": mark.screening.version_id,
        "scores": mark.screening.scores,
        "rule": mark.rule,
        "kind": mark.kind,
        "note": mark.note,
        # Tells reviewers apart and names none.
        "reviewer": salted_hmac(_SALT, str(mark.reviewer_id), algorithm="sha256").hexdigest()[:12],
        "marked_on": mark.created_at.date().isoformat(),
    }


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ArgumentTypeError(f"{text!r} is no day such as 2027-01-31") from None
