"""The order in which acts lock rows on Postgres, so that no two wait for each other.

Campaigns, lines, claims, opinions, the brand with its feed's counter, and the audit chain last. Who takes a
line locks it before its claim, so a decision does too. One transaction about several lines would come to
the second line's rows with the chain in hand, and one that puts a line back into the queue to its campaign
with the line in hand; so they lock all these rows first.
"""

from __future__ import annotations

from collections.abc import Collection

from django.db import connection

from adgen.models import Brand, Campaign, Variant
from review.models import Claim, SecondLook


def lines_lock(numbers: Collection[int]) -> None:
    """Lock, until the transaction ends, all that decisions on these lines lock before the audit chain."""
    if not connection.features.has_select_for_update:
        return
    lines = Variant.objects.filter(pk__in=numbers)
    for rows in (
        Campaign.objects.filter(pk__in=lines.values("campaign")),
        lines,
        Claim.objects.filter(variant__in=numbers),
        SecondLook.objects.filter(variant__in=numbers),
        Brand.objects.filter(pk__in=lines.values("brand")),
    ):
        list(rows.order_by("pk").select_for_update(no_key=True).values_list("pk"))
