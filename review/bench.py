"""How fast a reviewer gets through the queue: `manage.py bench queue`.

The baseline is how review tools commonly find the next line: read the ids of the whole queue, then try to
lock one after the other. Both ways decide through the same service.
"""

from __future__ import annotations

import statistics
import time
import uuid
from collections import defaultdict
from collections.abc import Callable
from datetime import timedelta

from django.contrib.auth.models import User
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from adgen.models import Brand, Role, Variant, VariantState
from adgen.selectors.access import brands_of
from adgen.services.batches import batch_request
from adgen.services.brands import membership_add
from adgen.services.briefs import brief_create
from adgen.spec import BrandSpec, BriefSpec
from review.models import Action, Claim
from review.services.claims import claim_next
from review.services.decisions import decision_record

_SLOT = "google_rsa.headline"


def run() -> dict[str, float | int | str]:
    """Both ways in queues of 1,000 and of 20,000 lines, in a database that is thrown away."""
    database = connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    try:
        return measure(short=1_000, long=20_000, rounds=200)
    finally:
        connection.creation.destroy_test_db(database, verbosity=0)


def measure(*, short: int, long: int, rounds: int) -> dict[str, float | int | str]:
    """Claim and decision of one line in a queue of `short` and one of `long` lines: rate, p50, p95 (ms).

    `growth` is how much dearer the median line is in the longer queue.
    """
    # Each way takes `rounds` lines away, so that a queue has the length asked for on average.
    reviewers = {size: _queue(size + rounds) for size in (short, long)}
    ways = {"": claim_next, "baseline_": scan_next}
    seconds: defaultdict[tuple[str, int], list[float]] = defaultdict(list)
    # All take turns, so that a busy moment of the machine meets all.
    for _ in range(rounds):
        for size, reviewer in reviewers.items():
            for way, take in ways.items():
                seconds[way, size].append(_seconds(take, reviewer))
    figures: dict[str, float | int | str] = {"database": connection.vendor, "decisions": rounds}
    for (way, size), spent in seconds.items():
        figures[f"{way}lines_per_s_{size}"] = rounds / sum(spent)
        figures[f"{way}p50_ms_{size}"] = 1000 * statistics.median(spent)
        figures[f"{way}p95_ms_{size}"] = 1000 * statistics.quantiles(spent, n=20)[-1]
    for size in reviewers:
        figures[f"ratio_{size}"] = sum(seconds["baseline_", size]) / sum(seconds["", size])
    for way in ways:
        figures[f"{way}growth"] = statistics.median(seconds[way, long]) / statistics.median(
            seconds[way, short]
        )
    return figures


def scan_next(*, reviewer: User) -> Claim | None:
    """The baseline: the whole queue's ids, then the first of them that nobody has locked."""
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


def _seconds(take: Callable[..., Claim | None], reviewer: User) -> float:
    start = time.perf_counter()
    claim = take(reviewer=reviewer)
    assert claim is not None
    decision_record(reviewer=reviewer, variant=claim.variant, token=claim.token, action=Action.APPROVE)
    return time.perf_counter() - start


def _queue(size: int) -> User:
    """A brand with that many lines in its queue; returns its reviewer."""
    brand = Brand.objects.create(name=f"Bench Bakery {size}", slug=f"bench-{size}")
    reviewer = User.objects.create(username=f"bench-{size}")
    membership_add(user=reviewer, brand=brand, role=Role.REVIEWER)
    spec = BriefSpec(brand=BrandSpec(name=brand.name), product="sourdough bread", slots={_SLOT: 1})
    batch = batch_request(brief=brief_create(brand=brand, spec=spec, created_by=None), requested_by=None)
    fields = {"batch": batch, "brand": brand, "slot": _SLOT, "width": 20, "limit": 30}
    lines = (
        Variant(**fields, index=index, text=f"Day {index}", text_key=str(index), state=VariantState.PENDING)
        for index in range(size)
    )
    Variant.objects.bulk_create(lines, batch_size=1000)
    return reviewer
