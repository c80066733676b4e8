"""Training runs: requested with a frozen manifest, reported on, and turned into adapters."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date

from django.conf import settings
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.utils import timezone

from adgen import queue
from adgen.errors import Invalid, StateConflict
from adgen.models import Adapter, AdapterStatus, AuditAction, Brand, TrainingRun, WorkState
from adgen.policy.gate import gate
from adgen.selectors.adapters import champion_of
from adgen.services.audit import Actor, audit_record
from adgen.services.work import Lease, first_published_at, lease_finish, work_retry
from adgen.spec import Example

MIN_EXAMPLES = 12


def training_run_request(
    *,
    brand: Brand,
    examples: Sequence[Example],
    requested_by: User | None,
    seed: int | None = None,
    recipe: Mapping[str, float] | None = None,
) -> TrainingRun:
    """Freeze `examples` into a manifest and ask for a training; one open run per brand."""
    if len(examples) < MIN_EXAMPLES:
        raise Invalid(
            f"{brand} has too few lines to learn from: {len(examples)}. A training needs at least "
            f"{MIN_EXAMPLES}: import past ads or approve more copy."
        )
    rows = [asdict(example) for example in examples]
    manifest = json.dumps(rows, sort_keys=True, ensure_ascii=False, default=date.isoformat)
    try:
        with transaction.atomic():
            run = TrainingRun.objects.create(
                brand=brand,
                manifest=manifest,
                manifest_sha256=hashlib.sha256(manifest.encode()).hexdigest(),
                examples=len(examples),
                base_model=settings.ADGEN_BASE_MODEL,
                recipe=dict(recipe or {}),
                seed=secrets.randbits(31) if seed is None else seed,
                requested_by=requested_by,
                published_at=first_published_at(),
            )
    except IntegrityError:
        raise StateConflict(f"A training of {brand} is under way; wait for it or cancel it.") from None
    transaction.on_commit(lambda: queue.wake(queue.TRAIN, run.pk))
    return run


def training_run_finish(
    *, lease: Lease, digest: str, base_sha256: str, metrics: Mapping[str, float]
) -> Adapter:
    """Record the adapter as challenger and let it through the gate or not."""
    with transaction.atomic():
        lease_finish(lease, metrics=dict(metrics))
        run = TrainingRun.objects.get(pk=lease.pk)
        passed, note = gate(metrics)
        adapter = Adapter.objects.create(
            brand=run.brand,
            training_run=run,
            digest=digest,
            base_model=run.base_model,
            base_sha256=base_sha256,
            metrics=dict(metrics),
            gate_note=note,
        )
        if passed:
            adapter_promote(adapter=adapter, by=None)
    return adapter


def training_run_cancel(*, run: TrainingRun) -> None:
    """Stop a training; its worker notices at the next step, by its lease."""
    stopped = TrainingRun.objects.filter(pk=run.pk, state__in=[WorkState.QUEUED, WorkState.RUNNING]).update(
        state=WorkState.CANCELLED, finished_at=timezone.now()
    )
    if not stopped:
        raise StateConflict("Only a training that is queued or running can be cancelled.")


def training_run_retry(*, run: TrainingRun) -> None:
    """A person's retry of a dead training."""
    try:
        with transaction.atomic():
            work_retry(work=run)
    except IntegrityError:
        raise StateConflict(f"Another training of {run.brand} is under way.") from None
    transaction.on_commit(lambda: queue.wake(queue.TRAIN, run.pk))


def adapter_promote(*, adapter: Adapter, by: Actor) -> None:
    """Make `adapter` the champion of its brand; the one before retires. Also the way back to it."""
    with transaction.atomic():
        # The brand's row lock orders two promotions; the unique constraint would refuse the second.
        Brand.objects.select_for_update(no_key=True).get(pk=adapter.brand_id)
        before = champion_of(adapter.brand)
        if before == adapter:
            raise StateConflict("This adapter is the champion already.")
        champions = Adapter.objects.filter(brand_id=adapter.brand_id, status=AdapterStatus.CHAMPION)
        champions.update(status=AdapterStatus.RETIRED)
        Adapter.objects.filter(pk=adapter.pk).update(
            status=AdapterStatus.CHAMPION, promoted_at=timezone.now()
        )
        audit_record(
            brand=adapter.brand,
            actor=by,
            action=AuditAction.ADAPTER_PROMOTED,
            subject=adapter,
            details={"digest": adapter.digest, "retired": before.digest if before else None},
        )
    adapter.refresh_from_db()
