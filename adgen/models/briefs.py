"""Campaigns and briefs."""

from __future__ import annotations

from datetime import date

from django.conf import settings
from django.db import models

from adgen.models.brands import Brand, SpecialCategory
from adgen.models.constraints import one_of

# Sorts after every deadline.
NO_DEADLINE = date.max


class Campaign(models.Model):
    """Briefs that belong together."""

    brand = models.ForeignKey(Brand, on_delete=models.CASCADE, related_name="campaigns")
    name = models.CharField(max_length=120)
    deadline = models.DateField(
        null=True, blank=True, help_text="Lines of the earliest deadline are reviewed first."
    )
    deadline_moved = models.BooleanField(
        default=False, editable=False, help_text="Lines in the queue have the former deadline still."
    )
    special_category = models.CharField(
        max_length=20,
        choices=SpecialCategory.choices,
        default=SpecialCategory.NONE,
        blank=True,
        help_text="What the ads are for, where the law asks for more; the brand's own holds as well.",
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(fields=["brand", "name"], name="campaign_once"),
            one_of("special_category", SpecialCategory.values, name="campaign_category_known"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def due(self) -> date:
        """The deadline as lines in the queue are sorted by it."""
        return self.deadline or NO_DEADLINE


class Brief(models.Model):
    """What to write about, for whom and where. `slots` maps a slot key to how many lines are wanted."""

    brand = models.ForeignKey(Brand, on_delete=models.CASCADE, related_name="briefs")
    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="briefs")
    product = models.CharField(max_length=120)
    audience = models.CharField(max_length=160, blank=True)
    messages = models.JSONField(default=list, blank=True)
    offer = models.CharField(max_length=160, blank=True)
    tone = models.CharField(max_length=40, blank=True)
    keywords = models.JSONField(default=list, blank=True)
    url = models.URLField(max_length=2000, blank=True)
    must_include = models.JSONField(default=list, blank=True)
    must_avoid = models.JSONField(default=list, blank=True)
    slots = models.JSONField(default=dict)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.product} ({self.campaign})"
