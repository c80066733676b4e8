"""Answers that are kept, so that a client may safely send a POST again."""

from __future__ import annotations

from django.db import models


class IdempotencyKey(models.Model):
    """One caller's use of one `Idempotency-Key`. While `status` is null the work is under way."""

    caller = models.CharField(max_length=60)
    key = models.CharField(max_length=200)
    fingerprint = models.CharField(max_length=64, help_text="Digest of the request's path and body.")
    status = models.PositiveSmallIntegerField(null=True, blank=True)
    body = models.JSONField(null=True, blank=True)
    taken_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["caller", "key"], name="idempotency_once")]

    def __str__(self) -> str:
        return f"{self.key} of {self.caller}"
