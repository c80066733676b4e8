"""Variants and the verdicts on them."""

from __future__ import annotations

from typing import get_args

from django.db import models

from adgen.models.adapters import Adapter
from adgen.models.brands import Brand
from adgen.models.briefs import NO_DEADLINE, Campaign
from adgen.models.constraints import one_of
from adgen.models.screens import Rescreen, ScreenVersion
from adgen.models.work import Batch
from adgen.spec import Verdict

VERDICTS: tuple[str, ...] = get_args(Verdict)


class VariantState(models.TextChoices):
    UNSCREENED = "unscreened", "waiting for its screening"
    PENDING = "pending", "in the review queue"
    DISPUTED = "disputed", "judged differently by two people"
    CLEARED = "cleared", "edited, passed the screen, about to be published"
    BLOCKED = "blocked", "blocked by the screen"
    APPROVED = "approved", "approved"
    REJECTED = "rejected", "rejected"
    EDITED = "edited", "replaced by an edited line"
    WITHDRAWN = "withdrawn", "an edit that was taken back"


# Marked lines and the others are two queues, each in this order: so either is found by one index probe.
_ORDER = ("flagged", "due", "turn", "id")
_QUEUED = models.Q(state=VariantState.PENDING)


class Variant(models.Model):
    """One line of copy for one slot. Its text never changes; an edit makes a new variant.

    `due`, `flagged` and `turn` say when its turn comes in the review queue, in this order. They are kept with
    the line, and `campaign` is, so that an index finds the next line of any part of the queue.
    """

    batch = models.ForeignKey(Batch, on_delete=models.CASCADE, related_name="variants")
    # Its index is `variant_by_brand`.
    brand = models.ForeignKey(Brand, on_delete=models.CASCADE, related_name="variants", db_index=False)
    slot = models.CharField(max_length=60)
    index = models.PositiveIntegerField()
    text = models.CharField(max_length=1000)
    text_key = models.CharField(max_length=64)
    width = models.PositiveIntegerField(help_text="In the slot's units.")
    limit = models.PositiveIntegerField(help_text="In the slot's units.")
    angle = models.CharField(max_length=40, blank=True)
    seed = models.PositiveBigIntegerField(null=True, blank=True)
    quality = models.FloatField(
        null=True, blank=True, help_text="How much likelier the brief makes each token of the line, in nats."
    )
    base_model = models.CharField(max_length=200, blank=True)
    base_sha256 = models.CharField(max_length=64, blank=True)
    adapter = models.ForeignKey(
        Adapter, null=True, blank=True, on_delete=models.PROTECT, related_name="variants"
    )
    edited_from = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.CASCADE, related_name="edits"
    )
    state = models.CharField(max_length=10, choices=VariantState.choices, default=VariantState.UNSCREENED)
    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="variants", db_index=False)
    due = models.DateField(default=NO_DEADLINE, help_text="The campaign's deadline, if it has one.")
    flagged = models.BooleanField(default=False, help_text="The screen marked it.")
    turn = models.IntegerField(default=0, help_text="Batches take turns in the queue.")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            one_of("state", VariantState.values, name="variant_state_known"),
            models.UniqueConstraint(fields=["batch", "index"], name="variant_index_once"),
            models.UniqueConstraint(
                fields=["batch", "slot", "text_key"],
                name="variant_text_once",
                condition=models.Q(edited_from__isnull=True),
            ),
            models.CheckConstraint(
                condition=models.Q(edited_from__isnull=False) | models.Q(width__lte=models.F("limit")),
                name="variant_fits",
            ),
        ]
        indexes = [
            models.Index(fields=["brand", *_ORDER], name="variant_queue", condition=_QUEUED),
            models.Index(fields=["brand", "slot", *_ORDER], name="variant_queue_slot", condition=_QUEUED),
            models.Index(
                fields=["brand", "adapter", *_ORDER], name="variant_queue_adapter", condition=_QUEUED
            ),
            models.Index(
                fields=["campaign", "slot", *_ORDER],
                name="variant_queue_campaign",
                condition=_QUEUED,
            ),
            models.Index(fields=["brand", "state", "id"], name="variant_by_state"),
            models.Index(fields=["brand", "id"], name="variant_by_brand"),
            models.Index(fields=["campaign", "state", "id"], name="variant_by_campaign"),
        ]

    def __str__(self) -> str:
        return self.text


class Screening(models.Model):
    """The verdict of one screen version on one variant: the first one, or that of a rescreen."""

    variant = models.ForeignKey(Variant, on_delete=models.CASCADE, related_name="screenings")
    version = models.ForeignKey(
        ScreenVersion, on_delete=models.PROTECT, related_name="screenings", db_index=False
    )
    rescreen = models.ForeignKey(
        Rescreen, null=True, blank=True, on_delete=models.CASCADE, related_name="screenings"
    )
    verdict = models.CharField(max_length=5, choices=[(verdict, verdict) for verdict in VERDICTS])
    scores = models.JSONField(default=dict)
    findings = models.JSONField(default=list)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["variant", "version"],
                name="screening_once",
                condition=models.Q(rescreen__isnull=True),
            ),
            models.UniqueConstraint(fields=["variant", "rescreen"], name="screening_once_a_rescreen"),
            one_of("verdict", VERDICTS, name="screening_verdict_known"),
        ]

    def __str__(self) -> str:
        return f"{self.verdict} by {self.version_id}"
