"""`python -m tests.campaigns.long_batch`: a batch of a thousand through a real worker, watched from outside.

Reads the worker's memory and the batch's progress while it runs, then cancels batches in mid-chunk
and waits for the worker to take up other work. JSON goes to stdout, a table to stderr; the exit status is 1
where memory grew, progress stood still, or a cancelled batch held its worker.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

from adgen.postgres import temporary_folder
from adgen.processes import terminate_as_interrupt, wait_until
from tests.campaigns.fleet import Fleet, embedded_fleet

if TYPE_CHECKING:
    from adgen.models import Batch, Brief

# What is asked for: more than growth by chance, a second without news, two until the worker is free again.
_GROWTH_MB = 40.0
_GAP_SECONDS = 1.0
_CANCEL_SECONDS = 2.0
_LOOK_SECONDS = 0.05
# The longest lines first: after them nothing needs more memory.
_SHARES = {"meta.primary_text": 3, "google_rsa.description": 3, "google_rsa.headline": 4}
_WAITING = {"google_rsa.headline": 8}


Seen = tuple[int, int, int]


class Watch:
    """Looks at one batch and its worker again and again until the batch is over.

    Memory and gaps are noted from the first verdict on: then the worker has loaded all that it needs.
    """

    def __init__(self, batch: Batch, pid: int) -> None:
        self.batch, self.pid = batch, pid
        self.megabytes: list[tuple[int, float]] = []
        self.gaps: list[tuple[float, Seen, Seen]] = []
        self.seconds_to_first_verdict = 0.0

    def until_done(self) -> None:
        started = changed = time.monotonic()
        before: Seen = (0, 0, 0)
        for seen in self._looks():
            now = time.monotonic()
            if seen == before:
                continue
            if before[2]:
                self.gaps.append((round(now - changed, 2), before, seen))
            elif seen[2]:
                self.seconds_to_first_verdict = now - started
            before, changed = seen, now
            self._note_memory(*seen[1:])

    def _looks(self) -> Iterator[Seen]:
        """The batch's candidates, lines and verdicts, as the pages count them."""
        from adgen.selectors.batches import batch_progress

        while self.batch.state == "running":
            self.batch.refresh_from_db()
            progress = batch_progress(self.batch)
            yield progress.sampled, progress.written, progress.screened
            time.sleep(_LOOK_SECONDS)

    def _note_memory(self, written: int, screened: int) -> None:
        """The worker's resident memory each time another twentieth of the lines is written."""
        step = self.batch.requested // 20
        if screened and (not self.megabytes or written >= self.megabytes[-1][0] + step):
            self.megabytes.append((written, resident_megabytes(self.pid)))


def resident_megabytes(pid: int) -> float:
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def counts(variants: int) -> dict[str, int]:
    """`variants` lines over the slots."""
    whole = sum(_SHARES.values())
    wanted = {slot: variants * share // whole for slot, share in _SHARES.items()}
    first = next(iter(wanted))
    return wanted | {first: wanted[first] + variants - sum(wanted.values())}


def cancel_seconds(brief: Brief, variants: int) -> float:
    """From the cancelling of a batch in the middle of a chunk until its worker has taken up other work."""
    from adgen.models import Chunk, ChunkKind, WorkState
    from adgen.services.batches import batch_cancel, batch_request

    long = batch_request(brief=brief, requested_by=None, counts=counts(variants))
    other = batch_request(brief=brief, requested_by=None, counts=_WAITING)
    writing = Chunk.objects.filter(batch=long, kind=ChunkKind.GENERATE, state=WorkState.RUNNING)
    wait_until(lambda: writing.filter(sampled__gt=0).exists(), what="a chunk is being sampled")
    batch_cancel(batch=long)
    cancelled = time.monotonic()
    taken = Chunk.objects.filter(batch=other, kind=ChunkKind.GENERATE).exclude(state=WorkState.QUEUED)
    while not taken.exists():
        time.sleep(_LOOK_SECONDS)
    seconds = time.monotonic() - cancelled
    open_chunks = Chunk.objects.filter(batch__in=[long, other], state__in=["queued", "running"])
    wait_until(lambda: not open_chunks.exists(), what="the worker is idle again")
    return seconds


def run(arguments: argparse.Namespace, fleet: Fleet) -> dict[str, Any]:
    """The whole campaign; returns its report."""
    from adgen.selectors.batches import batch_progress
    from adgen.services.batches import batch_request
    from review.demo.seed import demo_seed

    brief = demo_seed().briefs[0]
    started = time.monotonic()
    batch = batch_request(brief=brief, requested_by=None, counts=counts(arguments.variants), seed=1)
    watch = Watch(batch, fleet.workers["worker"].pid)
    watch.until_done()
    seconds, progress = time.monotonic() - started, batch_progress(batch)
    sizes = [megabytes for _, megabytes in watch.megabytes]
    third = len(sizes) // 3
    longest = sorted(watch.gaps, reverse=True)[:3]
    return {
        "variants": arguments.variants,
        "written": progress.written,
        "shortfall": progress.shortfall,
        "problems": list(progress.problems),
        "seconds": round(seconds, 1),
        "seconds_to_first_verdict": round(watch.seconds_to_first_verdict, 1),
        "megabytes_by_lines_written": [[lines, round(size)] for lines, size in watch.megabytes],
        "growth_megabytes": round(median(sizes[-third:]) - median(sizes[:third]), 1),
        "longest_gap_seconds": longest[0][0],
        "longest_gaps_from_to": longest,
        "cancel_seconds": [
            round(cancel_seconds(brief, arguments.variants), 2) for _ in range(arguments.cancels)
        ],
    }


def holds(report: dict[str, Any]) -> bool:
    return (
        report["growth_megabytes"] <= _GROWTH_MB
        and report["longest_gap_seconds"] <= _GAP_SECONDS
        and max(report["cancel_seconds"], default=0.0) <= _CANCEL_SECONDS
    )


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.campaigns.long_batch", description=__doc__)
    parser.add_argument("--variants", type=int, default=1000)
    parser.add_argument("--cancels", type=int, default=5)
    arguments = parser.parse_args()
    try:
        with (
            terminate_as_interrupt(),
            temporary_folder() as folder,
            embedded_fleet(folder, chunk_size=32) as fleet,
        ):
            report = run(arguments, fleet)
    except KeyboardInterrupt:
        print("Stopped: nothing was counted.", file=sys.stderr)
        return 130
    for name, value in report.items():
        print(f"{name.replace('_', ' '):<28}{value}", file=sys.stderr)
    json.dump(report, sys.stdout, indent=1)
    return 0 if holds(report) else 1


if __name__ == "__main__":
    sys.exit(main())
