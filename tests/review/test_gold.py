"""Gold items: lines with a known answer, met among others, that tell how closely people look."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from adgen.errors import StateConflict
from adgen.models import Batch, Brand, Role, Variant, VariantState
from review.models import Action, Claim, Decision, GoldItem, GoldShowing
from review.selectors.dashboard import standing
from review.selectors.filters import QueueFilter
from review.selectors.training import examples_of
from review.services.claims import claims_release
from review.services.gold import gold_mark, gold_remove
from tests.factories import member, screened_variant
from tests.review.acts import claim, decide, feed, four_eyes, reject, unchanged, undo_last
from tests.review.test_api import CLAIM, DECISIONS, client_of

GOLD = "/api/v1/review/gold/"
ATTENTION = "/api/v1/review/attention/"
PAGE = "/admin/review/attention/"


class Always:
    """Dice that make it each line's turn to be gold."""

    def uniform(self, low: float, high: float) -> float:
        return low


@pytest.fixture
def always(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("review.selectors.gold._dice", Always())


@pytest.fixture
def good(owner: User, batch: Batch) -> GoldItem:
    return gold_of(owner, batch, VariantState.APPROVED)


@pytest.fixture
def bad(owner: User, batch: Batch) -> GoldItem:
    return gold_of(owner, batch, VariantState.REJECTED)


def gold_of(owner: User, batch: Batch, state: VariantState, **fields: Any) -> GoldItem:
    return gold_mark(manager=owner, variant=screened_variant(batch=batch, state=state, **fields))


def answer(user: User, **judged: Any) -> dict[str, Any]:
    """Claim what comes next by API and decide about it."""
    api = client_of(user)
    taken = api.post(CLAIM, {}, format="json").json()
    body = {"variant": taken["variant"]["id"], "token": taken["token"], **judged}
    made = api.post(DECISIONS, body, format="json")
    assert made.status_code == 201, made.json()
    return dict(made.json())


# Hidden


def test_a_gold_item_comes_as_any_other_line_does(
    always: None, reviewer: User, variants: list[Variant], good: GoldItem
) -> None:
    api = client_of(reviewer)
    gold = api.post(CLAIM, {}, format="json").json()
    assert gold["variant"]["id"] == good.variant_id
    GoldItem.objects.update(active=False)
    claims_release(reviewer=reviewer)
    plain = api.post(CLAIM, {}, format="json").json()
    assert plain["variant"]["id"] == variants[0].pk
    assert gold.keys() == plain.keys()
    assert gold["variant"].keys() == plain["variant"].keys()
    for field in ("state", "verdict", "adapter", "edited_from", "batch"):
        assert gold["variant"][field] == plain["variant"][field], field
    assert gold["why"] == plain["why"]


def test_the_page_does_not_tell(
    always: None, reviewer: User, variants: list[Variant], good: GoldItem
) -> None:
    page = Client()
    page.force_login(reviewer)
    content = page.get("/admin/review/room/").content.decode()
    assert good.variant.text in content
    shown = content[content.index("<main") :] if "<main" in content else content
    assert "gold" not in shown.lower()
    assert page.get("/admin/review/room/").context["card"].variant.state == VariantState.PENDING


def test_an_answer_looks_like_a_decision(
    always: None, reviewer: User, variants: list[Variant], good: GoldItem
) -> None:
    gold = answer(reviewer, action="approve")
    GoldItem.objects.update(active=False)
    plain = answer(reviewer, action="approve")
    assert (gold["variant"], plain["variant"]) == (good.variant_id, variants[0].pk)
    assert gold.keys() == plain.keys()
    assert plain["id"] == gold["id"] + 1
    own = ("id", "variant", "created_at")
    assert {k: v for k, v in gold.items() if k not in own} == {k: v for k, v in plain.items() if k not in own}


def test_others_do_not_see_the_answers(
    always: None, reviewer: User, bad: GoldItem, variants: list[Variant]
) -> None:
    answer(reviewer, action="reject", reason="dull")
    other = member(bad.brand, Role.REVIEWER)
    page = Client()
    page.force_login(other)
    assert bad.variant.text not in page.get("/admin/review/decision/").content.decode()


def test_an_empty_queue_shows_no_gold(always: None, reviewer: User, good: GoldItem) -> None:
    assert client_of(reviewer).post(CLAIM, {}, format="json").status_code == 204


def test_a_chosen_part_of_the_queue_has_gold_of_that_part_alone(
    always: None, reviewer: User, batch: Batch, good: GoldItem
) -> None:
    marked = screened_variant(batch=batch, index=0, verdict="flag")
    assert claim(reviewer, QueueFilter(verdict="flag")).variant == marked
    claims_release(reviewer=reviewer)
    assert claim(reviewer).variant == good.variant


# Without any effect


@pytest.mark.parametrize(
    "judged",
    [
        {"action": "approve"},
        {"action": "edit", "text": "My wording"},
        {"action": "reject", "reason": "dull"},
        {"action": "skip"},
    ],
)
@pytest.mark.parametrize("careful", [False, True])
def test_an_answer_changes_nothing(
    always: None,
    brand: Brand,
    reviewer: User,
    variants: list[Variant],
    good: GoldItem,
    judged: dict[str, Any],
    careful: bool,
) -> None:
    if careful:
        four_eyes(brand)
    lines, learnt = list(Variant.objects.order_by("pk").values()), len(examples_of(brand))
    assert answer(reviewer, **judged)["variant"] == good.variant_id
    assert list(Variant.objects.order_by("pk").values()) == lines
    assert (feed(brand), len(examples_of(brand))) == ([], learnt)
    assert not standing(Decision.objects.all()).exists()
    assert claim(reviewer).variant == variants[0]


def test_an_answer_is_taken_back_like_a_decision(
    always: None, reviewer: User, variants: list[Variant], bad: GoldItem
) -> None:
    answer(reviewer, action="approve")
    assert GoldShowing.objects.get().right is False
    undo_last(reviewer)
    assert claim(reviewer).variant == bad.variant
    answer(reviewer, action="reject", reason="dull")
    assert GoldShowing.objects.get().right is True


def test_a_gold_line_that_is_back_in_the_queue_is_decided_as_any_other(
    reviewer: User, owner: User, variants: list[Variant], brand: Brand, always: None
) -> None:
    decide(reviewer, Action.APPROVE)
    item = gold_mark(manager=owner, variant=Variant.objects.get(pk=variants[0].pk))
    undo_last(reviewer)
    claims_release(reviewer=reviewer)
    assert claim(member(brand, Role.REVIEWER)).variant == item.variant
    answered = GoldShowing.objects.filter(decision__isnull=False)
    assert not answered.exists()


# Whose turn


def test_nobody_meets_an_item_again_before_its_rest_is_over(
    always: None, reviewer: User, variants: list[Variant], good: GoldItem
) -> None:
    assert answer(reviewer, action="approve")["variant"] == good.variant_id
    assert answer(reviewer, action="approve")["variant"] == variants[0].pk
    GoldShowing.objects.update(shown_at=timezone.now() - timedelta(days=31))
    assert answer(reviewer, action="approve")["variant"] == good.variant_id


def test_who_has_decided_on_a_line_or_made_it_gold_knows_its_answer(
    always: None, reviewer: User, owner: User, variants: list[Variant]
) -> None:
    decided = decide(reviewer, Action.APPROVE).variant
    gold_mark(manager=owner, variant=decided)
    assert claim(reviewer).variant == variants[1]
    assert claim(owner).variant == variants[2]


def test_two_people_do_not_hold_one_item(
    always: None, reviewer: User, good: GoldItem, variants: list[Variant]
) -> None:
    assert claim(reviewer).variant == good.variant
    assert claim(member(good.brand, Role.REVIEWER)).variant == variants[0]
    assert Claim.objects.count() == 2


@pytest.mark.parametrize("percent", [0, 3, 20])
def test_the_share_of_gold_is_what_the_brand_asks_for(
    brand: Brand,
    reviewer: User,
    good: GoldItem,
    variants: list[Variant],
    monkeypatch: pytest.MonkeyPatch,
    percent: int,
) -> None:
    """Of draws spread evenly over 0 to 100, exactly `percent` of a hundred are gold."""
    Brand.objects.update(gold_percent=percent)
    GoldShowing.objects.all().delete()
    draws = iter(number + 0.5 for number in range(100))

    class Even:
        def uniform(self, low: float, high: float) -> float:
            return next(draws)

    monkeypatch.setattr("review.selectors.gold._dice", Even())
    gold = 0
    for _ in range(25):
        gold += claim(reviewer).variant == good.variant
        claims_release(reviewer=reviewer)
        GoldShowing.objects.all().delete()
    assert gold == min(percent, 25)


# For managers


def test_managers_make_items_by_api_and_take_them_out(
    owner: User, reviewer: User, variants: list[Variant]
) -> None:
    variant = reject(reviewer).variant
    api = client_of(owner)
    made = api.post(GOLD, {"variant": variant.pk}, format="json")
    assert (made.status_code, made.json()["answer"]) == (201, "reject")
    with unchanged():
        assert api.post(GOLD, {"variant": variant.pk}, format="json").status_code == 409
        refused = api.post(GOLD, {"variant": variants[1].pk}, format="json")
        assert (refused.status_code, "approved or rejected" in refused.json()["detail"]) == (409, True)
    pk = made.json()["id"]
    assert [row["id"] for row in api.get(GOLD).json()["results"]] == [pk]
    assert api.delete(f"{GOLD}{pk}/").status_code == 204
    assert api.get(GOLD).json()["results"] == []
    assert api.post(GOLD, {"variant": variant.pk}, format="json").status_code == 201


@pytest.mark.parametrize(("who", "status"), [("reviewer", 403), ("marketer", 403), ("outsider", 404)])
def test_nobody_else_learns_which_lines_are_gold(
    request: pytest.FixtureRequest, good: GoldItem, who: str, status: int
) -> None:
    user: User = request.getfixturevalue(who)
    api, page = client_of(user), Client()
    page.force_login(user)
    with unchanged():
        assert api.post(GOLD, {"variant": good.variant_id}, format="json").status_code == status
        assert api.delete(f"{GOLD}{good.pk}/").status_code == status
        assert page.post(f"{PAGE}{good.pk}/").status_code == status
        assert page.post(f"{PAGE}mark/", {"variant": good.variant_id}).status_code == status
    assert api.get(GOLD).json()["results"] == []
    assert api.get(ATTENTION, {"brand": "nordlys"}).status_code == status
    assert page.get(PAGE, {"brand": "nordlys"}).status_code == 404


def test_answers_are_counted_by_person_and_week_with_wilsons_interval(
    always: None, brand: Brand, owner: User, reviewer: User, batch: Batch
) -> None:
    screened_variant(batch=batch, index=100)
    for number in range(4):
        gold_of(owner, batch, VariantState.REJECTED if number % 2 else VariantState.APPROVED, index=number)
    for _ in range(4):
        answer(reviewer, action="approve")
    told = client_of(owner).get(ATTENTION, {"brand": "nordlys"}).json()
    [person] = told["reviewers"]
    assert (person["reviewer"], person["answered"], person["right"]) == ("reviewer", 4, 2)
    assert (person["let_through"], person["refused"]) == (2, 0)
    # 2 of 4: centre 0.5, half 1.96 / (4 + 1.96²) * sqrt(4 * 0.25 + 1.96² / 4) = 0.35
    assert [person["low"], person["high"]] == pytest.approx([0.15, 0.85], abs=2e-3)
    assert [week["answered"] for week in told["weeks"]] == [0] * 11 + [4]
    assert told["items"] == 4
    page = Client()
    page.force_login(owner)
    content = page.get(PAGE).content.decode()
    assert "15–85%" in content


def test_the_page_says_how_many_items_are_needed(owner: User, reviewer: User, batch: Batch) -> None:
    """At 20% and 12 lines by the busiest person: 2.4, so 3."""
    Brand.objects.update(gold_percent=20)
    for index in range(12):
        screened_variant(batch=batch, index=index)
        reject(reviewer)
    page = Client()
    page.force_login(owner)
    assert "0 gold items, 3 needed" in page.get(PAGE).content.decode()
    line = Variant.objects.filter(state=VariantState.REJECTED).latest("id")
    page.post(f"{PAGE}mark/", {"variant": line.pk})
    content = page.get(PAGE).content.decode()
    assert "1 gold item, 3 needed" in content
    page.post(f"{PAGE}{GoldItem.objects.get().pk}/")
    assert not GoldItem.objects.get().active
    with pytest.raises(StateConflict):
        gold_remove(manager=owner, item=GoldItem.objects.get())
