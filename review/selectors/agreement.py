"""How far two people who judge the same lines agree: by brand, by pair, and the lines behind it."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass

from django.contrib.auth.models import User
from django.db.models import QuerySet

from adgen.models import Brand, Role
from adgen.selectors.access import brands_of, visible
from review.models import Action, LookState, SecondLook
from review.selectors.intervals import Kappa, kappa

JUDGED = (Action.APPROVE, Action.EDIT, Action.REJECT)
# A look that still waits for its second person is shown to nobody: they may be who reads this.
_BOTH = (LookState.AGREED, LookState.DISPUTED, LookState.SETTLED)


@dataclass(frozen=True)
class Agreement:
    """What one said and the other, counted by pairs of actions."""

    pairs: Counter[tuple[str, str]]

    @property
    def lines(self) -> int:
        return self.pairs.total()

    @property
    def same(self) -> int:
        """Lines of which both made the same. Two different wordings count: both said edit."""
        return sum(count for (one, other), count in self.pairs.items() if one == other)

    @property
    def kappa(self) -> Kappa | None:
        """None where it is not defined."""
        return kappa(self.pairs)


@dataclass(frozen=True)
class BrandAgreement:
    """`total` has first looks against second ones; `by_pair` one person against the other, the most first."""

    brand: Brand
    total: Agreement
    by_pair: list[tuple[User, User, Agreement]]


def judged_by_two(brands: QuerySet[Brand]) -> QuerySet[SecondLook]:
    """The lines that two people have judged, the newest first."""
    looks = SecondLook.objects.filter(brand__in=brands, state__in=_BOTH).order_by("-id")
    return looks.select_related("brand", "variant", "first__reviewer", "second__reviewer", "ending__reviewer")


def disputes(user: User) -> QuerySet[SecondLook]:
    """What waits for a decision of `user`, a manager, the oldest first."""
    disputed = visible(SecondLook.objects.filter(state=LookState.DISPUTED), user, Role.MANAGER)
    return disputed.order_by("id").select_related(
        "brand", "variant__batch__brief__campaign", "first__reviewer", "second__reviewer"
    )


def agreement(user: User, brand: Brand | None = None) -> list[BrandAgreement]:
    """The agreement in the brands that `user` manages, or in one of them; none without such lines."""
    managed = brands_of(user, Role.MANAGER)
    looks = SecondLook.objects.filter(brand__in=managed, state__in=_BOTH)
    if brand is not None:
        looks = looks.filter(brand=brand)
    rows = looks.values_list("brand", "first_reviewer", "second_reviewer", "first__action", "second__action")
    totals: dict[int, Counter[tuple[str, str]]] = defaultdict(Counter)
    by_pair: dict[int, dict[tuple[int, int], Counter[tuple[str, str]]]] = defaultdict(
        lambda: defaultdict(Counter)
    )
    for brand_id, first, second, said, answered in rows:
        totals[brand_id][said, answered] += 1
        # Of two people it is the same one who comes first, whoever saw the line first.
        people, words = (
            ((first, second), (said, answered)) if first < second else ((second, first), (answered, said))
        )
        by_pair[brand_id][people][words] += 1
    users = User.objects.in_bulk({person for pairs in by_pair.values() for pair in pairs for person in pair})
    return [
        BrandAgreement(
            brand=each,
            total=Agreement(totals[each.pk]),
            by_pair=[
                (users[one], users[other], Agreement(counts))
                for (one, other), counts in sorted(
                    by_pair[each.pk].items(), key=lambda item: -item[1].total()
                )
            ],
        )
        for each in managed.filter(pk__in=totals)
    ]
