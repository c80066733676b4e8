"""Decisions and the feed in the admin site: a member's own brands, to read only."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.test import Client

from adgen.models import Variant
from review.models import Action, Decision, Publication
from tests.review.acts import decide, unchanged

LISTS = ("/admin/review/decision/", "/admin/review/publication/")


@pytest.fixture
def decision(reviewer: User, variants: list[Variant]) -> Decision:
    return decide(reviewer, Action.APPROVE)


def rows() -> list[str]:
    """The address of each row's page."""
    return [
        f"{LISTS[0]}{Decision.objects.get().pk}/change/",
        f"{LISTS[1]}{Publication.objects.get().pk}/change/",
    ]


def test_a_member_reads_what_was_decided(client: Client, marketer: User, decision: Decision) -> None:
    client.force_login(marketer)
    for address in (*LISTS, *rows()):
        answer = client.get(address)
        assert answer.status_code == 200
        assert decision.variant.text in answer.content.decode()


def test_an_outsider_finds_nothing(client: Client, outsider: User, decision: Decision) -> None:
    client.force_login(outsider)
    for address in LISTS:
        assert decision.variant.text not in client.get(address).content.decode()
    for address in rows():
        assert client.get(address).status_code == 404


@pytest.mark.parametrize("superuser", [False, True])
def test_nobody_changes_or_deletes_what_was_decided(
    client: Client, owner: User, decision: Decision, superuser: bool
) -> None:
    User.objects.filter(pk=owner.pk).update(is_superuser=superuser)
    client.force_login(owner)
    with unchanged():
        for address in rows():
            assert client.post(address, {"action": "reject", "kind": "retracted"}).status_code == 403
            assert client.post(address.replace("change", "delete"), {"post": "yes"}).status_code == 403
        for address in LISTS:
            assert client.get(f"{address}add/").status_code == 403
