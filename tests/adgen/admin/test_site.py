"""The admin site as a whole: its policy, its doors, its cost."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from adgen.models import Batch, Brand, Membership, Role, Variant
from tests.factories import PASSWORD, BatchFactory, BriefFactory, screened_variant


def test_only_the_admin_shell_may_run_inline_scripts(as_owner: Client) -> None:
    assert "'unsafe-inline'" in as_owner.get("/admin/")["Content-Security-Policy"]
    policy = as_owner.get("/api/v1/briefs/")["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "default-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy


@pytest.mark.parametrize(
    "address",
    [
        "/admin/adgen/brief/?brand=%00",
        "/admin/adgen/variant/?state__exact=%00",
        "/admin/adgen/brief/%00/change/",
        "/admin/review/room/?brand=a%00b",
    ],
)
def test_a_nul_character_in_an_address_is_refused(
    variants: list[Variant], as_owner: Client, address: str
) -> None:
    """No filter means one, and Postgres would fail over it."""
    assert as_owner.get(address).status_code == 400


def test_a_login_leads_to_the_room(owner: User) -> None:
    form = {"username": owner.username, "password": PASSWORD}
    answer = Client().post("/admin/login/", form, follow=True)
    assert answer.redirect_chain[-1][0] == "/admin/review/room/"
    assert answer.status_code == 200


def test_guessing_passwords_locks_the_login(owner: User) -> None:
    client = Client()
    for guess in range(10):
        client.post("/admin/login/", {"username": owner.username, "password": f"guess-{guess}"})
    answer = client.post("/admin/login/", {"username": owner.username, "password": PASSWORD})
    assert answer.status_code == 429
    assert client.get("/admin/").status_code == 302
    # From elsewhere the owner gets in: a guesser cannot lock people out.
    elsewhere = Client(REMOTE_ADDR="192.0.2.7")
    elsewhere.post("/admin/login/", {"username": owner.username, "password": PASSWORD})
    assert elsewhere.get("/admin/").status_code == 200


def test_somebody_without_a_brand_sees_nothing(variants: list[Variant]) -> None:
    client = Client()
    client.force_login(User.objects.create_user("newcomer", is_staff=True))
    for model in ("brand", "brief", "batch", "variant", "fact", "exemplar", "screening", "trainingrun"):
        answer = client.get(f"/admin/adgen/{model}/")
        assert list(answer.context["cl"].result_list) == [], model


def test_variants_and_screenings_cannot_be_changed(variants: list[Variant], as_root: Client) -> None:
    variant = variants[0]
    screening = variant.screenings.get()
    for address in (
        f"/admin/adgen/variant/{variant.pk}/change/",
        f"/admin/adgen/variant/{variant.pk}/delete/",
        f"/admin/adgen/screening/{screening.pk}/change/",
        f"/admin/adgen/screening/{screening.pk}/delete/",
        "/admin/adgen/variant/add/",
    ):
        assert as_root.post(address, {"text": "changed", "post": "yes"}).status_code == 403
    variant.refresh_from_db()
    assert variant.text == "Espresso worth waking for"


@pytest.mark.parametrize("model", ["variant", "screening"])
def test_big_tables_are_not_counted(variants: list[Variant], as_owner: Client, model: str) -> None:
    with CaptureQueriesContext(connection) as queries:
        assert as_owner.get(f"/admin/adgen/{model}/", {"q": "mondays"}).status_code == 200
    assert not [query["sql"] for query in queries if "COUNT(" in query["sql"]]


@pytest.mark.parametrize("model", ["variant", "brief", "batch", "screening", "exemplar", "fact"])
def test_a_longer_list_costs_no_more_queries(
    batch: Batch, variants: list[Variant], as_owner: Client, model: str
) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            as_owner.get(f"/admin/adgen/{model}/")
        return len(queries)

    cost()  # the first page fills caches of its own
    before = cost()
    for index in range(5):
        BatchFactory.create(brief=BriefFactory.create(brand=batch.brand))
        screened_variant(batch=batch, index=100 + index)
    assert cost() == before


def test_the_menu_shows_what_the_person_may_open(as_owner: Client, as_marketer: Client) -> None:
    keys = 'href="/admin/adgen/apikey/"'
    assert keys in as_owner.get("/admin/review/room/").content.decode()
    assert keys not in as_marketer.get("/admin/review/room/").content.decode()


def test_the_menu_follows_a_change_of_role_at_once(as_marketer: Client, marketer: User, brand: Brand) -> None:
    add = 'href="/admin/adgen/brief/add/"'
    assert add in as_marketer.get("/admin/").content.decode()
    Membership.objects.filter(user=marketer).update(role=Role.REVIEWER)
    assert add not in as_marketer.get("/admin/").content.decode()
