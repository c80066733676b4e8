"""Screening what is in the queue and in the feed again: asked for, cancelled, written down."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.db.models import Exists, F, Max, OuterRef
from django.utils import timezone

from adgen import queue
from adgen.errors import StateConflict
from adgen.models import (
    Brand,
    Fact,
    Recheck,
    RecheckState,
    Release,
    Rescreen,
    RescreenReason,
    Screening,
    ScreenVersion,
    Variant,
    VariantState,
    WorkState,
)
from adgen.policy.packs import packs, packs_version
from adgen.policy.reasons import says_more
from adgen.selectors.rescreens import RESCREENED, Slice, rescreenable
from adgen.selectors.variants import of_latest_screening
from adgen.services.deadlines import due_locked
from adgen.services.work import (
    Lease,
    first_published_at,
    lease_finish,
    lease_release,
    lease_renew,
    work_retry,
)
from adgen.spec import ScreeningResult

# People change facts and words in a row; the last change is soon enough.
_REST = timedelta(seconds=10)
_OPEN = (WorkState.QUEUED, WorkState.RUNNING)
_OVERTAKEN = "Overtaken by a later change; the lines are screened again from the start."


def screen_version_note(
    *, digest: str, model: str, model_sha256: str, thresholds: Mapping[str, Mapping[str, float]]
) -> None:
    """Remember the screen version that this process works with.

    Where it is new, lines that another version judged are screened again with it: once, however many workers
    notice it at the same time, as only one can store the row.
    """
    if ScreenVersion.objects.filter(pk=digest).exists():
        return
    with transaction.atomic():
        version, is_new = ScreenVersion.objects.get_or_create(
            digest=digest,
            defaults={
                "model": model,
                "model_sha256": model_sha256,
                "thresholds": thresholds,
                "packs_version": packs_version(),
                "packs": {pack.id: pack.version for pack in packs()},
            },
        )
        if is_new:
            other_versions_rescreen(version=version)


def other_versions_rescreen(*, version: ScreenVersion) -> None:
    """Screen the lines again of brands of which any was judged last by another version than this.

    For a process that starts: so it is noticed, too, that a version was gone back to. A rescreen with
    `version` that is under way goes on.
    """
    lines = Variant.objects.filter(brand=OuterRef("pk"), state__in=RESCREENED)
    others = lines.alias(judged_by=of_latest_screening("version")).exclude(judged_by=version.pk)
    underway = Rescreen.objects.filter(brand=OuterRef("pk"), state__in=_OPEN, version=version)
    for brand in Brand.objects.filter(Exists(others), ~Exists(underway)).order_by("pk"):
        rescreen_request(brand=brand, reason=RescreenReason.VERSION, version=version)


def rescreen_request(
    *,
    brand: Brand,
    reason: RescreenReason,
    version: ScreenVersion | None = None,
    requested_by: User | None = None,
) -> Rescreen | None:
    """Have the brand's lines screened again; None where it has none in the queue or in the feed.

    An open rescreen that nobody has begun covers the request; one that is under way is begun anew.
    With `version`, only workers with that version of the screen do it.
    """
    with transaction.atomic():
        # The brand's row lock orders two requests; the unique constraint would refuse the second.
        Brand.objects.select_for_update(no_key=True).get(pk=brand.pk)
        last = rescreenable(brand).aggregate(last=Max("id"))["last"]
        if last is None:
            return None
        underway = Rescreen.objects.filter(brand=brand, state__in=_OPEN).first()
        if underway is not None:
            version = version or underway.version
            if _covers(underway, version=version, last=last):
                return underway
            Rescreen.objects.filter(pk=underway.pk, state__in=_OPEN).update(
                state=WorkState.CANCELLED, finished_at=timezone.now(), error=_OVERTAKEN
            )
        rescreen = Rescreen(brand=brand, reason=reason, version=version, last=last, requested_by=requested_by)
        if reason == RescreenReason.BRAND:
            # The sweeper finds it when it is due.
            rescreen.available_at = timezone.now() + _REST
        else:
            rescreen.published_at = first_published_at()
            _wake_on_commit(rescreen)
        rescreen.save(force_insert=True)
    return rescreen


def _covers(underway: Rescreen, *, version: ScreenVersion | None, last: int) -> bool:
    """Whether nobody has begun `underway` and it can be for `version`; it is then, up to line `last`.

    Its row stays locked: so nobody begins it before our caller's change is committed.
    """
    if underway.version not in (None, version):
        return False
    untouched = Rescreen.objects.filter(pk=underway.pk, state=WorkState.QUEUED, fence=0)
    return bool(untouched.update(version=version, last=last))


def rescreen_cancel(*, rescreen: Rescreen) -> None:
    """Stop; lines screened so far keep their new verdict. The worker notices by its lease."""
    stopped = Rescreen.objects.filter(pk=rescreen.pk, state__in=_OPEN).update(
        state=WorkState.CANCELLED, finished_at=timezone.now()
    )
    if not stopped:
        raise StateConflict("Only a rescreen that is queued or running can be cancelled.")


def rescreen_retry(*, rescreen: Rescreen) -> None:
    """A person's retry of a dead rescreen: it goes on where it stopped."""
    with transaction.atomic():
        Brand.objects.select_for_update(no_key=True).get(pk=rescreen.brand_id)
        try:
            with transaction.atomic():
                work_retry(work=rescreen)
        except IntegrityError:
            raise StateConflict(f"Another rescreen of {rescreen.brand} is under way.") from None
        _wake_on_commit(rescreen)


def lapsed_facts_notice() -> None:
    """Screen the lines of brands again of which a claim has expired, once for each expiry.

    Cost: one index probe where none has.
    """
    today = timezone.localdate()
    lapsed = Fact.objects.filter(is_claim=True, lapse_noticed=False, expires_on__lt=today)
    for brand in Brand.objects.filter(pk__in=lapsed.values("brand")):
        with transaction.atomic():
            if lapsed.filter(brand=brand).update(lapse_noticed=True):
                rescreen_request(brand=brand, reason=RescreenReason.EXPIRY)


def rescreenings_write(
    *, lease: Lease, rescreen: Rescreen, results: Sequence[tuple[Variant, ScreeningResult]]
) -> None:
    """Store new verdicts on lines in their order, and move the cursor behind the last.

    A line that fails has a transaction of its own, so that nobody who decides on some of these lines in
    another order waits for us while we wait for them. After a kill in between, the line is met again and
    its verdict is there already.
    """
    for variant, result in results:
        if result.verdict != "pass":
            _write_failed(lease, rescreen, variant, result)
    with transaction.atomic():
        lease_renew(lease, cursor=results[-1][0].pk, screened=F("screened") + len(results))
        passed = [Screening(**_screening(rescreen, *pair)) for pair in results if pair[1].verdict == "pass"]
        Screening.objects.bulk_create(passed, ignore_conflicts=True)
        lines = [screening.variant_id for screening in passed]
        Variant.objects.filter(pk__in=lines, state=VariantState.PENDING, flagged=True).update(flagged=False)


def slice_end(*, lease: Lease, rescreen: Rescreen, part: Slice) -> None:
    """Finish the rescreen behind its last slice; hand it back for its next turn behind any other."""
    with transaction.atomic():
        lease_renew(lease, cursor=part.upto)
        if part.upto >= rescreen.last:
            lease_finish(lease)
        else:
            lease_release(lease)
            _wake_on_commit(rescreen)


def _write_failed(lease: Lease, rescreen: Rescreen, variant: Variant, result: ScreeningResult) -> None:
    """Store the verdict on a line that fails: it leaves the queue, or is listed where it was approved."""
    with transaction.atomic():
        lease_renew(lease)
        seen = [finding for earlier in variant.screenings.all() for finding in earlier.findings]
        fields = _screening(rescreen, variant, result)
        key = {name: fields.pop(name) for name in ("variant", "rescreen")}
        screening, is_new = Screening.objects.get_or_create(**key, defaults=fields)
        if not is_new:
            return
        line = Variant.objects.filter(pk=variant.pk)
        changes: dict[str, object] = {}
        if result.verdict == "block" and not Release.objects.filter(variant=variant).exists():
            stopped = line.filter(state__in=[VariantState.PENDING, VariantState.CLEARED])
            changes["blocked"] = F("blocked") + stopped.update(state=VariantState.BLOCKED)
        waiting = line.filter(state__in=[VariantState.PENDING, VariantState.CLEARED])
        waiting.update(state=VariantState.PENDING, flagged=True, due=due_locked(variant.campaign_id))
        approved = line.filter(state=VariantState.APPROVED).select_for_update(no_key=True).first()
        if approved and says_more(screening.findings, seen):
            changes["listed"] = F("listed") + _recheck_note(approved, screening)
        if changes:
            lease_renew(lease, **changes)


def _recheck_note(variant: Variant, screening: Screening) -> int:
    """List an approved line to be looked at again; 0 where it is listed already, from now on for this."""
    if Recheck.objects.filter(variant=variant, state=RecheckState.OPEN).update(screening=screening):
        return 0
    Recheck.objects.create(variant=variant, brand_id=variant.brand_id, screening=screening)
    return 1


def _screening(rescreen: Rescreen, variant: Variant, result: ScreeningResult) -> dict[str, Any]:
    return {
        "variant": variant,
        "rescreen": rescreen,
        "version_id": result.version,
        "verdict": result.verdict,
        "scores": dict(result.scores),
        "findings": [asdict(finding) for finding in result.findings],
    }


def _wake_on_commit(rescreen: Rescreen) -> None:
    transaction.on_commit(lambda: queue.wake(queue.RESCREEN, rescreen.pk))
