"""Versions of the screen, and the work of screening a brand's lines again."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from adgen.models.brands import Brand
from adgen.models.constraints import one_of
from adgen.models.leases import LeasedWork, WorkState


class ScreenVersion(models.Model):
    """One state of the screen: its model, its thresholds and its policy packs."""

    digest = models.CharField(max_length=64, primary_key=True)
    model = models.CharField(max_length=500, blank=True)
    model_sha256 = models.CharField(max_length=64, blank=True)
    thresholds = models.JSONField(default=dict, help_text="By label, the scores that flag and that block.")
    packs_version = models.CharField(max_length=64, blank=True)
    packs = models.JSONField(default=dict, help_text="The version of each policy pack.")
    first_seen = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-first_seen"]

    def __str__(self) -> str:
        return self.digest


class RescreenReason(models.TextChoices):
    VERSION = "version", "the screen has changed"
    BRAND = "brand", "the brand's facts or rules have changed"
    EXPIRY = "expiry", "a fact has expired"
    ASKED = "asked", "asked for"


class Rescreen(LeasedWork):
    """Screening what a brand has in the queue and in the feed again, in the order of the lines' numbers.

    `cursor` is the last line that is over, `last` the last one to do: the work goes on behind the cursor
    whoever does it. With a `version`, only a worker whose screen has that version may.
    """

    brand = models.ForeignKey(Brand, on_delete=models.CASCADE, related_name="rescreens")
    reason = models.CharField(max_length=8, choices=RescreenReason.choices)
    version = models.ForeignKey(
        ScreenVersion, null=True, blank=True, on_delete=models.PROTECT, related_name="rescreens"
    )
    cursor = models.PositiveBigIntegerField(default=0)
    last = models.PositiveBigIntegerField()
    lines = models.PositiveIntegerField(default=0, help_text="Lines to screen, as counted at the start.")
    screened = models.PositiveIntegerField(default=0)
    blocked = models.PositiveIntegerField(default=0, help_text="Lines that left the queue.")
    listed = models.PositiveIntegerField(default=0, help_text="Approved lines to look at again.")
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )

    class Meta(LeasedWork.Meta):
        ordering = ["-id"]
        constraints = [
            one_of("state", WorkState.values, name="rescreen_state_known"),
            one_of("reason", RescreenReason.values, name="rescreen_reason_known"),
            models.UniqueConstraint(
                fields=["brand"],
                name="rescreen_one_open_per_brand",
                condition=models.Q(state__in=["queued", "running"]),
            ),
        ]

    def __str__(self) -> str:
        return f"Rescreen {self.pk}"
