"""Four eyes: two people judge a line, neither knowing of the other; where they differ, a manager decides."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from rest_framework.test import APIClient

from adgen.errors import StateConflict
from adgen.models import AuditEvent, Batch, Brand, FourEyes, Role, Variant, VariantState
from review.models import Action, Decision, DecisionKind, LookState, MarkKind, SecondLook
from review.selectors.blind import decisions_for
from review.selectors.training import examples_of
from review.services.claims import claim_next, claims_release
from review.services.comments import comment_add
from review.services.figures import figures_count
from review.services.judgements import Judgement
from review.services.marks import mark_create
from review.services.second_look import dispute_settle
from tests.factories import ScreeningFactory, member, screened_variant
from tests.review.acts import (
    claim,
    disputed,
    feed,
    four_eyes,
    publish_edit,
    screen,
    state,
    unchanged,
    undo_last,
)
from tests.review.test_api import CLAIM, DECISIONS, UNDO, client_of

LIST = "/api/v1/review/disagreements/"


@pytest.fixture
def second(brand: Brand) -> User:
    return member(brand, Role.REVIEWER, "second")


@pytest.fixture
def careful(brand: Brand, variants: list[Variant]) -> Brand:
    """The brand, whose four lines two people judge."""
    four_eyes(brand)
    return brand


def act(user: User, **judged: Any) -> Any:
    """Claim the next line by API and decide about it; the answer's body."""
    api = client_of(user)
    taken = api.post(CLAIM, {}, format="json").json()
    body = {"variant": taken["variant"]["id"], "token": taken["token"], **judged}
    answer = api.post(DECISIONS, body, format="json")
    assert answer.status_code == 201, answer.json()
    return answer.json()


# What takes effect, and when


def test_an_approval_is_published_only_once_two_people_gave_it(
    careful: Brand, reviewer: User, second: User, variants: list[Variant]
) -> None:
    act(reviewer, action="approve")
    assert (feed(careful), state(variants[0])) == ([], VariantState.PENDING)
    assert examples_of(careful) == []
    act(second, action="approve")
    assert feed(careful) == [(1, "approved", variants[0].text)]
    assert state(variants[0]) == VariantState.APPROVED


def test_two_rejections_reject_whatever_their_reasons(
    careful: Brand, reviewer: User, second: User, variants: list[Variant]
) -> None:
    act(reviewer, action="reject", reason="dull")
    act(second, action="reject", reason="off_brand")
    assert state(variants[0]) == VariantState.REJECTED


def test_the_same_wording_twice_goes_to_the_screen_and_is_published(
    careful: Brand, reviewer: User, second: User, variants: list[Variant]
) -> None:
    first = act(reviewer, action="edit", text="Mondays  smell of beans")
    assert first["edited_variant"] is None
    assert not Variant.objects.filter(edited_from=variants[0]).exists()
    act(second, action="edit", text="Mondays smell of beans")
    [edited] = Variant.objects.filter(edited_from=variants[0])
    screen(edited)
    publish_edit(edited)
    assert feed(careful) == [(1, "approved", "Mondays smell of beans")]


@pytest.mark.parametrize(
    ("first", "then"),
    [
        ({"action": "approve"}, {"action": "reject", "reason": "dull"}),
        ({"action": "reject", "reason": "dull"}, {"action": "edit", "text": "Better"}),
        ({"action": "edit", "text": "Good"}, {"action": "edit", "text": "Better"}),
    ],
)
def test_what_two_people_say_differently_waits_for_a_manager(
    careful: Brand, reviewer: User, second: User, variants: list[Variant], first: Any, then: Any
) -> None:
    act(reviewer, **first)
    act(second, **then)
    assert state(variants[0]) == VariantState.DISPUTED
    assert (feed(careful), Variant.objects.filter(edited_from=variants[0]).count()) == ([], 0)
    claims_release(reviewer=reviewer)
    assert claim(reviewer).variant == variants[1]


def test_only_marked_lines_need_two_where_the_brand_says_so(
    brand: Brand, batch: Batch, reviewer: User, second: User
) -> None:
    four_eyes(brand, FourEyes.FLAGGED)
    marked = screened_variant(batch=batch, index=0, verdict="flag")
    plain = screened_variant(batch=batch, index=1)
    for _ in range(2):
        act(reviewer, action="approve")
    assert [state(marked), state(plain)] == [VariantState.PENDING, VariantState.APPROVED]
    act(second, action="approve")
    assert state(marked) == VariantState.APPROVED


def test_a_line_under_way_keeps_its_second_look_when_the_setting_is_taken_back(
    careful: Brand, reviewer: User, second: User, variants: list[Variant]
) -> None:
    act(reviewer, action="approve")
    four_eyes(careful, FourEyes.NO)
    act(reviewer, action="approve")
    assert [state(line) for line in variants[:2]] == [VariantState.PENDING, VariantState.APPROVED]
    act(second, action="approve")
    assert state(variants[0]) == VariantState.APPROVED


def test_nobody_gets_a_line_twice(careful: Brand, reviewer: User, variants: list[Variant]) -> None:
    for line in variants:
        assert act(reviewer, action="approve")["variant"] == line.pk
    assert client_of(reviewer).post(CLAIM, {}, format="json").status_code == 204
    assert SecondLook.objects.filter(state=LookState.OPEN).count() == len(variants)


def test_a_skip_is_no_opinion(careful: Brand, reviewer: User, second: User) -> None:
    act(reviewer, action="skip")
    assert not SecondLook.objects.exists()
    undo_last(reviewer)
    act(reviewer, action="approve")
    act(second, action="skip")
    assert SecondLook.objects.get().state == LookState.OPEN


def test_what_the_screen_stops_meanwhile_is_rejected_by_one_and_reworded_by_none(
    careful: Brand, reviewer: User, variants: list[Variant]
) -> None:
    taken = claim(reviewer)
    Variant.objects.filter(pk=taken.variant_id).update(state=VariantState.BLOCKED, flagged=True)
    body = {"variant": taken.variant_id, "token": str(taken.token)}
    api = client_of(reviewer)
    with unchanged():
        answer = api.post(DECISIONS, {**body, "action": "edit", "text": "Better"}, format="json")
        assert (answer.status_code, "The screen has stopped" in answer.json()["detail"]) == (409, True)
    assert (
        api.post(DECISIONS, {**body, "action": "reject", "reason": "toxic"}, format="json").status_code == 201
    )
    assert state(variants[0]) == VariantState.REJECTED


# The second person is blind


def test_nothing_that_the_second_person_is_sent_depends_on_the_first(
    careful: Brand, reviewer: User, second: User, variants: list[Variant]
) -> None:
    def sent() -> tuple[Any, Any, bytes]:
        """What API and page say of the next line, without what is new for each claim."""
        api = client_of(second)
        body = api.post(CLAIM, {}, format="json").json()
        page = Client()
        page.force_login(second)
        content = page.get("/admin/review/room/").content.replace(body["token"].encode(), b"")
        claims_release(reviewer=second)
        return body["variant"], body["why"], _without_nonces(content)

    before = sent()
    for judged in (
        {"action": "approve"},
        {"action": "edit", "text": "Secret wording"},
        {"action": "reject", "reason": "off_brand", "note": "Secret note"},
    ):
        opinion = act(reviewer, **judged)
        assert opinion["variant"] == variants[0].pk
        assert sent() == before
        undo_last(reviewer)
        claims_release(reviewer=reviewer)


def _without_nonces(content: bytes) -> bytes:
    return re.sub(rb'(csrfmiddlewaretoken" value=|X-CSRFToken)[^>]*|nonce-[^"]*', b"", content)


@pytest.mark.parametrize("reader", ["second", "owner"])
def test_lists_of_decisions_and_comments_keep_the_first_opinion_to_themselves(
    careful: Brand, reviewer: User, variants: list[Variant], request: pytest.FixtureRequest, reader: str
) -> None:
    """From managers as well, who may be the second person."""
    user: User = request.getfixturevalue(reader)
    comment_add(author=reviewer, variant=variants[0], note="Told-you-so")
    missed: dict[str, Any] = {"kind": MarkKind.MISSED, "rule": "other", "note": "Told-you-so"}
    mark_create(reviewer=reviewer, variant=variants[0], **missed)
    act(reviewer, action="reject", reason="other", note="Told-you-so")
    act(reviewer, action="approve")
    undo_last(reviewer)
    page = Client()
    page.force_login(user)
    lists = ("/admin/review/decision/", "/admin/review/comment/")
    for address in (*lists, "/api/v1/review/comments/", "/api/v1/review/marks/"):
        content = page.get(address).content.decode()
        assert "Told-you-so" not in content, address
        assert variants[1].text not in content, address
    events = list(
        AuditEvent.objects.filter(action="decision").order_by("id").values_list("details", flat=True)
    )
    assert all(set(event) == {"decision", "text", "opinion"} for event in events)


def test_once_both_have_judged_the_log_and_the_lists_tell_everything(
    careful: Brand, reviewer: User, second: User, owner: User
) -> None:
    disputed(careful, reviewer, second)
    told = AuditEvent.objects.latest("id").details
    assert told["first_opinion"]["by"] == "reviewer"
    assert (told["first_opinion"]["action"], told["action"]) == ("approve", "reject")
    page = Client()
    page.force_login(owner)
    assert page.get("/admin/review/decision/").context["cl"].result_list.count() == 2


# Taking back


def test_the_first_can_be_taken_back_until_the_second_is_given(
    careful: Brand, reviewer: User, second: User, variants: list[Variant]
) -> None:
    act(reviewer, action="approve")
    assert client_of(reviewer).post(UNDO, format="json").status_code == 201
    assert not SecondLook.objects.exists()
    assert claim(reviewer).variant == variants[0]
    act(reviewer, action="reject", reason="dull")
    act(second, action="approve")
    with unchanged():
        answer = client_of(reviewer).post(UNDO, format="json")
    assert answer.status_code == 409
    assert "a second person has judged it since" in answer.json()["detail"]


def test_what_an_opinion_said_that_was_taken_back_is_not_logged(
    careful: Brand, reviewer: User, second: User
) -> None:
    act(reviewer, action="reject", reason="other", note="not like us")
    undo_last(reviewer)
    assert AuditEvent.objects.latest("id").details.keys() == {"decision", "text"}


def test_the_first_opinion_stays_hidden_while_the_screen_blocks_the_line(
    careful: Brand, owner: User, reviewer: User, variants: list[Variant]
) -> None:
    act(reviewer, action="approve")
    Variant.objects.filter(pk=variants[0].pk).update(state=VariantState.BLOCKED)
    assert not decisions_for(owner, Decision.objects.all()).exists()
    assert decisions_for(reviewer, Decision.objects.all()).exists()


def test_the_first_is_taken_back_also_from_a_line_in_the_seconds_hand(
    careful: Brand, reviewer: User, second: User, variants: list[Variant]
) -> None:
    act(reviewer, action="approve")
    taken = claim(second)
    undo_last(reviewer)
    assert taken.variant == variants[0]
    act(second, action="approve")
    assert state(variants[0]) == VariantState.PENDING
    assert SecondLook.objects.get().first_reviewer == second


def test_an_agreement_taken_back_waits_for_its_second_again(
    careful: Brand, reviewer: User, second: User, variants: list[Variant]
) -> None:
    act(reviewer, action="approve")
    act(second, action="approve")
    undo_last(second)
    assert [kind for _, kind, _ in feed(careful)] == ["approved", "retracted"]
    assert SecondLook.objects.get().state == LookState.OPEN
    act(second, action="reject", reason="dull")
    assert state(variants[0]) == VariantState.DISPUTED
    undo_last(second)
    assert (state(variants[0]), claim(second).variant) == (VariantState.PENDING, variants[0])


def test_a_settlement_taken_back_is_before_the_managers_again(
    careful: Brand, reviewer: User, second: User, owner: User, variants: list[Variant]
) -> None:
    look = disputed(careful, reviewer, second)
    dispute_settle(manager=owner, look=look, given=Judgement(Action.APPROVE))
    for one in (reviewer, second):
        with unchanged(), pytest.raises(StateConflict, match="a manager has decided"):
            undo_last(one)
    undo_last(owner)
    assert state(variants[0]) == VariantState.DISPUTED
    assert [kind for _, kind, _ in feed(careful)] == ["approved", "retracted"]
    assert not owner.decisions.filter(variant=variants[0], undone_by=None, action="approve").exists()


# The managers' list


def test_a_manager_sees_both_opinions_and_decides(
    careful: Brand, reviewer: User, second: User, owner: User, variants: list[Variant]
) -> None:
    act(reviewer, action="edit", text="My own words", note="shorter")
    act(second, action="reject", reason="dull", note="yawn")
    api = client_of(owner)
    [row] = api.get(LIST).json()["results"]
    assert (row["text"], row["first"]["reviewer"], row["first"]["text"], row["first"]["note"]) == (
        variants[0].text,
        "reviewer",
        "My own words",
        "shorter",
    )
    assert (row["second"]["reviewer"], row["second"]["reason"], row["second"]["note"]) == (
        "second",
        "dull",
        "yawn",
    )
    answer = api.post(f"{LIST}{row['id']}/decide/", {"action": "approve"}, format="json")
    assert answer.status_code == 201
    assert feed(careful) == [(1, "approved", variants[0].text)]
    assert api.get(LIST).json()["results"] == []
    with unchanged():
        again = api.post(f"{LIST}{row['id']}/decide/", {"action": "reject", "reason": "dull"}, format="json")
        assert again.status_code == 409


@pytest.mark.parametrize(("who", "status"), [("reviewer", 403), ("marketer", 403), ("outsider", 404)])
def test_nobody_else_settles(
    careful: Brand, reviewer: User, second: User, request: pytest.FixtureRequest, who: str, status: int
) -> None:
    look = disputed(careful, reviewer, second)
    api = client_of(request.getfixturevalue(who))
    with unchanged():
        answer = api.post(f"{LIST}{look.pk}/decide/", {"action": "approve"}, format="json")
    assert answer.status_code == status
    assert api.get(LIST).json()["results"] == []


def test_a_line_that_only_one_has_judged_is_in_no_list(careful: Brand, reviewer: User, owner: User) -> None:
    act(reviewer, action="approve")
    look = SecondLook.objects.get()
    api = client_of(owner)
    assert api.get(LIST).json()["results"] == []
    assert api.get(f"{LIST}{look.pk}/").status_code == 404
    with unchanged():
        assert api.post(f"{LIST}{look.pk}/decide/", {"action": "approve"}, format="json").status_code == 404


def test_what_the_screen_blocks_by_now_is_not_approved(
    careful: Brand, reviewer: User, second: User, owner: User, variants: list[Variant]
) -> None:
    look = disputed(careful, reviewer, second)
    ScreeningFactory.create(variant=variants[0], verdict="block", version__digest="screen-2")
    with unchanged(), pytest.raises(StateConflict, match="The screen blocks this line"):
        dispute_settle(manager=owner, look=look, given=Judgement(Action.APPROVE))
    dispute_settle(manager=owner, look=look, given=Judgement(Action.REJECT, reason="toxic"))
    assert state(variants[0]) == VariantState.REJECTED


# Figures and settings


def test_a_line_counts_once_in_the_figures_with_what_took_effect(
    careful: Brand, reviewer: User, second: User, owner: User
) -> None:
    act(reviewer, action="approve")
    act(second, action="approve")
    look = disputed(careful, reviewer, second)
    dispute_settle(manager=owner, look=look, given=Judgement(Action.REJECT, reason="dull"))
    figures_count()
    page = Client()
    page.force_login(owner)
    total = page.get("/admin/review/dashboard/").context["tiles"]
    assert {tile.label: tile.value.text for tile in total}["Decisions"] == "2"
    assert Decision.objects.filter(kind=DecisionKind.EFFECTIVE).count() == 2


def test_managers_say_which_lines_need_two_and_the_log_knows(brand: Brand, owner: User) -> None:
    answer = client_of(owner).patch("/api/v1/brands/nordlys/", {"four_eyes": "flagged"}, format="json")
    assert (answer.status_code, answer.json()["four_eyes"]) == (200, "flagged")
    event = AuditEvent.objects.latest("id")
    assert (event.action, event.details) == ("brand_changed", {"four_eyes": {"from": "no", "to": "flagged"}})


@pytest.mark.parametrize(
    ("who", "change", "status"),
    [
        ("reviewer", {"four_eyes": "all"}, 403),
        ("outsider", {"four_eyes": "all"}, 404),
        ("owner", {"four_eyes": "three"}, 400),
        ("owner", {"gold_percent": 21}, 400),
        ("owner", {"name": "New"}, 400),
    ],
)
def test_a_faulty_setting_is_refused(
    brand: Brand, request: pytest.FixtureRequest, who: str, change: dict[str, Any], status: int
) -> None:
    api: APIClient = client_of(request.getfixturevalue(who))
    with unchanged():
        assert api.patch("/api/v1/brands/nordlys/", change, format="json").status_code == status


def test_who_has_judged_all_lines_first_is_told_what_they_wait_for(careful: Brand, reviewer: User) -> None:
    for _ in range(4):
        act(reviewer, action="approve")
    assert claim_next(reviewer=reviewer) is None
    page = Client()
    page.force_login(reviewer)
    content = page.get("/admin/review/room/").content.decode()
    assert "4 lines that you have judged; somebody else has to judge them as well." in content


def test_the_room_says_who_has_a_line_that_was_taken_back(
    careful: Brand, reviewer: User, second: User, variants: list[Variant]
) -> None:
    act(reviewer, action="edit", text="Mine, for now")
    page = Client()
    page.force_login(reviewer)
    assert "Mine, for now" in page.get("/admin/review/room/").content.decode()
    claim(second)
    told = page.post("/admin/review/room/undo/", follow=True).content.decode()
    assert f"Taken back. “{variants[0].text}” is somebody else’s to judge now." in told
