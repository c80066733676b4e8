"""The lines of a brand or campaign as a table: page by page, both ways, at the same cost for any page."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from django.contrib.auth.models import User
from django.db.models import BigIntegerField, BooleanField, Func, QuerySet, Value
from django.db.models.lookups import GreaterThan, LessThan
from django.utils import timezone

from adgen.channels import SlotFormat, slot_formats
from adgen.models import Brand, Screening, Variant, VariantState
from adgen.selectors.variants import without_blocked
from review.models import Claim, LookState, SecondLook
from review.selectors.card import Piece, pieces_of
from review.selectors.clusters import latest_screenings
from review.selectors.filters import QueueFilter

_LAST = 2**63 - 1


class RowValue(Func):
    """Columns compared as one, the first of them first."""

    template = "(%(expressions)s)"
    output_field = BooleanField()


@dataclass(frozen=True)
class Row:
    """A line with what the screen says of it; `hindrance` says why it cannot be decided now, if anything."""

    variant: Variant
    slot: SlotFormat | None
    screening: Screening | None
    pieces: tuple[Piece, ...]
    hindrance: str


@dataclass(frozen=True)
class Page:
    """Rows by number; `before` and `after` are where the pages beside it begin, None where there is none."""

    rows: tuple[Row, ...]
    before: int | None
    after: int | None


@dataclass(frozen=True)
class TableFilter:
    """What is in the table: lines of one brand in one state, narrowed by `only` and, if any, by `words`."""

    brand: Brand
    only: QueueFilter
    state: VariantState = VariantState.PENDING
    words: str = ""

    def between(self, user: User, after: int, before: int) -> QuerySet[Variant]:
        """The lines between two numbers, by number. Blocked ones are for the brand's managers.

        Those of a campaign or brand in a state are a stretch of an index; what else is asked for is looked
        for along it. Asked for them by equality, Postgres may walk through all lines of all brands instead.
        """
        owner = "campaign_id" if self.only.campaign else "brand_id"
        columns = RowValue(owner, "state", "pk")
        edge = partial(RowValue, _number((self.only.campaign or self.brand).pk), Value(str(self.state)))
        stretch = [GreaterThan(columns, edge(_number(after))), LessThan(columns, edge(_number(before)))]
        lines = self.only.narrow(Variant.objects.filter(*stretch).order_by(owner, "state", "pk"))
        if self.words:
            lines = lines.filter(text__icontains=self.words)
        return without_blocked(lines, user) if self.state == VariantState.BLOCKED else lines


def _number(pk: int) -> Value:
    return Value(pk, output_field=BigIntegerField())


def table_page(
    user: User, table: TableFilter, *, size: int, after: int | None = None, before: int | None = None
) -> Page:
    """The `size` lines next to one of them, or the first ones: four queries."""
    lines = table.between(user, after or 0, before or _LAST).select_related(
        "batch__brief__campaign", "adapter"
    )
    if before is not None:
        found = list(lines.reverse()[: size + 1])
        shown = found[:size][::-1]
        more_before, more_after = len(found) > size, True
    else:
        found = list(lines[: size + 1])
        shown = found[:size]
        more_before, more_after = after is not None, len(found) > size
    return Page(
        rows=_rows(user, shown),
        before=shown[0].pk if shown and more_before else None,
        after=shown[-1].pk if shown and more_after else None,
    )


def _rows(user: User, lines: list[Variant]) -> tuple[Row, ...]:
    numbers = [line.pk for line in lines]
    screenings = latest_screenings(numbers)
    elsewhere = Claim.objects.filter(variant__in=numbers, expires_at__gt=timezone.now())
    held = set(elsewhere.exclude(reviewer=user).values_list("variant", flat=True))
    looks = SecondLook.objects.filter(variant__in=numbers, first_reviewer=user, state=LookState.OPEN)
    judged = set(looks.values_list("variant", flat=True))
    slots = slot_formats()
    return tuple(
        Row(
            variant=line,
            slot=slots.get(line.slot),
            screening=(screening := screenings.get(line.pk)),
            pieces=pieces_of(line.text, screening.findings if screening else ()),
            hindrance=_hindrance(line, held, judged),
        )
        for line in lines
    )


def _hindrance(line: Variant, held: set[int], judged: set[int]) -> str:
    if line.state != VariantState.PENDING:
        return str(VariantState(line.state).label)
    if line.pk in held:
        return "in another reviewer’s hand"
    return "judged by you; waits for a second person" if line.pk in judged else ""
