"""How far a batch has come."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count, QuerySet, Sum

from adgen.models import Batch, Chunk, ChunkKind, Variant, VariantState, WorkState


@dataclass(frozen=True)
class BatchProgress:
    """Counts of variants, and what stands in the way, in plain words.

    requested = written + shortfall + still to write (while running). `sampled` counts candidates, of which
    the best become variants. `half_done` are lines that wait for their screening, and those that chunks at
    work have sampled so far.
    """

    requested: int
    written: int
    screened: int
    shortfall: int
    sampled: int
    half_done: float
    blocked: int
    dead_chunks: int
    problems: tuple[str, ...]

    @property
    def percent(self) -> int:
        """Share of the work that is over, 0 to 100: a line counts half when sampled, whole when screened."""
        done = self.screened + self.shortfall + self.half_done / 2
        return round(100 * min(1.0, done / self.requested))


def batch_progress(batch: Batch) -> BatchProgress:
    """Progress of one batch: counts over its own rows, so cost grows with its size alone."""
    generated = Variant.objects.filter(batch=batch, edited_from=None)
    by_state = dict(generated.order_by().values_list("state").annotate(Count("id")))
    written = sum(by_state.values())
    chunks = Chunk.objects.filter(batch=batch)
    problems = [
        f"{chunk.shortfall} of {chunk.count} {chunk.slot}: {chunk.shortfall_reason}"
        if chunk.shortfall
        else f"{chunk}: {chunk.error}"
        for chunk in chunks.exclude(error="", shortfall=0)
    ]
    sums = chunks.aggregate(shortfall=Sum("shortfall", default=0), sampled=Sum("sampled", default=0))
    unscreened = by_state.get(VariantState.UNSCREENED, 0)
    return BatchProgress(
        requested=batch.requested,
        written=written,
        screened=written - unscreened,
        shortfall=sums["shortfall"],
        sampled=sums["sampled"],
        half_done=unscreened + _in_hand(generated, chunks),
        blocked=by_state.get(VariantState.BLOCKED, 0),
        dead_chunks=chunks.filter(state=WorkState.DEAD).count(),
        problems=tuple(problems),
    )


def _in_hand(generated: QuerySet[Variant], chunks: QuerySet[Chunk]) -> float:
    """Lines that chunks at work have sampled, but not written."""
    at_work = chunks.filter(kind=ChunkKind.GENERATE, state=WorkState.RUNNING, planned__gt=0)
    lines = 0.0
    for chunk in at_work:
        written = generated.filter(index__gte=chunk.start, index__lt=chunk.start + chunk.count).count()
        lines += max(0.0, chunk.count * chunk.sampled / chunk.planned - written)
    return lines
