"""The lease that all long work carries."""

from __future__ import annotations

from django.db import models
from django.utils import timezone


class WorkState(models.TextChoices):
    QUEUED = "queued", "queued"
    RUNNING = "running", "running"
    DONE = "done", "done"
    DEAD = "dead", "dead"
    CANCELLED = "cancelled", "cancelled"


class LeasedWork(models.Model):
    """A piece of work that one worker at a time holds by a lease.

    `fence` grows with every claim; a write that carries an older fence changes nothing. `attempts`
    counts the claims that ended badly or not at all; at the limit the work is `dead` until a person
    retries it.
    """

    state = models.CharField(max_length=10, choices=WorkState.choices, default=WorkState.QUEUED)
    attempts = models.PositiveSmallIntegerField(default=0)
    fence = models.PositiveIntegerField(default=0)
    worker = models.CharField(max_length=200, blank=True)
    lease_expires_at = models.DateTimeField(null=True, blank=True)
    available_at = models.DateTimeField(default=timezone.now)
    published_at = models.DateTimeField(null=True, blank=True, help_text="When a wake-up was last sent.")
    error = models.CharField(max_length=1000, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        abstract = True
        ordering = ["id"]
