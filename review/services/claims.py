"""Claims: which reviewer has which line in hand.

A claim ends by a decision, by a pause, or by running out; whoever takes it over gets a new token, and the
old one decides nothing any more.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.db import IntegrityError, connection, transaction
from django.db.models import Field
from django.utils import timezone

from adgen.errors import StateConflict
from adgen.models import Variant
from adgen.statements import named
from review.models import Claim
from review.selectors.filters import QueueFilter, waiting_sql
from review.selectors.gold import gold_due, gold_in_hand
from review.selectors.order import OPEN_TO, SKIP_REST, next_line, tired_of
from review.services.gold import gold_shown

# So many near-duplicates are held with a line, at most; others come when these are decided.
MOST_BESIDE = 20
# The first may look for another brief in vain. More are only needed on Postgres, where a claim committed
# after our snapshot is met at the insert.
_TRIES = 4

# Whether near-duplicates of the line wait as well.
_HAS_KIN = """EXISTS (
  SELECT 1 FROM adgen_clusterline own
  JOIN adgen_clusterline other ON other.cluster_id = own.cluster_id AND other.variant_id <> own.variant_id
  JOIN adgen_variant kin ON kin.id = other.variant_id
  WHERE own.variant_id = review_claim.variant_id AND kin.state = 'pending'
)"""
_TAKE = f"""
INSERT INTO review_claim (variant_id, reviewer_id, token, expires_at, seen_id)
SELECT line.id, %(reviewer)s, %(token)s, %(expires_at)s,
  (SELECT max(id) FROM adgen_screening WHERE variant_id = line.id)
FROM ({{next_line}}) AS line WHERE true
ON CONFLICT (variant_id) DO UPDATE
SET reviewer_id = excluded.reviewer_id, token = excluded.token, expires_at = excluded.expires_at,
  beside_id = NULL, seen_id = excluded.seen_id
WHERE review_claim.expires_at <= %(now)s
RETURNING variant_id, {_HAS_KIN}
"""  # noqa: S608
# Waiting near-duplicates of a line in hand, in the order of their numbers: two people who take lines of one
# cluster at the same moment never wait for each other both.
_TAKE_BESIDE = f"""
INSERT INTO review_claim (variant_id, reviewer_id, token, expires_at, beside_id, seen_id)
SELECT line.id, %(reviewer)s, %(token)s, %(expires_at)s, head.id,
  (SELECT max(id) FROM adgen_screening WHERE variant_id = line.id)
FROM adgen_variant head
JOIN adgen_clusterline own ON own.variant_id = head.id
JOIN adgen_clusterline other ON other.cluster_id = own.cluster_id
JOIN adgen_variant line ON line.id = other.variant_id
WHERE head.id = %(head)s AND head.state = 'pending' AND line.id <> head.id AND line.state = 'pending'
AND {OPEN_TO}
AND NOT EXISTS (
  SELECT 1 FROM review_claim other_hand
  WHERE other_hand.variant_id = line.id AND other_hand.expires_at > %(now)s
  AND (
    other_hand.reviewer_id <> %(reviewer)s OR other_hand.beside_id IS NULL OR other_hand.beside_id <> head.id
  )
)
ORDER BY line.id LIMIT {MOST_BESIDE}
ON CONFLICT (variant_id) DO UPDATE
SET reviewer_id = excluded.reviewer_id, token = excluded.token, expires_at = excluded.expires_at,
  beside_id = excluded.beside_id, seen_id = excluded.seen_id
WHERE review_claim.expires_at <= %(now)s
OR (review_claim.reviewer_id = excluded.reviewer_id AND review_claim.beside_id = excluded.beside_id)
"""  # noqa: S608
_HELD = """
SELECT variant_id FROM review_claim WHERE reviewer_id = %s AND beside_id IS NULL AND expires_at > %s
"""
# The first of some lines in hand that are still to be judged, by its place in the queue.
_RENEW = f"""
UPDATE review_claim
SET expires_at = %(expires_at)s,
  seen_id = (SELECT max(id) FROM adgen_screening WHERE variant_id = review_claim.variant_id)
WHERE reviewer_id = %(reviewer)s AND beside_id IS NULL AND expires_at > %(now)s AND variant_id = (
  SELECT line.id FROM adgen_variant line
  WHERE line.id IN ({{held}}) AND (
    EXISTS (SELECT 1 FROM ({{waiting}}) waiting WHERE waiting.id = line.id)
    OR EXISTS (SELECT 1 FROM ({{gold}}) gold WHERE gold.id = line.id)
  )
  ORDER BY line.due, line.flagged DESC, line.turn, line.id LIMIT 1
)
RETURNING variant_id, token, {_HAS_KIN}
"""  # noqa: S608
# Only who has a line in hand gives an opinion on it: none comes to it after this. The line is locked before
# its claim, as `review.services.locks` says.
_SPEND = """
WITH line AS (SELECT id FROM adgen_variant WHERE id = %s {lock})
DELETE FROM review_claim
WHERE (variant_id = (SELECT id FROM line) OR beside_id = %s)
AND reviewer_id = %s AND token = %s AND expires_at > %s
RETURNING variant_id, seen_id, EXISTS (
  SELECT 1 FROM review_secondlook look
  WHERE look.variant_id = review_claim.variant_id AND look.state = 'open'
)
"""


@dataclass(frozen=True)
class Spent:
    """What a claim tells when it ends: the number of the screening that the line was handed out with, and
    whether somebody else's opinion waits for a second one."""

    seen: int | None
    is_judged: bool


def claim_next(
    *, reviewer: User, only: QueueFilter | None = None, besides: Collection[int] = ()
) -> Claim | None:
    """The line that `reviewer` judges next: the one in hand, or else the next that nobody holds.

    Looks at the part of the queue that `only` chooses, in the order of `review.selectors.order`. `besides`
    are lines in hand that the caller knows of: a page that shows one line asks for the next in advance.
    None where nothing is left. Lines that the person skipped within the last hour are passed over. The line's
    near-duplicates that wait as well and that nobody holds are held with it.
    """
    claim = _claim_one(reviewer, only or QueueFilter(), besides)
    if claim and claim.has_kin:
        _take_beside(claim)
    return claim


def _claim_one(reviewer: User, only: QueueFilter, besides: Collection[int]) -> Claim | None:
    if claim := _claim_again(reviewer, only, besides):
        return claim
    avoid = tired_of(reviewer)
    for _ in range(_TRIES):
        if claim := _claim_fresh(reviewer, only, avoid):
            return _gold_instead(claim, only) or claim
        avoid = None
    return None


def claims_renew(*, reviewer: User, tokens: Iterable[uuid.UUID]) -> tuple[datetime, set[uuid.UUID]]:
    """Extend the reviewer's claims with these tokens, also those that ran out while nobody wanted them.

    Returns until when they last, and the tokens whose claims are gone: decided, or somebody else's by now.
    """
    tokens = set(tokens)
    until = _claim_end(timezone.now())
    own = Claim.objects.filter(reviewer=reviewer, token__in=tokens)
    held = set(own.filter(beside=None).values_list("token", flat=True))
    own.filter(token__in=held).update(expires_at=until)
    return until, tokens - held


def claims_release(*, reviewer: User) -> int:
    """Give back whatever `reviewer` holds; returns how many lines that were."""
    return Claim.objects.filter(reviewer=reviewer).delete()[0]


def claim_spend(*, reviewer: User, variant: Variant, token: uuid.UUID) -> Spent:
    """End the claim for a decision; StateConflict unless it is the caller's, with this token, and live.

    Near-duplicates that were held with the line are free again.
    """
    owner = [reviewer.pk, _stored("token", token), _stored("expires_at", timezone.now())]
    lock = "FOR NO KEY UPDATE" if connection.features.has_select_for_no_key_update else ""
    with connection.cursor() as cursor:
        cursor.execute(_SPEND.format(lock=lock), [variant.pk, variant.pk, *owner])
        spent = {line: Spent(seen, bool(is_judged)) for line, seen, is_judged in cursor.fetchall()}
    if variant.pk not in spent:
        raise StateConflict(
            "Your hold on this line is gone: it ran out, or the line was decided already. Nothing was saved."
        )
    return spent[variant.pk]


def claim_hold(*, reviewer: User, variant: Variant) -> Claim:
    """Put a line into the reviewer's hand; StateConflict where somebody else holds it."""
    with transaction.atomic():
        own = Claim.objects.filter(variant=variant, reviewer=reviewer)
        (own | Claim.objects.filter(variant=variant, expires_at__lte=timezone.now())).delete()
        try:
            with transaction.atomic():
                return Claim.objects.create(
                    variant=variant,
                    reviewer=reviewer,
                    token=uuid.uuid4(),
                    expires_at=_claim_end(timezone.now()),
                    seen=variant.screenings.order_by("-id").first(),
                )
        except IntegrityError:
            raise StateConflict("Another reviewer has this line in hand by now.") from None


def _claim_again(reviewer: User, only: QueueFilter, besides: Collection[int]) -> Claim | None:
    """A line in hand, in the order of the queue: what an undo has just brought back was before the others,
    and a page that is opened again shows its lines as before."""
    now = timezone.now()
    with connection.cursor() as cursor:
        cursor.execute(_HELD, [reviewer.pk, _stored("expires_at", now)])
        held = {line for (line,) in cursor.fetchall()} - set(besides)
    if not held:
        return None
    waiting, gold, params = _in_hand(reviewer.pk, reviewer.is_superuser, only)
    claim = Claim(reviewer=reviewer, expires_at=_claim_end(now))
    moments = {"now": now, "expires_at": claim.expires_at}
    params = params | {name: _stored("expires_at", moment) for name, moment in moments.items()}
    params["reviewer"] = reviewer.pk
    with connection.cursor() as cursor:
        cursor.execute(_RENEW.format(held=", ".join(map(str, held)), waiting=waiting, gold=gold), params)
        renewed = cursor.fetchone()
    if renewed is None:
        return None
    claim.variant_id, token, claim.has_kin = renewed
    claim.token = uuid.UUID(str(token))
    return claim


# It takes longer to make than the statement takes to run, and depends on nothing but its arguments.
@lru_cache(maxsize=256)
def _in_hand(reviewer: int, is_superuser: bool, only: QueueFilter) -> tuple[str, str, dict[str, Any]]:
    """SQL for what a person may hold: waiting lines and gold items, each as `id`, and its parameters."""
    waiting, params = waiting_sql(reviewer, is_superuser, only)
    person = User(pk=reviewer, is_superuser=is_superuser)
    gold, more = named("gold", gold_in_hand(person, only).order_by().values("id"))
    return waiting, gold, params | more


def _claim_fresh(reviewer: User, only: QueueFilter, avoid: int | None) -> Claim | None:
    """One statement finds the line and takes it.

    Exact on both databases: SQLite runs it under its write lock; on Postgres rivals skip the locked row,
    and one that still meets our claim changes nothing.
    """
    now = timezone.now()
    claim = Claim(reviewer=reviewer, token=uuid.uuid4(), expires_at=_claim_end(now))
    line, params = next_line(reviewer=reviewer, only=only, now=now, avoid=avoid)
    params |= {name: _stored(name, getattr(claim, name)) for name in ("token", "expires_at")}
    with connection.cursor() as cursor:
        cursor.execute(_TAKE.format(next_line=line), params)
        taken = cursor.fetchone()
    if taken is None:
        return None
    claim.variant_id, claim.has_kin = taken
    return claim


def _gold_instead(claim: Claim, only: QueueFilter) -> Claim | None:
    """A gold item in place of a line that was just taken, where its turn has come; the line goes back."""
    item = gold_due(claim, only)
    if item is None:
        return None
    try:
        with transaction.atomic():
            gold = claim_hold(reviewer=claim.reviewer, variant=item.variant)
            gold_shown(item=item, reviewer=claim.reviewer)
            Claim.objects.filter(pk=claim.pk, token=claim.token).delete()
    except StateConflict:
        return None
    return gold


def _take_beside(claim: Claim) -> None:
    """Hold the line's near-duplicates with it, or go on holding them; those in other hands stay there."""
    now = timezone.now()
    moments = {"now": now, "rested": now - SKIP_REST, "expires_at": claim.expires_at}
    params = {name: _stored("expires_at", moment) for name, moment in moments.items()}
    params |= {"head": claim.variant_id, "reviewer": claim.reviewer_id}
    params["token"] = _stored("token", claim.token)
    with connection.cursor() as cursor:
        cursor.execute(_TAKE_BESIDE, params)


def _stored(name: str, value: object) -> Any:
    """A value of the claim's field `name` as this database takes it."""
    field = Claim._meta.get_field(name)
    assert isinstance(field, Field)
    return field.get_db_prep_save(value, connection)


def _claim_end(now: datetime) -> datetime:
    return now + timedelta(seconds=settings.ADGEN_CLAIM_SECONDS)
