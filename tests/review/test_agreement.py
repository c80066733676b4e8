"""How far people agree: kappa against values worked out by hand, who sees it, and the lines behind it."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.test import Client

from adgen.models import Batch, Brand, Role
from review.models import Action
from review.selectors.intervals import kappa
from tests.factories import member, screened_variant
from tests.review.acts import decide, four_eyes, reject, unchanged
from tests.review.test_api import client_of

AGREEMENT = "/api/v1/review/agreement/"
PAGE = "/admin/review/agreement/"


def test_kappa_is_cohens_with_its_large_sample_interval() -> None:
    """20 and 15 of 50 alike: seen 0.7, chance 0.5 * 0.6 + 0.5 * 0.4 = 0.5, so (0.7 - 0.5) / 0.5 = 0.4."""
    pairs = {("yes", "yes"): 20, ("yes", "no"): 5, ("no", "yes"): 10, ("no", "no"): 15}
    alike = 0.4 * (1 - (0.5 + 0.6) * 0.6) ** 2 + 0.3 * (1 - (0.5 + 0.4) * 0.6) ** 2
    unlike = 0.6**2 * (0.1 * (0.6 + 0.5) ** 2 + 0.2 * (0.4 + 0.5) ** 2)
    half = 1.96 * ((alike + unlike - (0.4 - 0.5 * 0.6) ** 2) / 50) ** 0.5 / 0.5
    found = kappa(pairs)
    assert found
    assert found == pytest.approx((0.4, 0.4 - half, 0.4 + half))
    assert half == pytest.approx(0.2485, abs=5e-4)


@pytest.mark.parametrize(
    ("pairs", "value"),
    [
        ({("a", "a"): 5, ("b", "b"): 5}, 1.0),
        ({("a", "b"): 5, ("b", "a"): 5}, -1.0),
        ({("a", "a"): 1, ("a", "b"): 1, ("b", "a"): 1, ("b", "b"): 1}, 0.0),
        ({("a", "a"): 7}, None),
        ({}, None),
    ],
)
def test_kappa_at_its_ends(pairs: dict[tuple[str, str], int], value: float | None) -> None:
    found = kappa(pairs)
    assert (found.value if found else None) == (None if value is None else pytest.approx(value))


@pytest.fixture
def judged(brand: Brand, batch: Batch, reviewer: User, owner: User) -> User:
    """Ten lines by two, seven alike; one by a third person, and one that only one has judged."""
    four_eyes(brand)
    second = member(brand, Role.REVIEWER, "second")
    for index in range(12):
        screened_variant(batch=batch, index=index)
    for number in range(10):
        # Who sees a line first changes: a pair is one pair.
        first, then = (reviewer, second) if number % 2 else (second, reviewer)
        decide(first, Action.APPROVE)
        if number < 5:
            decide(then, Action.APPROVE)
        else:
            reject(then)
    reject(reviewer)
    reject(owner)
    decide(reviewer, Action.APPROVE)
    return second


def test_agreement_by_brand_and_by_pair(judged: User, owner: User) -> None:
    [told] = client_of(owner).get(AGREEMENT, {"brand": "nordlys"}).json()
    assert (told["brand"], told["total"]["lines"], told["total"]["same"]) == ("nordlys", 11, 6)
    pairs = {frozenset(pair["reviewers"]): pair for pair in told["pairs"]}
    both = pairs[frozenset({"reviewer", "second"})]
    assert (both["lines"], both["same"]) == (10, 5)
    # Alike 0.5. Of the five lines unlike, `reviewer` rejected two and `second` three: chance is
    # 0.8 * 0.7 + 0.2 * 0.3 = 0.62, so (0.5 - 0.62) / 0.38 = -0.316.
    assert both["kappa"] == pytest.approx(-0.3158, abs=1e-4)
    assert both["kappa_low"] < both["kappa"] < both["kappa_high"]
    assert pairs[frozenset({"reviewer", "owner"})]["kappa"] is None


def test_each_number_leads_to_the_lines_behind_it(judged: User, owner: User) -> None:
    page = Client()
    page.force_login(owner)
    context = page.get(PAGE).context
    [group] = context["groups"]
    linked = [(row.lines, row.url) for row in group["rows"]]
    linked += [cell for _, cells in group["cells"] for cell in cells]
    assert sum(count for count, _ in linked) == 3 * 11
    for count, url in linked:
        assert len(page.get(f"{PAGE}?{url}").context["looks"]) == count, url


def test_a_line_that_waits_for_its_second_judge_is_not_listed(judged: User, owner: User) -> None:
    page = Client()
    page.force_login(owner)
    assert len(page.get(PAGE).context["looks"]) == 11


@pytest.mark.parametrize(("who", "status"), [("reviewer", 403), ("marketer", 403), ("outsider", 404)])
def test_managers_alone_see_it(judged: User, request: pytest.FixtureRequest, who: str, status: int) -> None:
    user: User = request.getfixturevalue(who)
    page = Client()
    page.force_login(user)
    with unchanged():
        assert client_of(user).get(AGREEMENT, {"brand": "nordlys"}).status_code == status
        assert page.get(PAGE, {"brand": "nordlys"}).status_code == 404
    assert client_of(user).get(AGREEMENT).json() == []
    assert not page.get(PAGE).context["looks"]


def test_what_the_address_says_in_vain_narrows_nothing(judged: User, owner: User) -> None:
    page = Client()
    page.force_login(owner)
    vain = {"between": "1-x", "said": "skip'", "before": "²"}
    assert len(page.get(PAGE, vain).context["looks"]) == 11
