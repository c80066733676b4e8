"""The audit log at the admin site: searched and exported by those who manage its brand."""

from __future__ import annotations

import csv
import io
import json
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.http import StreamingHttpResponse
from django.test import Client
from django.utils import timezone

from adgen.models import AuditAction, AuditEvent, Brand, Role, Scope
from adgen.services.audit import audit_record
from adgen.services.brands import api_key_revoke, membership_add
from tests.factories import UserFactory, api_key

PAGE = "/admin/audit/"
EXPORT = "/admin/audit/export/"


@pytest.fixture
def events(brand: Brand, owner: User, marketer: User) -> list[AuditEvent]:
    """What happened so far: two roles, a key made and revoked."""
    key, _ = api_key(brand, Scope.READ)
    api_key_revoke(key=key, by=owner)
    return list(AuditEvent.objects.filter(brand=brand))


def numbers(client: Client, **query: str) -> list[int]:
    """The numbers of the events on the page."""
    answer = client.get(PAGE, query)
    assert answer.status_code == 200, answer.content
    return [row.event.sequence for row in answer.context["rows"]]


def exported(client: Client, **query: str) -> list[dict[str, Any]]:
    answer = client.post(EXPORT, query_params=query)
    assert answer.status_code == 200
    assert isinstance(answer, StreamingHttpResponse)
    text = answer.getvalue().decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))


def test_managers_read_their_brands_log(events: list[AuditEvent], as_owner: Client) -> None:
    page = as_owner.get(PAGE).content.decode()
    for told in ("revoked an API key", "granted a role", "marketer", events[-1].hash):
        assert told in page
    assert numbers(as_owner) == [event.sequence for event in reversed(events)]


def test_the_log_is_for_managers(
    events: list[AuditEvent], as_marketer: Client, outsider: User, other_brand: Brand
) -> None:
    before = AuditEvent.objects.count()
    as_outsider = Client()
    as_outsider.force_login(outsider)
    for client, status in ((as_marketer, 403), (as_outsider, 404)):
        assert client.get(PAGE, {"brand": "nordlys"}).status_code == status
        assert client.post(EXPORT, query_params={"brand": "nordlys"}).status_code == status
    assert as_marketer.get(PAGE).status_code == 403
    assert AuditEvent.objects.count() == before
    # What the outsider sees is their own brand's.
    assert {row.event.brand for row in as_outsider.get(PAGE).context["rows"]} == {other_brand}


def test_the_installations_log_is_for_superusers(as_owner: Client, as_root: Client, owner: User) -> None:
    audit_record(brand=None, actor=None, action=AuditAction.ACCESS_CHANGED, subject=owner)
    assert as_owner.get(PAGE, {"brand": "*"}).status_code == 404
    assert as_owner.post(EXPORT, query_params={"brand": "*"}).status_code == 404
    assert numbers(as_root, brand="*") == [1]
    assert exported(as_root, brand="*")[0]["subject"] == f"user {owner.pk}"


def test_a_manager_of_two_brands_chooses(
    events: list[AuditEvent], owner: User, as_owner: Client, other_brand: Brand
) -> None:
    membership_add(user=owner, brand=other_brand, role=Role.MANAGER)
    assert len(numbers(as_owner, brand="nordlys")) == len(events)
    assert numbers(as_owner, brand="fjell") == [1]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"action": "role_granted"}, [2, 1]),
        ({"action": "key_revoked"}, [4]),
        ({"actor": "owner"}, [4]),
        ({"actor": "system"}, [3, 2, 1]),
        ({"subject": "apikey"}, [4, 3]),
        ({"subject": "apikey nothing"}, []),
        ({"action": "role_granted", "actor": "owner"}, []),
    ],
)
def test_the_log_is_searched(
    events: list[AuditEvent], as_owner: Client, query: dict[str, str], found: list[int]
) -> None:
    assert numbers(as_owner, **query) == found


def test_the_log_is_searched_by_day(events: list[AuditEvent], as_owner: Client) -> None:
    today = timezone.localdate()
    for query, found in (
        ({"since": today}, 4),
        ({"until": today}, 4),
        ({"since": today, "until": today}, 4),
        ({"since": today + timedelta(days=1)}, 0),
        ({"until": today - timedelta(days=1)}, 0),
    ):
        assert len(numbers(as_owner, **{name: str(day) for name, day in query.items()})) == found


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ({"subject": "Variant; 12"}, "Give a kind"),
        ({"since": "soon"}, "valid date"),
        ({"action": "sabotage"}, "valid choice"),
        ({"before": "x"}, ""),
    ],
)
def test_a_search_that_makes_no_sense_is_refused(
    events: list[AuditEvent], as_owner: Client, query: dict[str, str], told: str
) -> None:
    answer = as_owner.get(PAGE, query)
    assert answer.status_code == 400
    assert told in answer.content.decode()
    assert as_owner.post(EXPORT, query_params=query).status_code == 404
    assert AuditEvent.objects.count() == len(events)


def test_pages_go_by_number(brand: Brand, owner: User, as_owner: Client) -> None:
    for _ in range(120):
        audit_record(brand=brand, actor=owner, action=AuditAction.DECISION, subject=owner)
    seen: list[int] = []
    address = PAGE
    while address:
        answer = as_owner.get(address)
        seen += [row.event.sequence for row in answer.context["rows"]]
        address = f"{PAGE}?{answer.context['older']}" if answer.context["older"] else ""
    assert seen == list(range(121, 0, -1))


def test_an_export_has_it_all_and_is_an_event_itself(events: list[AuditEvent], as_owner: Client) -> None:
    rows = exported(as_owner, action="", actor="")
    assert [int(row["sequence"]) for row in rows] == [1, 2, 3, 4, 5]
    assert [row["action"] for row in rows][-2:] == ["key_revoked", "audit_exported"]
    assert [row["prev_hash"] for row in rows] == ["", *(row["hash"] for row in rows[:-1])]
    assert json.loads(rows[3]["details"]) == events[3].details


def test_an_export_keeps_to_the_search_and_says_so(events: list[AuditEvent], as_owner: Client) -> None:
    assert [row["sequence"] for row in exported(as_owner, action="role_granted")] == ["1", "2"]
    assert AuditEvent.objects.latest("id").details == {"action": "role_granted"}


@pytest.mark.parametrize(
    "text", ["=1+1", "+49 30", "-50% now", "@you", "\tx", 'say "=A1"', "a;=1+1", "一;=2"]
)
def test_no_cell_is_a_formula_and_no_text_is_changed(brand: Brand, as_root: Client, text: str) -> None:
    person = UserFactory.create(username=text)
    audit_record(
        brand=brand, actor=person, action=AuditAction.DECISION, subject=brand, details={"text": text}
    )
    row = exported(as_root, brand="nordlys")[0]
    for separator in (",", ";", "\t"):
        raw = as_root.post(EXPORT, query_params={"brand": "nordlys"})
        assert isinstance(raw, StreamingHttpResponse)
        lines = csv.reader(io.StringIO(raw.getvalue().decode("utf-8-sig")), delimiter=separator)
        assert not [cell for line in lines for cell in line if cell.startswith(("=", "+", "-", "@", "\t"))]
    assert json.loads(row["actor_name"]) == text
    assert json.loads(row["details"]) == {"text": text}


def test_an_export_only_posts(events: list[AuditEvent], as_owner: Client) -> None:
    assert as_owner.get(EXPORT).status_code == 405
    assert AuditEvent.objects.count() == len(events)


def test_an_event_outlives_its_actor(brand: Brand, as_owner: Client) -> None:
    person = UserFactory.create(username="temp")
    audit_record(brand=brand, actor=person, action=AuditAction.DECISION, subject=brand)
    person.delete()
    assert numbers(as_owner, actor="temp") == [2]


def test_the_menu_shows_the_log_to_managers(as_owner: Client, as_marketer: Client) -> None:
    link = f'href="{PAGE}"'
    assert link in as_owner.get("/admin/").content.decode()
    assert link not in as_marketer.get("/admin/").content.decode()


def test_a_longer_log_costs_no_more_queries(
    brand: Brand, owner: User, as_owner: Client, django_assert_max_num_queries: Any
) -> None:
    for _ in range(60):
        audit_record(brand=brand, actor=owner, action=AuditAction.DECISION, subject=owner)
    with django_assert_max_num_queries(10):
        as_owner.get(PAGE)
