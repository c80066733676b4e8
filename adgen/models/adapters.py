"""Training runs and the adapters that they make."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from adgen.models.brands import Brand
from adgen.models.constraints import one_of
from adgen.models.leases import LeasedWork, WorkState


class TrainingRun(LeasedWork):
    """One training job. The manifest is frozen when the run is requested."""

    brand = models.ForeignKey(Brand, on_delete=models.CASCADE, related_name="training_runs")
    manifest = models.TextField(help_text="The examples, as canonical JSON.")
    manifest_sha256 = models.CharField(max_length=64)
    examples = models.PositiveIntegerField()
    base_model = models.CharField(max_length=200)
    recipe = models.JSONField(default=dict)
    seed = models.PositiveBigIntegerField()
    step = models.PositiveIntegerField(default=0)
    steps = models.PositiveIntegerField(default=0)
    progress_note = models.CharField(max_length=200, blank=True)
    metrics = models.JSONField(default=dict)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )

    class Meta(LeasedWork.Meta):
        ordering = ["-id"]
        constraints = [
            one_of("state", WorkState.values, name="trainingrun_state_known"),
            # A second request while one is open would train the same lines twice.
            models.UniqueConstraint(
                fields=["brand"],
                name="trainingrun_one_open_per_brand",
                condition=models.Q(state__in=["queued", "running"]),
            ),
        ]

    def __str__(self) -> str:
        return f"Training run {self.pk}"


class AdapterStatus(models.TextChoices):
    CHALLENGER = "challenger", "challenger"
    CHAMPION = "champion", "champion"
    RETIRED = "retired", "retired"


class Adapter(models.Model):
    """Immutable LoRA weights, named by their content."""

    brand = models.ForeignKey(Brand, on_delete=models.CASCADE, related_name="adapters")
    training_run = models.OneToOneField(TrainingRun, on_delete=models.PROTECT, related_name="adapter")
    digest = models.CharField(max_length=64)
    base_model = models.CharField(max_length=200)
    base_sha256 = models.CharField(max_length=64)
    status = models.CharField(max_length=10, choices=AdapterStatus.choices, default=AdapterStatus.CHALLENGER)
    metrics = models.JSONField(default=dict)
    gate_note = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    promoted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            one_of("status", AdapterStatus.values, name="adapter_status_known"),
            models.UniqueConstraint(
                fields=["brand"], name="adapter_one_champion", condition=models.Q(status="champion")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.brand} {self.digest[:12]}"
