"""Keys of the review room: the usual ones, chosen ones, and choices that cannot be."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.test import Client

from adgen.errors import Invalid
from review.models import KeyMap
from review.selectors.keys import ACTS, keys_of
from review.services.keys import keys_change, keys_reset

PAGE = "/admin/review/keys/"
ROOM = "/admin/review/room/"
USUAL = {act.name: act.usual for act in ACTS}


def chosen(user: User) -> dict[str, str]:
    return {name: bound.key for name, bound in keys_of(user).items()}


def test_the_usual_keys_clash_with_nothing(reviewer: User) -> None:
    assert chosen(reviewer) == USUAL
    assert len(set(USUAL.values())) == len(ACTS)
    keys_change(user=reviewer, keys=USUAL)


def test_each_person_has_keys_of_their_own(reviewer: User, owner: User) -> None:
    keys_change(user=reviewer, keys={"approve": "J", "next": "arrowdown", "pause": ""})
    assert chosen(reviewer) == USUAL | {"approve": "j", "next": "arrowdown", "pause": ""}
    assert chosen(owner) == USUAL
    assert keys_of(reviewer)["next"].shown == "↓"
    keys_reset(user=reviewer)
    assert chosen(reviewer) == USUAL


def test_two_keys_are_swapped_at_once(reviewer: User) -> None:
    keys_change(user=reviewer, keys={"approve": "r", "reject": "a"})
    assert (chosen(reviewer)["approve"], chosen(reviewer)["reject"]) == ("r", "a")


def test_an_act_that_is_new_takes_no_key_from_another(reviewer: User) -> None:
    KeyMap.objects.create(user=reviewer, keys={"approve": "c", "edit": "e"})
    keys = chosen(reviewer)
    assert (keys["approve"], keys["comment"], keys["skip"]) == ("c", "", "s")


@pytest.mark.parametrize(
    ("keys", "fields", "says"),
    [
        ({"approve": "r"}, {"approve", "reject"}, "“r” is the key of Reject too"),
        ({"approve": "x", "edit": "x", "skip": "x"}, {"approve", "edit", "skip"}, "Edit and Skip too"),
        ({"approve": "1"}, {"approve"}, "choose reasons"),
        ({"approve": "enter"}, {"approve"}, "one character"),
        ({"approve": "\x07"}, {"approve"}, "one character"),
    ],
)
def test_what_cannot_be_is_named_and_changes_nothing(
    reviewer: User, keys: dict[str, str], fields: set[str], says: str
) -> None:
    keys_change(user=reviewer, keys={"comment": "k"})
    with pytest.raises(Invalid) as refusal:
        keys_change(user=reviewer, keys=keys)
    assert set(refusal.value.fields) == fields
    assert says in refusal.value.detail
    assert chosen(reviewer) == USUAL | {"comment": "k"}
    with pytest.raises(Invalid, match="No act"):
        keys_change(user=reviewer, keys={"publish": "k"})


def test_the_page_saves_names_clashes_and_resets(client: Client, reviewer: User) -> None:
    client.force_login(reviewer)
    assert client.post(PAGE, USUAL | {"approve": "y"}).headers["Location"] == ROOM
    refused = client.post(PAGE, USUAL | {"approve": "s"})
    assert refused.status_code == 400
    assert "“s” is the key of Skip too" in refused.content.decode()
    assert chosen(reviewer)["approve"] == "y"
    assert 'value="y"' in client.get(PAGE).content.decode()
    client.post(PAGE, {"reset": ""})
    assert not KeyMap.objects.exists()
