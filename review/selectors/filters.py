"""Which part of the queue a reviewer works through."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeVar

from django.contrib.auth.models import User
from django.db.models import Exists, OuterRef, QuerySet

from adgen.channels import slot_formats
from adgen.errors import Invalid, NotFound
from adgen.models import Adapter, Brand, Campaign, Role, Variant, VariantState
from adgen.selectors.access import brands_of, require_role, visible
from adgen.selectors.brands import brand_named
from adgen.statements import named
from review.models import LookState, SecondLook

# The name of the adapter that is none.
BASE = "base"
# What a line in the queue can be: a blocked one is not in it.
QUEUE_VERDICTS = ("pass", "flag")
Row = TypeVar("Row", Campaign, Adapter)


@dataclass(frozen=True)
class QueueFilter:
    """Lines that are all of this; what is empty narrows nothing. `queue_filter` makes it from names.

    `verdict` is one of QUEUE_VERDICTS; `base_alone` means lines that no adapter had a part in.
    """

    brand: Brand | None = None
    campaign: Campaign | None = None
    slots: tuple[str, ...] = ()
    verdict: str = ""
    language: str = ""
    adapter: Adapter | None = None
    base_alone: bool = False

    def brands(self, reviewer: User) -> QuerySet[Brand]:
        """The brands whose lines are meant, none but those that `reviewer` reviews for."""
        brands = brands_of(reviewer, Role.REVIEWER)
        if self.language:
            brands = brands.filter(language=self.language)
        for owned in (self.campaign, self.adapter):
            brands = brands.filter(pk=owned.brand_id) if owned else brands
        return brands.filter(pk=self.brand.pk) if self.brand else brands

    def waiting(self, reviewer: User) -> QuerySet[Variant]:
        """All lines meant that the person could get, held ones included, in no order: for counting some."""
        lines = Variant.objects.filter(brand__in=self.brands(reviewer), state=VariantState.PENDING).order_by()
        own = SecondLook.objects.filter(variant=OuterRef("pk"), first_reviewer=reviewer, state=LookState.OPEN)
        return self.narrow(lines).filter(~Exists(own))

    def narrow(self, lines: QuerySet[Variant]) -> QuerySet[Variant]:
        """Those of `lines` that are meant, whatever their brands."""
        if self.campaign:
            lines = lines.filter(campaign=self.campaign)
        if self.slots:
            lines = lines.filter(slot__in=self.slots)
        if self.verdict:
            lines = lines.filter(flagged=self.verdict == "flag")
        if self.adapter:
            lines = lines.filter(adapter=self.adapter)
        if self.base_alone:
            lines = lines.filter(adapter=None)
        return lines


# It takes longer to make than to run, each page needs it, and it depends on nothing but its arguments.
@lru_cache(maxsize=256)
def waiting_sql(reviewer: int, is_superuser: bool, only: QueueFilter) -> tuple[str, dict[str, Any]]:
    """SQL for the `id` of each line that `QueueFilter.waiting` means, and its named parameters."""
    return named("waiting", only.waiting(User(pk=reviewer, is_superuser=is_superuser)).values("id"))


def queue_filter(
    reviewer: User,
    *,
    brand: str = "",
    campaign: int | None = None,
    channel: str = "",
    slot: str = "",
    verdict: str = "",
    language: str = "",
    adapter: str = "",
) -> QueueFilter:
    """The filter of these names and numbers, as a form or a request has them; "" and None narrow nothing.

    Raises NotFound for what the person cannot see, NotAllowed where they may not review, and Invalid for
    an unknown channel, slot or verdict, each with the field's name.
    """
    if verdict and verdict not in QUEUE_VERDICTS:
        raise _unknown("verdict", verdict, QUEUE_VERDICTS)
    named = brand_named(brands_of(reviewer), brand) if brand else None
    if named:
        require_role(reviewer, named, Role.REVIEWER)
    if adapter and adapter != BASE and not adapter.isdecimal():
        raise Invalid(f"No adapter {adapter!r}.", fields={"adapter": [f"give its number, or {BASE!r}"]})
    return QueueFilter(
        brand=named,
        campaign=_own("campaign", Campaign, campaign, reviewer) if campaign is not None else None,
        slots=_slots(channel, slot),
        verdict=verdict,
        language=language,
        adapter=_own("adapter", Adapter, int(adapter), reviewer) if adapter.isdecimal() else None,
        base_alone=adapter == BASE,
    )


def _slots(channel: str, slot: str) -> tuple[str, ...]:
    known = list(slot_formats())
    channels = list(dict.fromkeys(key.partition(".")[0] for key in known))
    if slot and slot not in known:
        raise _unknown("slot", slot, known)
    if channel and channel not in channels:
        raise _unknown("channel", channel, channels)
    if slot and channel and slot.partition(".")[0] != channel:
        raise Invalid(f"{slot} is no slot of {channel}.", fields={"slot": ["leave one of the two out"]})
    if slot:
        return (slot,)
    return tuple(key for key in known if channel and key.partition(".")[0] == channel)


def _own(field: str, model: type[Row], pk: int, reviewer: User) -> Row:
    row = visible(model._default_manager.select_related("brand"), reviewer).filter(pk=pk).first()
    if row is None:
        raise NotFound(f"No {field} {pk}.", fields={field: [f"No {field} {pk}."]})
    require_role(reviewer, row.brand, Role.REVIEWER)
    return row


def _unknown(field: str, given: str, known: Iterable[str]) -> Invalid:
    return Invalid(f"Unknown {field} {given!r}.", fields={field: [f"one of {', '.join(known)}"]})
