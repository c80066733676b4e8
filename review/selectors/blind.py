"""What is kept from people because it would tell them how to judge a line."""

from __future__ import annotations

from typing import TypeVar

from django.contrib.auth.models import User
from django.db.models import Exists, OuterRef, Q, QuerySet

from adgen.models import Role, Variant, VariantState
from adgen.selectors.access import brands_of
from review.models import Comment, Decision, DecisionKind, LookState, ScreenMark, SecondLook

Row = TypeVar("Row", Comment, ScreenMark)


def as_waiting(line: Variant) -> Variant:
    """A line in hand as the person sees it: a gold item looks like any other that waits."""
    if line.state in (VariantState.APPROVED, VariantState.REJECTED):
        line.state = VariantState.PENDING
    return line


def decisions_for(user: User, rows: QuerySet[Decision]) -> QuerySet[Decision]:
    """Those of `rows` that `user` may know of.

    What others say of a line stays hidden while a second person is to judge it, from managers as well, who
    may be that person; their answers to gold items stay hidden from all but managers.
    """
    opinion = Q(kind=DecisionKind.OPINION) | Q(undoes__kind=DecisionKind.OPINION)
    gold = Q(kind=DecisionKind.GOLD) | Q(undoes__kind=DecisionKind.GOLD)
    # A line that the screen blocks meanwhile may be shown again, and judged by the second person.
    hidden = opinion & Q(variant__state__in=(VariantState.PENDING, VariantState.BLOCKED))
    hidden |= gold & ~Q(brand__in=brands_of(user, Role.MANAGER))
    return rows.filter(Q(reviewer=user) | ~hidden)


def words_for(user: User, rows: QuerySet[Row], *, author: str) -> QuerySet[Row]:
    """Those of `rows`, comments or marks on lines by `author`, that `user` may know of: none by the first of
    two people before the second has judged, none by others on a gold item.
    """
    first = SecondLook.objects.filter(
        variant=OuterRef("variant"), first_reviewer=OuterRef(author), state=LookState.OPEN
    )
    gold = Q(variant__gold__active=True) & ~Q(brand__in=brands_of(user, Role.MANAGER))
    return rows.filter(Q(**{author: user}) | ~(Exists(first) | gold))
