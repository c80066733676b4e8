"""Screening lines again: a slice of a brand's lines at a time, so that new lines are not kept waiting."""

from __future__ import annotations

from dataclasses import asdict
from functools import cache

from django.conf import settings

from adgen.channels import slot_formats
from adgen.errors import ModelUnavailable
from adgen.models import Rescreen, ScreenVersion, Variant
from adgen.selectors.briefs import brief_spec
from adgen.selectors.rescreens import next_slice, rescreenable
from adgen.services.rescreens import (
    other_versions_rescreen,
    rescreenings_write,
    screen_version_note,
    slice_end,
)
from adgen.services.work import Lease, lease_renew
from workers import runtime
from workers.screen.screener import Screener, ScreenItem

# With a slow model, what a lease must last for.
MINIBATCH = 64


def noted_screener() -> Screener:
    """This process's screen, whose version the database knows. Raises ModelUnavailable."""
    screener = runtime.screener()
    screen_version_note(
        digest=screener.version,
        model=settings.ADGEN_SCREEN_MODEL,
        model_sha256=screener.model.sha256,
        thresholds={label: asdict(threshold) for label, threshold in screener.model.thresholds.items()},
    )
    _start_noticed(screener.version)
    return screener


@cache
def _start_noticed(digest: str) -> None:
    """Once in a process: lines that another version judged last are screened again."""
    other_versions_rescreen(version=ScreenVersion.objects.get(pk=digest))


def rescreen(lease: Lease, work: Rescreen) -> None:
    """Do the next slice of `work`. Raises ModelUnavailable where it is for another version of the screen."""
    screener = noted_screener()
    if work.version_id not in (None, screener.version):
        raise ModelUnavailable(
            f"This is for screen version {work.version_id}; {work.worker or 'this worker'} has "
            f"{screener.version}. It waits for a worker that has been updated."
        )
    if not work.lines:
        lease_renew(lease, lines=rescreenable(work.brand).filter(id__lte=work.last).count())
    part = next_slice(work)
    for first in range(0, len(part.lines), MINIBATCH):
        lines = part.lines[first : first + MINIBATCH]
        results = screener.screen([_item(line) for line in lines])
        rescreenings_write(lease=lease, rescreen=work, results=list(zip(lines, results, strict=True)))
    slice_end(lease=lease, rescreen=work, part=part)


def _item(line: Variant) -> ScreenItem:
    # A slot may have left the channels since the line was written; then its own rules are left out.
    return ScreenItem(line.text, brief_spec(line.batch.brief), slot_formats().get(line.slot))
