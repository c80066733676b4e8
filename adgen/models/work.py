"""Work that outlives a process: leased, fenced, counted, retried.

The database is the truth; a message only says that a row may be worth looking at.
"""

from __future__ import annotations

from django.conf import settings
from django.db import models

from adgen.models.adapters import Adapter
from adgen.models.brands import Brand
from adgen.models.briefs import Brief
from adgen.models.constraints import one_of
from adgen.models.leases import LeasedWork, WorkState


class BatchState(models.TextChoices):
    RUNNING = "running", "running"
    DONE = "done", "done"
    FAILED = "failed", "failed"
    CANCELLED = "cancelled", "cancelled"


class Batch(models.Model):
    """One generation request for a brief; made of chunks."""

    brand = models.ForeignKey(Brand, on_delete=models.CASCADE, related_name="batches")
    brief = models.ForeignKey(Brief, on_delete=models.CASCADE, related_name="batches")
    adapter = models.ForeignKey(
        Adapter, null=True, blank=True, on_delete=models.PROTECT, related_name="batches"
    )
    state = models.CharField(max_length=10, choices=BatchState.choices, default=BatchState.RUNNING)
    requested = models.PositiveIntegerField(help_text="Variants asked for, over all slots.")
    seed = models.PositiveBigIntegerField()
    turn = models.IntegerField(default=0, help_text="The turn of its first line in the queue.")
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        verbose_name_plural = "batches"
        constraints = [one_of("state", BatchState.values, name="batch_state_known")]

    def __str__(self) -> str:
        return f"Batch {self.pk}"


class ChunkKind(models.TextChoices):
    GENERATE = "generate", "generate"
    SCREEN = "screen", "screen"
    PUBLISH = "publish", "publish"
    CLUSTER = "cluster", "cluster"


class Chunk(LeasedWork):
    """The unit of a batch's work: variants `start` to `start + count - 1` of one slot.

    A generate chunk writes them and then asks for a screen chunk over the same range, and that for a cluster
    chunk, which finds those that are much alike; a publish chunk puts an edited line that has passed its
    screening into the feed.
    """

    batch = models.ForeignKey(Batch, on_delete=models.CASCADE, related_name="chunks")
    kind = models.CharField(max_length=10, choices=ChunkKind.choices)
    slot = models.CharField(max_length=60)
    start = models.PositiveIntegerField()
    count = models.PositiveIntegerField()
    sampled = models.PositiveIntegerField(default=0, help_text="Candidates sampled so far.")
    planned = models.PositiveIntegerField(default=0, help_text="Candidates to sample, as far as is known.")
    shortfall = models.PositiveIntegerField(default=0, help_text="Lines asked for that could not be written.")
    shortfall_reason = models.CharField(max_length=300, blank=True)

    class Meta(LeasedWork.Meta):
        constraints = [
            one_of("state", WorkState.values, name="chunk_state_known"),
            one_of("kind", ChunkKind.values, name="chunk_kind_known"),
            models.UniqueConstraint(fields=["batch", "kind", "start"], name="chunk_once"),
            models.CheckConstraint(condition=models.Q(count__gt=0), name="chunk_not_empty"),
        ]
        indexes = [
            models.Index(
                fields=["kind", "available_at"],
                name="chunk_open",
                condition=models.Q(state__in=["queued", "running"]),
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} chunk {self.start}-{self.start + self.count - 1} of batch {self.batch_id}"


class WorkerPulse(models.Model):
    """The last sign of life of a worker process, for pages that say whether anything is working."""

    name = models.CharField(max_length=200, primary_key=True)
    queues = models.CharField(max_length=200)
    seen_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name
