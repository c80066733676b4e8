"""Batches and their chunks: asked for, worked off, settled, cancelled, retried."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Literal

from django.conf import settings
from django.contrib.auth.models import User
from django.db import IntegrityError, models, transaction
from django.utils import timezone

from adgen import queue
from adgen.channels import slot_format
from adgen.errors import Invalid, StateConflict
from adgen.models import (
    Adapter,
    Batch,
    BatchState,
    Brief,
    Chunk,
    ChunkKind,
    Variant,
    VariantState,
    WorkState,
)
from adgen.policy.duplicates import text_key
from adgen.selectors.adapters import champion_of
from adgen.selectors.variants import queue_turn
from adgen.services.work import (
    Lease,
    first_published_at,
    lease_fail,
    lease_finish,
    lease_renew,
    work_retry,
)
from adgen.spec import Draft

MAX_VARIANTS = 5000
TASK_OF = {
    ChunkKind.GENERATE: queue.GENERATE,
    ChunkKind.SCREEN: queue.SCREEN,
    ChunkKind.PUBLISH: queue.PUBLISH,
    ChunkKind.CLUSTER: queue.CLUSTER,
}
_OPEN = (WorkState.QUEUED, WorkState.RUNNING)


def batch_request(
    *,
    brief: Brief,
    requested_by: User | None,
    counts: Mapping[str, int] | None = None,
    seed: int | None = None,
    writer: Adapter | Literal["champion"] | None = "champion",
) -> Batch:
    """Ask for `counts` lines by slot (the brief's own by default).

    `writer` is today's champion, another adapter of the brand, or None for the base model alone.
    """
    counts = dict(counts or brief.slots)
    total = sum(counts.values())
    if not 0 < total <= MAX_VARIANTS or min(counts.values()) < 1:
        raise Invalid(
            f"A batch has 1 to {MAX_VARIANTS} variants; {total} were asked for. Split it into batches.",
            fields={"slots": [f"ask for 1 to {MAX_VARIANTS} lines in all"]},
        )
    for slot in counts:
        slot_format(slot)
    with transaction.atomic():
        batch = Batch.objects.create(
            brand=brief.brand,
            brief=brief,
            turn=queue_turn(brief.campaign),
            adapter=champion_of(brief.brand) if writer == "champion" else writer,
            requested=total,
            seed=secrets.randbits(31) if seed is None else seed,
            requested_by=requested_by,
        )
        chunks: list[Chunk] = []
        start = 0
        for slot, wanted in counts.items():
            for offset in range(0, wanted, settings.ADGEN_CHUNK_SIZE):
                count = min(settings.ADGEN_CHUNK_SIZE, wanted - offset)
                chunks.append(_chunk_create(batch, ChunkKind.GENERATE, slot, start, count))
                start += count
        _wake_on_commit(*chunks)
    return batch


def variant_write(*, lease: Lease, chunk: Chunk, draft: Draft, base_model: str, base_sha256: str) -> bool:
    """Store one generated line and renew the lease; False where the batch has that text already."""
    with transaction.atomic():
        lease_renew(lease)
        written = chunk_variants(chunk).count()
        if written >= chunk.count:
            return False
        try:
            with transaction.atomic():
                Variant.objects.create(
                    batch_id=chunk.batch_id,
                    brand_id=chunk.batch.brand_id,
                    campaign_id=chunk.batch.brief.campaign_id,
                    turn=chunk.batch.turn + chunk.start + written,
                    slot=draft.slot,
                    index=chunk.start + written,
                    text=draft.text,
                    text_key=text_key(draft.text),
                    width=draft.width,
                    limit=draft.limit,
                    angle=draft.angle,
                    seed=draft.seed,
                    quality=draft.quality,
                    base_model=base_model,
                    base_sha256=base_sha256,
                    adapter_id=chunk.batch.adapter_id,
                )
        except IntegrityError:
            # Only the text can collide: the index is ours as long as the fence is.
            twins = Variant.objects.filter(
                batch_id=chunk.batch_id, slot=draft.slot, text_key=text_key(draft.text)
            )
            if twins.exists():
                return False
            raise
    return True


def chunk_generated(*, lease: Lease, chunk: Chunk, reason: str) -> None:
    """All lines of a chunk are written (or no more can be, for `reason`): ask for their screening."""
    with settling(chunk.batch_id):
        shortfall = chunk.count - chunk_variants(chunk).count()
        lease_finish(lease, shortfall=shortfall, shortfall_reason=reason[:300] if shortfall else "")
        _screening_request(chunk)


def chunk_screened(*, lease: Lease, chunk: Chunk) -> None:
    """Mark a screen chunk done; ask for those of its lines that are much alike to be found."""
    with settling(chunk.batch_id):
        lease_finish(lease)
        if chunk_variants(chunk).filter(state=VariantState.PENDING, edited_from=None).exists():
            wanted = _chunk_create(chunk.batch, ChunkKind.CLUSTER, chunk.slot, chunk.start, chunk.count)
            _wake_on_commit(wanted)


def chunk_finish(*, lease: Lease, chunk: Chunk) -> None:
    """Mark a chunk done after which nothing comes."""
    with settling(chunk.batch_id):
        lease_finish(lease)


def chunk_fail(*, lease: Lease, chunk: Chunk, failure: Exception) -> None:
    """Hand a chunk back after `failure`; it is retried, or dead and visible."""
    with settling(chunk.batch_id):
        lease_fail(lease, failure)


def chunk_retry(*, chunk: Chunk) -> None:
    """A person's retry of a dead chunk."""
    with settling(chunk.batch_id):
        work_retry(work=chunk)
        Batch.objects.filter(pk=chunk.batch_id, state=BatchState.FAILED).update(
            state=BatchState.RUNNING, finished_at=None
        )
        _wake_on_commit(chunk)


def batch_retry(*, batch: Batch) -> int:
    """A person's retry of all dead chunks of a batch; returns how many."""
    with transaction.atomic():
        dead = list(Chunk.objects.filter(batch=batch, state=WorkState.DEAD))
        if not dead:
            raise StateConflict("This batch has no dead chunk to retry.")
        for chunk in dead:
            chunk_retry(chunk=chunk)
    return len(dead)


def batch_cancel(*, batch: Batch) -> None:
    """Stop writing, or give up on chunks that are dead.

    Lines that are written already are still screened, so that none is in limbo.
    """
    with settling(batch.pk):
        cancelled = Batch.objects.filter(
            pk=batch.pk, state__in=[BatchState.RUNNING, BatchState.FAILED]
        ).update(state=BatchState.CANCELLED, finished_at=timezone.now())
        if not cancelled:
            raise StateConflict("Only a batch that is running or failed can be cancelled.")
        writing = Chunk.objects.filter(
            batch=batch, kind=ChunkKind.GENERATE, state__in=[*_OPEN, WorkState.DEAD]
        )
        stopped = list(writing)
        # This changes the state that a worker's lease needs, so its next write is refused.
        writing.update(state=WorkState.CANCELLED, finished_at=timezone.now())
        for chunk in stopped:
            _screening_request(chunk)


@contextmanager
def settling(batch_id: int) -> Iterator[None]:
    """A transaction that ends or revives chunks of a batch, and closes the batch when none is open.

    It locks the batch's row before any chunk's: so the last two chunks see each other, and nobody who
    ends a chunk waits for somebody who cancels the batch while that one waits for the chunk. Cluster chunks
    keep no batch open: its lines are in the queue without them.
    """
    with transaction.atomic():
        # Without the key, so that lines can still be inserted meanwhile.
        Batch.objects.select_for_update(no_key=True).get(pk=batch_id)
        yield
        lines = Chunk.objects.filter(batch=batch_id).exclude(kind=ChunkKind.CLUSTER)
        states = set(lines.values_list("state", flat=True))
        if not states & set(_OPEN):
            state = BatchState.FAILED if WorkState.DEAD in states else BatchState.DONE
            running = Batch.objects.filter(pk=batch_id, state=BatchState.RUNNING)
            running.update(state=state, finished_at=timezone.now())


def chunk_request(*, batch: Batch, kind: ChunkKind, slot: str, index: int) -> Chunk:
    """Ask for work on the one variant at `index`: the screening of an edited line, its publication."""
    chunk = _chunk_create(batch, kind, slot, start=index, count=1)
    _wake_on_commit(chunk)
    return chunk


def chunk_variants(chunk: Chunk) -> models.QuerySet[Variant]:
    """The variants in a chunk's range."""
    return Variant.objects.filter(
        batch_id=chunk.batch_id, index__gte=chunk.start, index__lt=chunk.start + chunk.count
    )


def _screening_request(chunk: Chunk) -> None:
    if chunk_variants(chunk).filter(state=VariantState.UNSCREENED).exists():
        _wake_on_commit(_chunk_create(chunk.batch, ChunkKind.SCREEN, chunk.slot, chunk.start, chunk.count))


def _chunk_create(batch: Batch, kind: ChunkKind, slot: str, start: int, count: int) -> Chunk:
    return Chunk.objects.create(
        batch=batch, kind=kind, slot=slot, start=start, count=count, published_at=first_published_at()
    )


def _wake_on_commit(*chunks: Chunk) -> None:
    """Wake workers for chunks of one kind."""
    task = TASK_OF[ChunkKind(chunks[0].kind)]
    transaction.on_commit(lambda: queue.wake(task, *(chunk.pk for chunk in chunks)))
