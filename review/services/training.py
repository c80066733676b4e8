"""Asking for a training on what a brand stands behind."""

from __future__ import annotations

from django.contrib.auth.models import User

from adgen.models import Brand, TrainingRun
from adgen.services.training import training_run_request
from review.selectors.training import examples_of


def training_request(*, brand: Brand, requested_by: User | None) -> TrainingRun:
    """Freeze the brand's exemplars and approved lines and ask for a training on them.

    Raises Invalid where there are too few, StateConflict while one is under way. Approving never trains
    by itself: this call is the only way from decisions to weights.
    """
    return training_run_request(brand=brand, examples=examples_of(brand), requested_by=requested_by)
