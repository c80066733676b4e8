"""What the tests of review do again and again."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

from django.contrib.auth.models import User
from django.db.models import Model

from adgen.models import Brand, Campaign, Chunk, FourEyes, Variant, VariantState
from adgen.services.briefs import campaign_change
from adgen.spec import Verdict
from review.models import (
    Action,
    Claim,
    Comparison,
    Decision,
    GoldItem,
    GoldShowing,
    LookState,
    Publication,
    SecondLook,
    Trial,
)
from review.selectors.filters import QueueFilter
from review.services.claims import claim_next
from review.services.decisions import decision_record, step_undo
from review.tasks import publish
from tests import work
from tests.factories import old


@contextmanager
def unchanged() -> Iterator[None]:
    """Assert that the block leaves every row that review writes as it was."""
    before = _rows()
    yield
    assert _rows() == before


def _rows() -> dict[str, list[dict[str, Any]]]:
    own = (Claim, Decision, Publication, SecondLook, GoldItem, GoldShowing, Trial, Comparison)
    models: tuple[type[Model], ...] = (Brand, Variant, Chunk, *own)
    return {model.__name__: list(model._default_manager.order_by("pk").values()) for model in models}


def claim(reviewer: User, only: QueueFilter | None = None, besides: Collection[int] = ()) -> Claim:
    """The next claim, which there has to be."""
    taken = claim_next(reviewer=reviewer, only=only, besides=besides)
    assert taken is not None
    return taken


def decide(reviewer: User, action: Action, **fields: Any) -> Decision:
    """Claim the next line and decide about it."""
    taken = claim(reviewer)
    return decision_record(
        reviewer=reviewer, variant=taken.variant, token=taken.token, action=action, **fields
    )


def reject(reviewer: User) -> Decision:
    return decide(reviewer, Action.REJECT, reason="dull")


def undo_last(reviewer: User) -> Decision:
    """Take the last step back; the undo of its first decision."""
    return step_undo(reviewer=reviewer).undos[-1]


def edit(reviewer: User, text: str = "A line that I wrote") -> Variant:
    """Edit the next line; returns the new one, which waits for its screening."""
    edited = decide(reviewer, Action.EDIT, text=text).edited_variant
    assert edited is not None
    return edited


def four_eyes(brand: Brand, which: FourEyes = FourEyes.ALL) -> None:
    Brand.objects.filter(pk=brand.pk).update(four_eyes=which)


def disputed(brand: Brand, first: User, second: User) -> SecondLook:
    """The next line, approved by one and rejected by the other."""
    four_eyes(brand)
    decide(first, Action.APPROVE)
    reject(second)
    return SecondLook.objects.filter(state=LookState.DISPUTED).latest("id")


def screen(variant: Variant, verdict: Verdict = "pass") -> None:
    """Do what a worker does with the screen chunk of an edited line."""
    chunk = Chunk.objects.get(batch=variant.batch_id, kind="screen", start=variant.index)
    work.screen(chunk, [verdict])
    variant.refresh_from_db()


def publish_edit(variant: Variant) -> None:
    """Run the publish chunk of an edited line."""
    publish(Chunk.objects.get(batch=variant.batch_id, kind="publish", start=variant.index).pk)
    variant.refresh_from_db()


def state(variant: Variant) -> VariantState:
    return VariantState(Variant.objects.values_list("state", flat=True).get(pk=variant.pk))


def feed(brand: Brand) -> list[tuple[int, str, str]]:
    """The feed as (seq, kind, text)."""
    return list(Publication.objects.filter(brand=brand).values_list("seq", "kind", "variant__text"))


def expire(taken: Claim) -> None:
    """Let a claim run out."""
    Claim.objects.filter(pk=taken.pk).update(expires_at=old(1))


def stray_token() -> uuid.UUID:
    return uuid.uuid4()


def set_deadline(campaign: Campaign, deadline: date | None) -> None:
    """Change a campaign's deadline as its page does; lines that wait follow with the next sweeps."""
    campaign.deadline = deadline
    campaign_change(campaign=campaign, fields=["deadline"])
