"""What the page is made of: numbers in words, each with the address of the list behind it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property

from django.urls import reverse
from django.utils.html import escape, format_html
from django.utils.http import urlencode

from adgen.models import Brand, VariantState
from review.models import Action
from review.selectors.dashboard import Scope, day_start
from review.wording import NONE

# Filters of a list in the admin site.
Query = Mapping[str, str | int]
# From the first moment to just before the second.
Span = tuple[datetime, datetime]


@dataclass(frozen=True)
class Cell:
    """A number or a name, and the list of what is behind it."""

    text: str
    url: str = ""

    @property
    def html(self) -> str:
        # Not left to the template: a page has a thousand of them.
        return format_html('<a href="{}">{}</a>', self.url, self.text) if self.url else escape(self.text)


@dataclass(frozen=True)
class Tile:
    """One of the numbers at the top."""

    label: str
    value: Cell
    note: str = ""


@dataclass(frozen=True)
class Table:
    """Rows of cells, the first of which names the row; `drawing` is the chart that shows the same."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    drawing: str = ""


def seconds(value: float | None) -> str:
    return NONE if value is None else f"{value:.1f} s"


def rate(value: float | None) -> str:
    return NONE if value is None else f"{value:,.0f}"


@dataclass(frozen=True)
class Links:
    """Addresses of the lists behind the numbers; `mixed` where the person may list more than is shown."""

    scope: Scope
    since: date
    mixed: bool

    def decisions(self, *actions: Action, span: Span | None = None, where: Query | None = None) -> str:
        """The decisions that stand, of the whole period or of `span`; `where` narrows them down."""
        start, end = span or (day_start(self.since), None)
        query: dict[str, str | int] = {"created_at__gte": start.isoformat(), **(where or {})}
        if end:
            query["created_at__lt"] = end.isoformat()
        if actions:
            query["action__in"] = ",".join(actions)
        return f"{self._decisions}&{urlencode(query)}"

    @cached_property
    def _decisions(self) -> str:
        """What the addresses of hundreds of lists begin with."""
        query: dict[str, str | int] = {"standing": "yes", **self._brands()}
        if self.scope.reviewer:
            query["reviewer__id__exact"] = self.scope.reviewer.pk
        return f"{reverse('admin:review_decision_changelist')}?{urlencode(query)}"

    def waiting(self, brand: Brand | None = None) -> str:
        """The queue, the oldest line first."""
        query: dict[str, str | int] = {"state__exact": VariantState.PENDING, "o": "id"}
        query |= {"brand": brand.slug} if brand else self._brands()
        return f"{reverse('admin:adgen_variant_changelist')}?{urlencode(query)}"

    def screen(self) -> str:
        return f"{reverse('review:screen')}?{urlencode(self._brands())}"

    def _brands(self) -> dict[str, str | int]:
        if len(self.scope.brands) == 1:
            return {"brand": self.scope.brands[0].slug}
        return {"brand__in": ",".join(str(brand.pk) for brand in self.scope.brands)} if self.mixed else {}
