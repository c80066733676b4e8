"""What people say about lines that the screen stops: shown all the same, or looked at again."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from adgen.models.brands import Brand
from adgen.models.constraints import one_of
from adgen.models.variants import Screening, Variant


class Release(models.Model):
    """A manager shows a blocked line to the reviewers all the same; it still takes their approval.

    It holds for good: later screenings add their reasons, but take the line out of the queue no more.
    """

    variant = models.OneToOneField(Variant, on_delete=models.CASCADE, related_name="release")
    screening = models.ForeignKey(Screening, on_delete=models.CASCADE, related_name="+")
    manager = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    note = models.CharField(max_length=500)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"{self.manager}: {self.note}"


class RecheckState(models.TextChoices):
    OPEN = "open", "to look at"
    KEPT = "kept", "kept"
    RETRACTED = "retracted", "retracted"


class Recheck(models.Model):
    """An approved line in which a later screening found what nobody had seen; open until a person decides."""

    variant = models.ForeignKey(Variant, on_delete=models.CASCADE, related_name="rechecks")
    brand = models.ForeignKey(Brand, on_delete=models.CASCADE, related_name="rechecks")
    screening = models.ForeignKey(Screening, on_delete=models.CASCADE, related_name="rechecks")
    state = models.CharField(max_length=9, choices=RecheckState.choices, default=RecheckState.OPEN)
    note = models.CharField(max_length=500, blank=True)
    dealt_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    dealt_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-id"]
        verbose_name = "approved line to look at again"
        verbose_name_plural = "approved lines to look at again"
        constraints = [
            one_of("state", RecheckState.values, name="recheck_state_known"),
            models.UniqueConstraint(
                fields=["variant"], name="recheck_one_open", condition=models.Q(state="open")
            ),
            models.CheckConstraint(
                condition=models.Q(state="open") | models.Q(dealt_by__isnull=False, dealt_at__isnull=False),
                name="recheck_says_who",
            ),
        ]
        indexes = [
            models.Index(fields=["brand", "id"], name="recheck_open", condition=models.Q(state="open"))
        ]

    def __str__(self) -> str:
        return f"{self.variant} ({self.get_state_display()})"
