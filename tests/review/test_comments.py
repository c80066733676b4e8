"""Comments on lines: left by API, shown beside the line, kept for good."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import DatabaseError, transaction
from django.test import Client
from rest_framework.test import APIClient

from adgen.models import Brand, Scope, Variant, VariantState
from review.models import Action, Comment
from review.selectors.comments import comments_of
from review.services.comments import comment_add
from tests.factories import api_key
from tests.review.acts import decide, edit

COMMENTS = "/api/v1/review/comments/"


@pytest.fixture
def api(reviewer: User) -> APIClient:
    return client_of(reviewer)


def client_of(user: User) -> APIClient:
    client = APIClient()
    client.force_login(user)
    return client


def notes() -> list[str]:
    return list(Comment.objects.values_list("note", flat=True))


def test_a_comment_stays_with_the_line(api: APIClient, variants: list[Variant], owner: User) -> None:
    answer = api.post(COMMENTS, {"variant": variants[0].pk, "note": " ask legal "}, format="json")
    assert answer.status_code == 201
    body = answer.json()
    assert (body["variant"], body["brand"], body["note"]) == (variants[0].pk, "nordlys", "ask legal")
    client_of(owner).post(COMMENTS, {"variant": variants[0].pk, "note": "they agree"}, format="json")
    client_of(owner).post(COMMENTS, {"variant": variants[1].pk, "note": "another line"}, format="json")
    listed = api.get(COMMENTS, {"variant": variants[0].pk}).json()["results"]
    assert [row["note"] for row in listed] == ["they agree", "ask legal"]


def test_a_comment_changes_nothing_about_the_line(
    api: APIClient, reviewer: User, variants: list[Variant]
) -> None:
    decide(reviewer, Action.APPROVE)
    assert api.post(COMMENTS, {"variant": variants[0].pk, "note": "nice"}, format="json").status_code == 201
    variants[0].refresh_from_db()
    assert variants[0].state == VariantState.APPROVED


def test_a_new_wording_keeps_the_comments_on_the_old(reviewer: User, variants: list[Variant]) -> None:
    comment_add(author=reviewer, variant=variants[0], note="too loud")
    edited = edit(reviewer)
    comment_add(author=reviewer, variant=edited, note="better now")
    assert [comment.note for comment in comments_of(edited)] == ["too loud", "better now"]
    assert [comment.note for comment in comments_of(variants[0])] == ["too loud"]


def test_sent_twice_with_one_key_it_is_left_once(api: APIClient, variants: list[Variant]) -> None:
    body = {"variant": variants[0].pk, "note": "once"}
    for _ in range(2):
        answer = api.post(COMMENTS, body, format="json", headers={"Idempotency-Key": "k"})
        assert answer.status_code == 201
    assert notes() == ["once"]


@pytest.mark.parametrize(
    ("change", "field", "says"),
    [
        ({"note": "  "}, "note", "blank"),
        ({"note": "n" * 501}, "note", "500"),
        ({"variant": "first"}, "variant", "integer"),
        ({"mood": "bad"}, "mood", "Unknown field"),
    ],
)
def test_bad_input_names_the_field(
    api: APIClient, variants: list[Variant], change: dict[str, Any], field: str, says: str
) -> None:
    answer = api.post(COMMENTS, {"variant": variants[0].pk, "note": "x", **change}, format="json")
    assert answer.status_code == 400
    assert says in " ".join(answer.json()["errors"][field])
    assert notes() == []


def test_only_reviewers_of_the_brand_comment(
    variants: list[Variant], marketer: User, outsider: User, brand: Brand
) -> None:
    body = {"variant": variants[0].pk, "note": "x"}
    assert client_of(marketer).post(COMMENTS, body, format="json").status_code == 403
    assert client_of(outsider).post(COMMENTS, body, format="json").status_code == 404
    _, secret = api_key(brand, *Scope)
    key = APIClient(headers={"Authorization": f"Api-Key {secret}"})
    assert key.post(COMMENTS, body, format="json").status_code == 403
    assert notes() == []


def test_a_comment_can_be_neither_changed_nor_removed(reviewer: User, variants: list[Variant]) -> None:
    comment_add(author=reviewer, variant=variants[0], note="for good")
    with pytest.raises(DatabaseError), transaction.atomic():
        Comment.objects.update(note="changed")
    with pytest.raises(DatabaseError), transaction.atomic():
        Comment.objects.all().delete()
    assert notes() == ["for good"]


def test_managers_find_comments_by_their_words(client: Client, owner: User, variants: list[Variant]) -> None:
    comment_add(author=owner, variant=variants[0], note="ask legal")
    comment_add(author=owner, variant=variants[1], note="fine")
    client.force_login(owner)
    html = client.get("/admin/review/comment/", {"q": "legal"}).content.decode()
    assert "ask legal" in html
    assert variants[1].text not in html
