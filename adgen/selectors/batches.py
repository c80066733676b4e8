"""How far a batch has come."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count, Sum

from adgen.models import Batch, Chunk, Variant, VariantState, WorkState


@dataclass(frozen=True)
class BatchProgress:
    """Counts of variants, and what stands in the way, in plain words.

    requested = written + shortfall + still to write (while running).
    """

    requested: int
    written: int
    screened: int
    shortfall: int
    blocked: int
    dead_chunks: int
    problems: tuple[str, ...]

    @property
    def percent(self) -> int:
        """Share of the work that is over, 0 to 100; a line counts when it is screened."""
        return round(100 * min(1.0, (self.screened + self.shortfall) / self.requested))


def batch_progress(batch: Batch) -> BatchProgress:
    """Progress of one batch: two counts over its own rows, so cost grows with its size alone."""
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
    return BatchProgress(
        requested=batch.requested,
        written=written,
        screened=written - by_state.get(VariantState.UNSCREENED, 0),
        shortfall=chunks.aggregate(total=Sum("shortfall"))["total"] or 0,
        blocked=by_state.get(VariantState.BLOCKED, 0),
        dead_chunks=chunks.filter(state=WorkState.DEAD).count(),
        problems=tuple(problems),
    )
