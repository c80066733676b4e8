"""Claims: which reviewer has which line in hand.

A claim ends by a decision, by a pause, or by running out; whoever takes it over gets a new token, and the
old one decides nothing any more.
"""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.db import IntegrityError, connection, transaction
from django.db.models import Exists, F, Field, OuterRef, QuerySet, Subquery
from django.utils import timezone

from adgen.errors import StateConflict
from adgen.models import Brand, Variant, VariantState
from review.models import Claim
from review.selectors.queue import live_claims, reviewable_brands, skips

# Only ever needed on Postgres, where a claim committed after our snapshot is met at the insert.
_TRIES = 4

_TAKE = """
INSERT INTO review_claim (variant_id, reviewer_id, token, expires_at)
SELECT oldest.head, %s, %s, %s FROM ({candidate}) AS oldest WHERE oldest.head IS NOT NULL
ON CONFLICT (variant_id) DO UPDATE
SET reviewer_id = excluded.reviewer_id, token = excluded.token, expires_at = excluded.expires_at
WHERE review_claim.expires_at <= %s
RETURNING variant_id
"""


def claim_next(*, reviewer: User, brand: Brand | None = None) -> Claim | None:
    """The line that `reviewer` judges next: the one in hand, or else the oldest that nobody holds.

    Looks at all brands that the person reviews for, or at `brand` alone (NotFound, NotAllowed). None
    where nothing is left. Lines that the person skipped within the last hour are passed over.
    """
    brands = reviewable_brands(reviewer, brand)
    claim = _claim_again(reviewer, brands)
    for _ in range(_TRIES):
        if claim:
            break
        claim = _claim_oldest(reviewer, brands)
    return claim


def claim_renew(*, reviewer: User, variant: int, token: uuid.UUID) -> None:
    """Extend a claim, also one that ran out while nobody wanted it; StateConflict where it is gone."""
    held = Claim.objects.filter(variant=variant, reviewer=reviewer, token=token)
    if not held.update(expires_at=_claim_end()):
        raise StateConflict("Your hold on this line is gone: it ran out, and somebody else has the line now.")


def claim_release(*, reviewer: User) -> None:
    """Give back whatever `reviewer` holds."""
    Claim.objects.filter(reviewer=reviewer).delete()


def claim_spend(*, reviewer: User, variant: Variant, token: uuid.UUID) -> None:
    """End the claim for a decision; StateConflict unless it is the caller's, with this token, and live."""
    live = live_claims(timezone.now()).filter(variant=variant, reviewer=reviewer, token=token)
    if not live.delete()[0]:
        raise StateConflict(
            "Your hold on this line is gone: it ran out, or the line was decided already. Nothing was saved."
        )


def claim_hold(*, reviewer: User, variant: Variant) -> Claim:
    """Put a line into the reviewer's hand; StateConflict where somebody else holds it."""
    with transaction.atomic():
        own = Claim.objects.filter(variant=variant, reviewer=reviewer)
        (own | Claim.objects.filter(variant=variant, expires_at__lte=timezone.now())).delete()
        try:
            with transaction.atomic():
                return Claim.objects.create(
                    variant=variant, reviewer=reviewer, token=uuid.uuid4(), expires_at=_claim_end()
                )
        except IntegrityError:
            raise StateConflict("Another reviewer has this line in hand by now.") from None


def _claim_again(reviewer: User, brands: QuerySet[Brand]) -> Claim | None:
    """The line in hand, the latest first: that is the one an undo has just brought back."""
    live = live_claims(timezone.now()).filter(reviewer=reviewer)
    open_ = live.filter(variant__state=VariantState.PENDING, variant__brand__in=brands)
    claim = open_.order_by("-expires_at").first()
    if claim is None:
        return None
    claim.expires_at = _claim_end()
    renewed = live.filter(pk=claim.pk, token=claim.token).update(expires_at=claim.expires_at)
    return claim if renewed else None


def _claim_oldest(reviewer: User, brands: QuerySet[Brand]) -> Claim | None:
    """One statement finds the line and takes it.

    Exact on both databases: SQLite runs it under its write lock; on Postgres rivals skip the locked row,
    and one that still meets our claim changes nothing. Cost: an index probe per brand and per line that
    is held or was skipped, whatever the length of the queue.
    """
    now = timezone.now()
    waiting = Variant.objects.filter(brand=OuterRef("pk"), state=VariantState.PENDING).filter(
        ~Exists(live_claims(now).filter(variant=OuterRef("pk"))),
        ~Exists(skips(reviewer, now).filter(variant=OuterRef("pk"))),
    )
    head = waiting.order_by("id").select_for_update(skip_locked=True, no_key=True).values("id")[:1]
    oldest = brands.annotate(head=Subquery(head)).order_by(F("head").asc(nulls_last=True)).values("head")[:1]
    claim = Claim(reviewer=reviewer, token=uuid.uuid4(), expires_at=_claim_end(now))
    with transaction.atomic(), connection.cursor() as cursor:
        candidate, params = oldest.query.sql_with_params()
        token, expires_at = _stored("token", claim.token), _stored("expires_at", claim.expires_at)
        cursor.execute(
            _TAKE.format(candidate=candidate),
            [reviewer.pk, token, expires_at, *params, _stored("expires_at", now)],
        )
        taken = cursor.fetchone()
    if taken is None:
        return None
    (claim.variant_id,) = taken
    return claim


def _stored(name: str, value: object) -> Any:
    """A value of the claim's field `name` as this database takes it."""
    field = Claim._meta.get_field(name)
    assert isinstance(field, Field)
    return field.get_db_prep_save(value, connection)


def _claim_end(now: datetime | None = None) -> datetime:
    return (now or timezone.now()) + timedelta(seconds=settings.ADGEN_CLAIM_SECONDS)
