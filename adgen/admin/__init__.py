"""The admin site."""

from __future__ import annotations

from django.contrib import admin
from unfold.admin import ModelAdmin

from adgen.models import (
    Adapter,
    Batch,
    Brand,
    Brief,
    Campaign,
    Exemplar,
    Fact,
    Screening,
    TrainingRun,
    Variant,
)

for model in (Brand, Fact, Exemplar, Campaign, Brief, Batch, Variant, Screening, TrainingRun, Adapter):
    admin.site.register(model, ModelAdmin)
