"""What a worker does to the rows of the work engine, without the ML: claims, lines, verdicts, lost leases."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TypeVar

from django.db import connections

from adgen.channels import slot_format
from adgen.models import Chunk, ChunkKind, LeasedWork, Rescreen, TrainingRun, Variant, VariantState
from adgen.selectors.rescreens import next_slice
from adgen.services.batches import chunk_finish, chunk_generated, chunk_variants, variant_write
from adgen.services.rescreens import rescreenings_write, slice_end
from adgen.services.variants import screenings_write
from adgen.services.work import Lease, work_claim
from adgen.spec import BrandSpec, BriefSpec, Draft, Example, Finding, ScreeningResult, Verdict
from tests.factories import ScreenVersionFactory, old

Result = TypeVar("Result")


def at_once(times: int, act: Callable[[int], Result]) -> list[Result]:
    """`act(0)` to `act(times - 1)` in threads that start together, each with a connection of its own."""
    start = Barrier(times)

    def one(number: int) -> Result:
        start.wait(timeout=30)
        try:
            return act(number)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(times) as pool:
        return list(pool.map(one, range(times)))


def claim(work: LeasedWork, worker: str = "worker") -> Lease:
    """Claim a row that must be claimable."""
    lease = work_claim(model=type(work), pk=work.pk, worker=worker)
    assert lease is not None
    return lease


def expire(work: LeasedWork) -> None:
    """Let the lease on a row run out, as if its worker had been killed a while ago."""
    changed = type(work)._default_manager.filter(pk=work.pk).update(lease_expires_at=old(1))
    assert changed == 1


def draft(text: str, slot: str = "google_rsa.headline") -> Draft:
    form = slot_format(slot)
    return Draft(slot, text, form.width(text), form.limit, seed=1, angle="offer")


def write(lease: Lease, chunk: Chunk, text: str) -> bool:
    """One line of a generate chunk."""
    return variant_write(
        lease=lease, chunk=chunk, draft=draft(text, chunk.slot), base_model="starter", base_sha256="0" * 64
    )


def generate(chunk: Chunk, lines: int | None = None) -> None:
    """Work off a generate chunk: `lines` lines (all by default), and then its end."""
    lease = claim(chunk)
    for number in range(chunk.count if lines is None else lines):
        assert write(lease, chunk, f"Fresh beans, roast {chunk.start + number}")
    chunk_generated(lease=lease, chunk=chunk, reason="no more ideas")


def verdict(
    variant: Variant, verdict: Verdict = "pass", version: str = "screen-1", *, finding: Finding | None = None
) -> ScreeningResult:
    """What the screen `version`, known as of now, says about a line."""
    ScreenVersionFactory.create(digest=version)
    findings = (finding,) if finding else ()
    return ScreeningResult(variant.text, verdict, version, {"toxicity": 0.01}, findings)


def screen(chunk: Chunk, verdicts: Sequence[Verdict] = ()) -> None:
    """Work off a screen chunk with `verdicts` in the order of its lines (all pass by default)."""
    lease = claim(chunk)
    waiting = chunk_variants(chunk).filter(state=VariantState.UNSCREENED).order_by("index")
    given = verdicts or ["pass"] * len(waiting)
    results = [(line, verdict(line, said)) for line, said in zip(waiting, given, strict=True)]
    screenings_write(lease=lease, results=results)
    chunk_finish(lease=lease, chunk=chunk)


def rescreen(work: Rescreen, say: Callable[[Variant], ScreeningResult]) -> list[Variant]:
    """Do the next slice of a rescreen with the verdicts of `say`; returns its lines."""
    lease = claim(work)
    work.refresh_from_db()
    part = next_slice(work)
    if part.lines:
        rescreenings_write(lease=lease, rescreen=work, results=[(line, say(line)) for line in part.lines])
    slice_end(lease=lease, rescreen=work, part=part)
    work.refresh_from_db()
    return list(part.lines)


def chunks_of(batch_id: int, kind: ChunkKind) -> list[Chunk]:
    """The chunks of one kind in the order of their lines."""
    return list(Chunk.objects.filter(batch=batch_id, kind=kind).order_by("start"))


def examples(count: int) -> list[Example]:
    """Lines to learn from, two an ad."""
    brief = BriefSpec(brand=BrandSpec(name="Nordlys Coffee"), product="espresso subscription", slots={})
    return [
        Example(brief, "google_rsa.headline", f"Fresh beans, week {number}", group=f"ad-{number // 2}")
        for number in range(count)
    ]


def state_of(work: LeasedWork | TrainingRun) -> str:
    """The state that the database has."""
    return str(type(work)._default_manager.values_list("state", flat=True).get(pk=work.pk))
