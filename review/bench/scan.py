"""The baseline: the next line as review tools commonly find it."""

from __future__ import annotations

import uuid
from datetime import timedelta

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.utils import timezone

from adgen.models import Variant, VariantState
from adgen.selectors.access import brands_of
from review.models import Claim


def scan_next(*, reviewer: User) -> Claim | None:
    """Read the ids of the whole queue, then try to lock one after the other until one is free."""
    waiting = Variant.objects.filter(brand__in=brands_of(reviewer), state=VariantState.PENDING)
    expires_at = timezone.now() + timedelta(minutes=5)
    for pk in list(waiting.values_list("id", flat=True)):
        try:
            with transaction.atomic():
                return Claim.objects.create(
                    variant_id=pk, reviewer=reviewer, token=uuid.uuid4(), expires_at=expires_at
                )
        except IntegrityError:
            continue
    return None
