"""Blind comparisons: two lines side by side, nobody knows who wrote which, and what the choices say."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from adgen.models import Adapter, Batch, Brand, Brief, Role, Variant, VariantState
from review.models import Action, Choice, Comparison, Trial
from review.selectors.comparisons import Outcome
from review.services.comparisons import comparison_choose, comparison_next, trial_open
from tests.factories import AdapterFactory, BatchFactory, BriefFactory, member, old, screened_variant
from tests.review.acts import decide, edit, publish_edit, screen, unchanged
from tests.review.test_api import client_of

TRIALS = "/api/v1/review/trials/"
PAIRS = "/api/v1/review/comparisons/"
PAGE = "/admin/review/compare/"
CHALLENGERS = ("Beans that bite back", "Monday tastes better", "Skip it, keep it")
RIVALS = ("Good coffee for you", "Roasted with love", "Order coffee today")


@pytest.fixture
def challenger(brand: Brand) -> Adapter:
    return AdapterFactory.create(brand=brand, digest="c" * 64)


@pytest.fixture
def rival(brand: Brand) -> Adapter:
    return AdapterFactory.create(brand=brand, digest="d" * 64, status="champion")


@pytest.fixture
def trial(owner: User, brief: Brief, challenger: Adapter, rival: Adapter) -> Trial:
    """Three lines each, of one brief and slot."""
    for writer, texts in ((challenger, CHALLENGERS), (rival, RIVALS)):
        batch = BatchFactory.create(brief=brief, adapter=writer, requested=3)
        for index, text in enumerate(texts):
            screened_variant(batch=batch, index=index, text=text, adapter=writer)
    return trial_open(manager=owner, challenger=challenger, rival=rival)


def next_pair(user: User) -> Any:
    return client_of(user).post(PAIRS, {"brand": "nordlys"}, format="json")


def choose(user: User, pair: dict[str, Any], choice: str) -> Any:
    return client_of(user).post(f"{PAIRS}{pair['id']}/choose/", {"choice": choice}, format="json")


def prefer(user: User, texts: tuple[str, ...], times: int) -> None:
    """Choose the side with one of `texts`, again and again."""
    for _ in range(times):
        pair = next_pair(user).json()
        assert choose(user, pair, "left" if pair["left"] in texts else "right").status_code == 201


# Blind


def test_a_pair_is_one_line_of_each_for_the_same_brief(trial: Trial, reviewer: User) -> None:
    pair = next_pair(reviewer).json()
    assert {pair["left"], pair["right"]} == {CHALLENGERS[0], RIVALS[0]}
    assert (pair["slot"], pair["product"]) == ("google_rsa.headline", "espresso subscription")


def test_neither_api_nor_page_says_who_wrote_which(trial: Trial, reviewer: User) -> None:
    page = Client()
    page.force_login(reviewer)
    answers = [next_pair(reviewer), page.get(PAGE)]
    pair = answers[0].json()
    answers.append(choose(reviewer, pair, "left"))
    for answer in answers:
        content = answer.content.decode()
        for tell in ("cccccccc", "dddddddd", "adapter", "challenger", "champion", "rival"):
            shown = content[content.index('class="page pick"') :] if "<html" in content else content
            assert tell not in shown.split("</main>")[0].lower(), tell
    assert "variant" not in pair


def test_sides_are_drawn_and_stay(trial: Trial, reviewer: User, brand: Brand) -> None:
    pairs = 24
    for writer in (trial.challenger, trial.rival):
        batch = Batch.objects.get(adapter=writer)
        for index in range(3, pairs):
            screened_variant(batch=batch, index=index, adapter=writer)
    for _ in range(pairs):
        first = comparison_next(reviewer=reviewer, brand=brand)
        again = comparison_next(reviewer=reviewer, brand=brand)
        assert first
        assert again
        assert (first.pk, first.challenger_left) == (again.pk, again.challenger_left)
        comparison_choose(reviewer=reviewer, comparison=first, choice=Choice.EQUAL)
    sides = Counter(Comparison.objects.values_list("challenger_left", flat=True))
    # One or none of 24 on a side happens three times in a million.
    assert min(sides[True], sides[False]) >= 2


def test_a_line_that_a_person_has_decided_on_is_left_to_others(
    trial: Trial, reviewer: User, brand: Brand
) -> None:
    decided = decide(reviewer, Action.APPROVE).variant
    pair = next_pair(reviewer).json()
    assert decided.text not in (pair["left"], pair["right"])
    other = next_pair(member(brand, Role.REVIEWER)).json()
    assert decided.text in (other["left"], other["right"])


def test_rejected_lines_take_part_and_blocked_ones_do_not(trial: Trial, reviewer: User) -> None:
    Variant.objects.filter(text=CHALLENGERS[0]).update(state=VariantState.BLOCKED)
    Variant.objects.filter(text=CHALLENGERS[1]).update(state=VariantState.REJECTED)
    pair = next_pair(reviewer).json()
    assert CHALLENGERS[1] in (pair["left"], pair["right"])


# Choosing


def test_each_line_meets_one_other_and_then_nothing_is_left(trial: Trial, reviewer: User) -> None:
    prefer(reviewer, CHALLENGERS, 3)
    assert next_pair(reviewer).status_code == 204
    assert Comparison.objects.values("challenger_line").distinct().count() == 3


def test_two_people_get_two_pairs_and_a_pair_let_lie_comes_back(
    trial: Trial, reviewer: User, owner: User
) -> None:
    mine, theirs = next_pair(reviewer).json(), next_pair(owner).json()
    assert mine["id"] != theirs["id"]
    Comparison.objects.filter(pk=mine["id"]).update(shown_at=old(3600))
    choose(owner, theirs, "equal")
    assert next_pair(owner).json()["id"] == mine["id"]
    with unchanged():
        assert choose(reviewer, mine, "left").status_code == 409


def test_a_choice_is_made_once_and_changes_no_line(trial: Trial, reviewer: User) -> None:
    pair = next_pair(reviewer).json()
    before = list(Variant.objects.order_by("pk").values())
    assert choose(reviewer, pair, "neither").status_code == 201
    with unchanged():
        assert choose(reviewer, pair, "left").status_code == 409
        assert choose(reviewer, pair, "best").status_code == 400
    assert list(Variant.objects.order_by("pk").values()) == before


def test_the_page_chooses_and_shows_the_next(trial: Trial, reviewer: User) -> None:
    page = Client()
    page.force_login(reviewer)
    pair = page.get(PAGE).context["pair"]
    after = page.post(f"{PAGE}{pair.pk}/", {"choice": "right"}, follow=True)
    pair.refresh_from_db()
    assert pair.choice == "right"
    assert after.context["pair"].pk != pair.pk
    assert after.context["done"] == 1


@pytest.mark.parametrize(("who", "status"), [("marketer", 403), ("outsider", 404)])
def test_nobody_else_chooses(
    trial: Trial, reviewer: User, request: pytest.FixtureRequest, who: str, status: int
) -> None:
    pair = next_pair(reviewer).json()
    user: User = request.getfixturevalue(who)
    page = Client()
    page.force_login(user)
    with unchanged():
        assert next_pair(user).status_code == status
        assert choose(user, pair, "left").status_code == status
        assert page.post(f"{PAGE}{pair['id']}/", {"choice": "left"}).status_code == status


# Trials


def test_a_trial_asks_both_for_lines_of_a_brief(owner: User, brief: Brief, challenger: Adapter) -> None:
    body = {"challenger": challenger.pk, "rival": None, "brief": brief.pk}
    made = client_of(owner).post(TRIALS, body, format="json")
    assert made.status_code == 201
    assert set(Batch.objects.values_list("adapter", flat=True)) == {challenger.pk, None}


def test_one_trial_at_a_time_and_closing_ends_it(trial: Trial, owner: User, reviewer: User) -> None:
    api = client_of(owner)
    pair = next_pair(reviewer).json()
    with unchanged():
        again = api.post(TRIALS, {"challenger": trial.challenger_id, "rival": None}, format="json")
        assert (again.status_code, "Another trial" in again.json()["detail"]) == (409, True)
    assert api.post(f"{TRIALS}{trial.pk}/close/", format="json").status_code == 200
    assert (next_pair(reviewer).status_code, choose(reviewer, pair, "left").status_code) == (204, 404)


def test_what_belongs_to_another_brand_cannot_be_compared(
    owner: User, challenger: Adapter, other_brand: Brand
) -> None:
    theirs = AdapterFactory.create(brand=other_brand)
    brief = BriefFactory.create(brand=other_brand)
    api = client_of(owner)
    with unchanged():
        for body in (
            {"challenger": theirs.pk, "rival": None},
            {"challenger": challenger.pk, "rival": theirs.pk},
            {"challenger": challenger.pk, "rival": None, "brief": brief.pk},
        ):
            assert api.post(TRIALS, body, format="json").status_code == 404
        same = {"challenger": challenger.pk, "rival": challenger.pk}
        assert api.post(TRIALS, same, format="json").status_code == 400


def test_reviewers_do_not_see_how_a_trial_stands(trial: Trial, reviewer: User) -> None:
    api = client_of(reviewer)
    assert api.get(TRIALS).json()["results"] == []
    assert api.get(f"{TRIALS}{trial.pk}/").status_code == 403


def test_the_adapters_page_has_the_evidence_beside_the_promotion(
    trial: Trial, reviewer: User, owner: User
) -> None:
    prefer(reviewer, CHALLENGERS, 2)
    prefer(reviewer, RIVALS, 1)
    told = client_of(owner).get(f"{TRIALS}{trial.pk}/").json()["outcome"]
    assert (told["wins"], told["losses"], told["says"]) == (2, 1, "no difference is shown")
    page = Client()
    page.force_login(owner)
    address = f"/admin/adgen/adapter/{trial.challenger_id}/change/"
    content = " ".join(page.get(address).content.decode().split())
    for shown in ("2 of 3", "67%", "21–94%", "p = 1.000", "Make champion"):
        assert shown in content, shown
    page.post(f"/admin/review/trials/{trial.pk}/close/")
    page.post(f"/admin/review/trials/{trial.challenger_id}/open/", {"rival": "", "brief": ""})
    assert list(Trial.objects.values_list("rival", "is_open")) == [(None, True), (trial.rival_id, False)]


@pytest.mark.parametrize(
    ("wins", "losses", "p_value", "says"),
    [
        (0, 0, None, "no choice for either side yet"),
        (6, 0, 2 / 64, "the challenger is preferred"),
        (1, 9, 22 / 1024, "the rival is preferred"),
        (5, 5, 1.0, "no difference is shown"),
        (1200, 1100, 0.039, "the challenger is preferred"),
    ],
)
def test_the_sign_test_is_exact(wins: int, losses: int, p_value: float | None, says: str) -> None:
    found = Outcome(wins, losses, equal=3, neither=2)
    assert found.p_value == (None if p_value is None else pytest.approx(p_value, rel=0.02))
    assert (found.says, found.total) == (says, wins + losses + 5)


# Preference pairs


def test_choices_and_edits_are_taken_away_as_preference_pairs(
    trial: Trial, reviewer: User, owner: User
) -> None:
    prefer(reviewer, CHALLENGERS, 1)
    choose(reviewer, next_pair(reviewer).json(), "equal")
    edited = edit(owner, "A line of mine")
    screen(edited)
    publish_edit(edited)
    answer = client_of(owner).get("/api/v1/review/preferences/", {"brand": "nordlys"})
    assert answer["Content-Type"] == "application/x-ndjson"
    rows = [json.loads(line) for line in b"".join(answer.streaming_content).decode().splitlines()]  # type: ignore[attr-defined]
    assert edited.edited_from
    assert [(row["source"], row["chosen"], row["rejected"]) for row in rows] == [
        ("comparison", CHALLENGERS[0], RIVALS[0]),
        ("edit", "A line of mine", edited.edited_from.text),
    ]
    assert rows[0]["brief"]["product"] == "espresso subscription"
    assert client_of(reviewer).get("/api/v1/review/preferences/", {"brand": "nordlys"}).status_code == 403
