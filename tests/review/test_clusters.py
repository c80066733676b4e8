"""Near-duplicates: shown once, held together, decided together by a person's choice, taken back together."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from rest_framework.test import APIClient

from adgen.models import AuditEvent, Batch, Brand, Cluster, ClusterLine, Role, Variant, VariantState
from adgen.services.brands import membership_add
from review.models import Claim, Decision
from review.selectors.clusters import parts_of
from review.services.claims import MOST_BESIDE, claim_next, claims_renew
from tests.factories import finding, screened_variant
from tests.review.acts import claim, expire, feed, state, unchanged
from tests.work import at_once

CLAIM = "/api/v1/review/claim/"
DECISIONS = "/api/v1/review/decisions/"
UNDO = "/api/v1/review/undo/"
TEXTS = ("Skip any month", "Skip any month?", "Just skip any month", "Go on, skip any month")

pytestmark = pytest.mark.django_db


def cluster(*lines: Variant) -> None:
    """Put lines into one cluster, as a worker does."""
    row = Cluster.objects.create(brand=lines[0].brand, slot=lines[0].slot, text=lines[0].text, vector=b"")
    ClusterLine.objects.bulk_create(ClusterLine(variant=line, cluster=row) for line in lines)


@pytest.fixture
def lines(batch: Batch) -> list[Variant]:
    """Four near-duplicates; the last is marked by the screen. Another line comes after them."""
    made = [screened_variant(batch=batch, index=index, text=text) for index, text in enumerate(TEXTS[:3])]
    made.append(screened_variant(batch=batch, index=3, text=TEXTS[3], verdict="flag", findings=[finding()]))
    Variant.objects.filter(pk=made[3].pk).update(turn=9)
    Variant.objects.filter(pk=made[0].pk).update(due="2030-01-01")
    cluster(*made)
    return made


@pytest.fixture
def other(batch: Batch) -> Variant:
    return screened_variant(batch=batch, index=7, text="Roasted on Mondays")


@pytest.fixture
def api(reviewer: User) -> APIClient:
    client = APIClient()
    client.force_login(reviewer)
    return client


def taken(api: APIClient, **body: Any) -> dict[str, Any]:
    answer = api.post(CLAIM, body, format="json")
    assert answer.status_code == 200
    shown: dict[str, Any] = answer.json()
    return shown


def decide(api: APIClient, held: dict[str, Any], *also: Variant, action: str = "approve", **more: Any) -> Any:
    body = {"variant": held["variant"]["id"], "token": held["token"], "action": action, **more}
    return api.post(DECISIONS, {**body, "also": [line.pk for line in also]}, format="json")


def test_a_claim_names_the_lines_like_it_and_what_is_different_about_them(
    api: APIClient, lines: list[Variant]
) -> None:
    held = taken(api)
    assert held["variant"]["id"] == lines[0].pk
    assert [kin["text"] for kin in held["cluster"]] == list(TEXTS[1:])
    assert [kin["held"] for kin in held["cluster"]] == [True, True, True]
    assert [kin["differs"] for kin in held["cluster"]] == ["", "", "the screen marks claim here"]
    assert held["cluster"][2]["findings"][0]["message"]


def test_a_line_like_no_other_has_no_cluster(api: APIClient, other: Variant) -> None:
    assert taken(api)["cluster"] == []


def test_a_cluster_comes_once_to_the_same_person_and_to_others(
    api: APIClient, owner: User, lines: list[Variant], other: Variant
) -> None:
    head = taken(api)["variant"]["id"]
    assert taken(api)["variant"]["id"] == head
    assert taken(api, besides=[head])["variant"]["id"] == other.pk
    assert claim_next(reviewer=owner) is None


def test_one_decision_is_spread_to_the_lines_that_were_chosen_and_to_no_other(
    api: APIClient, lines: list[Variant], brand: Brand
) -> None:
    answer = decide(api, taken(api), lines[1], lines[2], duration_ms=900)
    assert answer.status_code == 201
    assert [(row["variant"], row["outcome"]) for row in answer.json()["also"]] == [
        (lines[1].pk, "done"),
        (lines[2].pk, "done"),
    ]
    assert [text for *_, text in feed(brand)] == list(TEXTS[:3])
    assert state(lines[3]) == VariantState.PENDING
    lead = Decision.objects.get(variant=lines[0])
    assert list(Decision.objects.filter(lead=lead).values_list("variant", "duration_ms")) == [
        (lines[1].pk, None),
        (lines[2].pk, None),
    ]
    told = AuditEvent.objects.filter(action="decision").order_by("sequence")
    assert [event.details.get("together_with") for event in told] == [None, lead.pk, lead.pk]
    assert not Claim.objects.exists()


def test_a_rejection_and_its_reason_are_spread(api: APIClient, lines: list[Variant]) -> None:
    decide(api, taken(api), *lines[1:], action="reject", reason="dull")
    assert list(Decision.objects.values_list("action", "reason")) == [("reject", "dull")] * 4


def test_one_undo_takes_all_of_them_back_and_the_group_is_in_hand_again(
    api: APIClient, lines: list[Variant], brand: Brand
) -> None:
    earlier = decide(api, taken(api)).json()["variant"]
    held = taken(api)
    head, others = held["variant"]["id"], [kin["variant"] for kin in held["cluster"]]
    decide(api, held, *Variant.objects.filter(pk__in=others))
    body = api.post(UNDO, {}, format="json").json()
    assert (body["variant"], sorted(body["also"]), body["left"]) == (head, sorted(others), 0)
    assert {state(line) for line in lines[1:]} == {VariantState.PENDING}
    assert [kind for _, kind, _ in feed(brand)].count("retracted") == 3
    again = taken(api)
    assert (again["variant"]["id"], [kin["held"] for kin in again["cluster"]]) == (head, [True, True])
    assert api.post(UNDO, {}, format="json").json()["variant"] == earlier


def test_a_line_in_other_hands_is_left_out_and_said_so(
    api: APIClient, owner: User, lines: list[Variant]
) -> None:
    theirs = claim(owner)
    Claim.objects.exclude(pk=theirs.pk).delete()
    held = taken(api)
    assert [kin["held"] for kin in held["cluster"] if kin["variant"] == theirs.pk] == [False]
    mine = [line for line in lines if line.pk not in (theirs.pk, held["variant"]["id"])]
    answer = decide(api, held, *lines[:1], *mine).json()
    assert {row["variant"]: row["outcome"] for row in answer["also"]} == {
        theirs.pk: "held",
        **{line.pk: "done" for line in mine},
    }
    assert state(lines[0]) == VariantState.PENDING


def test_only_lines_that_were_shown_can_be_decided_with_it(
    api: APIClient, lines: list[Variant], other: Variant
) -> None:
    answer = decide(api, taken(api), other)
    assert [row["outcome"] for row in answer.json()["also"]] == ["held"]
    assert (state(lines[0]), state(other)) == (VariantState.APPROVED, VariantState.PENDING)


def test_a_line_that_the_screen_has_blocked_since_is_left_out(api: APIClient, lines: list[Variant]) -> None:
    held = taken(api)
    Variant.objects.filter(pk=lines[1].pk).update(state=VariantState.BLOCKED)
    rows = decide(api, held, lines[1], lines[2], action="reject", reason="dull").json()["also"]
    assert [row["outcome"] for row in rows] == ["blocked", "done"]
    assert state(lines[1]) == VariantState.BLOCKED


def test_a_decision_on_the_line_alone_frees_the_others(
    api: APIClient, owner: User, lines: list[Variant]
) -> None:
    decide(api, taken(api))
    assert not Claim.objects.exists()
    assert len(taken(api)["cluster"]) == 2


def test_heartbeats_keep_the_others_and_end_with_the_line(
    api: APIClient, reviewer: User, owner: User, lines: list[Variant]
) -> None:
    token = Claim.objects.get(variant=taken(api)["variant"]["id"]).token
    first = Claim.objects.get(variant=lines[1]).expires_at
    claims_renew(reviewer=reviewer, tokens=[token])
    assert Claim.objects.get(variant=lines[1]).expires_at > first
    for held in Claim.objects.all():
        expire(held)
    claim(owner)
    assert claims_renew(reviewer=reviewer, tokens=[token])[1] == {token}
    assert set(Claim.objects.values_list("reviewer", flat=True)) == {owner.pk}


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"action": "edit", "text": "Mine"}, "also"),
        ({"action": "reject"}, "reason"),
        ({"action": "approve", "also": ["x"]}, "also"),
        ({"action": "approve", "also": list(range(1, MOST_BESIDE + 2))}, "also"),
    ],
)
def test_what_makes_no_sense_is_refused_and_changes_nothing(
    api: APIClient, lines: list[Variant], change: dict[str, Any], field: str
) -> None:
    held = taken(api)
    with unchanged():
        body = {"variant": lines[0].pk, "token": held["token"], "also": [lines[1].pk], **change}
        answer = api.post(DECISIONS, body, format="json")
    assert answer.status_code == 400
    assert any(name.startswith(field) for name in answer.json()["errors"])


def test_a_lost_claim_decides_none_of_them(api: APIClient, lines: list[Variant]) -> None:
    held = taken(api)
    expire(Claim.objects.get(variant=lines[0]))
    with unchanged():
        assert decide(api, held, lines[1]).status_code == 409


def test_outsiders_and_marketers_spread_nothing(
    api: APIClient, outsider: User, marketer: User, lines: list[Variant]
) -> None:
    held = taken(api)
    for person, status in ((outsider, 404), (marketer, 403)):
        theirs = APIClient()
        theirs.force_login(person)
        with unchanged():
            assert decide(theirs, held, lines[1]).status_code == status


def test_under_four_eyes_each_line_has_its_two_opinions(
    api: APIClient, brand: Brand, owner: User, lines: list[Variant]
) -> None:
    Brand.objects.filter(pk=brand.pk).update(four_eyes="all")
    rows = decide(api, taken(api), *lines[1:]).json()["also"]
    assert [row["outcome"] for row in rows] == ["second"] * 3
    second = APIClient()
    second.force_login(owner)
    held = taken(second)
    others = [line for line in lines if line.pk != held["variant"]["id"]]
    assert [row["outcome"] for row in decide(second, held, *others).json()["also"]] == ["done"] * 3
    assert {state(line) for line in lines} == {VariantState.APPROVED}


@pytest.mark.django_db(transaction=True)
def test_a_cluster_taken_by_many_at_once_has_each_line_in_one_hand(brand: Brand, batch: Batch) -> None:
    made = [screened_variant(batch=batch, index=index, text=f"Skip any month {index}") for index in range(12)]
    cluster(*made)
    people = [User.objects.create(username=f"person{number}") for number in range(4)]
    for person in people:
        membership_add(user=person, brand=brand, role=Role.REVIEWER)

    def take(number: int) -> tuple[int, list[int]] | None:
        held = claim_next(reviewer=people[number])
        if held is None:
            return None
        beside = Claim.objects.filter(reviewer=people[number], beside=held.variant_id)
        return held.variant_id, list(beside.values_list("variant", flat=True))

    hands = [hand for hand in at_once(len(people), take) if hand]
    everything = [line for head, beside in hands for line in (head, *beside)]
    assert len(everything) == len(set(everything)) <= Claim.objects.count() == 12


@pytest.mark.parametrize(
    ("text", "other", "marked"),
    [
        ("Just skip any month", "Skip any month", ["Just skip "]),
        ("Skip any month", "Skip any month", []),
        ("Skip any week", "Skip any month", ["week"]),
    ],
)
def test_parts_show_what_the_other_text_has_not(text: str, other: str, marked: list[str]) -> None:
    parts = parts_of(text, other)
    assert "".join(part.text for part in parts) == text
    assert [part.text for part in parts if part.is_other] == marked
