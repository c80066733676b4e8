"""Brands, members, keys, facts and exemplars at the admin site."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client

from adgen.models import (
    ApiKey,
    Brand,
    Brief,
    Exemplar,
    Fact,
    Membership,
    Rescreen,
    RescreenReason,
    Role,
    Scope,
    Variant,
)
from tests.factories import ExemplarFactory, UserFactory, api_key


def brand_form(**changes: str) -> dict[str, str]:
    named = {"name": "Nordlys", "slug": "nordlys", "language": "en", "voice": "dry"}
    return {**named, "four_eyes": "no", "gold_percent": "3", **changes}


def test_managers_shape_the_brand(brand: Brand, as_owner: Client, as_marketer: Client) -> None:
    address = f"/admin/adgen/brand/{brand.pk}/change/"
    assert as_marketer.post(address, brand_form()).status_code == 403
    lists = {"banned_words": "cheap\r\nmiracle", "required_words": "Nordlys", "competitors": "Bean There"}
    as_owner.post(address, brand_form(**lists))
    brand.refresh_from_db()
    assert (brand.voice, brand.banned_words) == ("dry", ["cheap", "miracle"])
    assert (brand.required_words, brand.competitors) == (["Nordlys"], ["Bean There"])


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("name", "n" * 81, "at most 80"),
        ("language", "english", "two-letter code"),
        ("voice", "v" * 401, "at most 400"),
        ("banned_words", "miracle\0", "control character"),
        ("banned_words", "w" * 81, "at most 80"),
        ("required_words", "\n".join(f"word {n}" for n in range(31)), "at most 30"),
        ("competitors", "c" * 81, "at most 80"),
        ("gold_percent", "21", "less than or equal to 20"),
        ("four_eyes", "two", "not one of the available choices"),
    ],
)
def test_a_brand_keeps_to_the_limits_of_briefs(
    brand: Brand, as_owner: Client, field: str, value: str, message: str
) -> None:
    """Or no brief could name it, and no prompt could hold it."""
    answer = as_owner.post(f"/admin/adgen/brand/{brand.pk}/change/", brand_form(**{field: value}))
    assert message in " ".join(answer.context["adminform"].form.errors[field])
    assert Brand.objects.get(pk=brand.pk).name == brand.name


def test_a_publication_while_a_brand_is_saved_keeps_its_number(brand: Brand, as_owner: Client) -> None:
    """A number given out twice would stop the feed for good."""

    def publish_first(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if sql.startswith('UPDATE "adgen_brand"'):
            with connection.cursor() as cursor:
                cursor.execute("UPDATE adgen_brand SET publication_seq = 7")
        return execute(sql, params, many, context)

    with connection.execute_wrapper(publish_first):
        as_owner.post(f"/admin/adgen/brand/{brand.pk}/change/", brand_form(voice="wet"))
    brand.refresh_from_db()
    assert (brand.voice, brand.publication_seq) == ("wet", 7)


def test_only_superusers_make_brands_and_members(brand: Brand, as_owner: Client, as_root: Client) -> None:
    newcomer = UserFactory.create()
    assert not newcomer.is_staff
    membership = {"user": str(newcomer.pk), "brand": str(brand.pk), "role": "reviewer"}
    assert as_owner.post("/admin/adgen/brand/add/", brand_form(slug="new", name="New")).status_code == 403
    assert as_owner.post("/admin/adgen/membership/add/", membership).status_code == 403
    assert (Brand.objects.count(), Membership.objects.filter(user=newcomer).count()) == (1, 0)
    as_root.post("/admin/adgen/brand/add/", brand_form(slug="new", name="New"))
    assert Brand.objects.filter(slug="new").exists()
    as_root.post("/admin/adgen/membership/add/", membership)
    newcomer.refresh_from_db()
    assert newcomer.is_staff  # or the membership would be of no use
    assert Membership.objects.filter(user=newcomer, role=Role.REVIEWER).exists()


def test_members_are_shown_to_managers_only(brand: Brand, as_owner: Client, as_marketer: Client) -> None:
    assert "marketer" in as_owner.get("/admin/adgen/membership/").content.decode()
    assert as_marketer.get("/admin/adgen/membership/").context["cl"].result_list.count() == 0


def test_a_fact_is_added_and_its_rules_hold(brand: Brand, as_marketer: Client) -> None:
    fact = {"brand": str(brand.pk), "subject": "mugs", "relation": "come from", "object": "Bergen"}
    faulty = as_marketer.post("/admin/adgen/fact/add/", fact | {"is_claim": "on"})
    assert "a document's name" in faulty.context["adminform"].form.errors["evidence"][0]
    assert Fact.objects.filter(subject="mugs").count() == 0
    as_marketer.post("/admin/adgen/fact/add/", fact)
    assert Fact.objects.filter(subject="mugs").count() == 1


def test_a_claim_that_is_changed_or_removed_has_the_lines_screened_again(
    brand: Brand, variants: list[Variant], as_marketer: Client
) -> None:
    fact = Fact.objects.get()
    address = f"/admin/adgen/fact/{fact.pk}/"
    form = {
        **{"brand": str(brand.pk), "subject": "beans", "relation": "are roasted", "object": "on Tuesdays"},
        **{"is_claim": "on", "evidence": "log", "expires_on": "2027-12-31"},
    }
    as_marketer.post(f"{address}change/", form)
    fact.refresh_from_db()
    assert (fact.object, str(fact.expires_on)) == ("on Tuesdays", "2027-12-31")
    assert Rescreen.objects.get().reason == RescreenReason.BRAND
    Rescreen.objects.all().delete()
    as_marketer.post(f"{address}delete/", {"post": "yes"})
    assert not Fact.objects.exists()
    assert Rescreen.objects.count() == 1


def test_a_manager_has_all_lines_screened_again(
    brand: Brand, variants: list[Variant], as_owner: Client, as_reviewer: Client
) -> None:
    address = f"/admin/adgen/brand/{brand.pk}/rescreen/"
    assert address in as_owner.get(f"/admin/adgen/brand/{brand.pk}/change/").content.decode()
    assert address not in as_reviewer.get(f"/admin/adgen/brand/{brand.pk}/change/").content.decode()
    assert as_reviewer.post(address).status_code == 403
    assert not Rescreen.objects.exists()
    answer = as_owner.post(address)
    work = Rescreen.objects.get()
    assert answer["Location"] == f"/admin/adgen/rescreen/{work.pk}/change/"
    assert (work.reason, work.requested_by) == (RescreenReason.ASKED, User.objects.get(username="owner"))


def test_a_brand_without_lines_has_nothing_to_screen(brand: Brand, as_owner: Client) -> None:
    page = as_owner.post(f"/admin/adgen/brand/{brand.pk}/rescreen/", follow=True).content.decode()
    assert "no line in the queue or in the feed" in page


def test_a_fact_of_one_brand_cannot_be_moved_to_another(
    brand: Brand, other_brand: Brand, as_marketer: Client
) -> None:
    row = Fact.objects.get()
    moved = {"brand": str(other_brand.pk), "subject": "a", "relation": "b", "object": "c"}
    assert as_marketer.post(f"/admin/adgen/fact/{row.pk}/change/", moved).status_code == 200
    row.refresh_from_db()
    assert row.brand == brand


def test_an_exemplar_is_taken_out_by_marketers(
    brand: Brand, as_marketer: Client, as_reviewer: Client
) -> None:
    row = ExemplarFactory.create(brand=brand)
    address = f"/admin/adgen/exemplar/{row.pk}/delete/"
    assert as_reviewer.post(address, {"post": "yes"}).status_code == 403
    assert Exemplar.objects.exists()
    as_marketer.post(address, {"post": "yes"})
    assert not Exemplar.objects.exists()


def test_a_key_is_made_shown_once_and_revoked(brand: Brand, as_owner: Client) -> None:
    form = {"brand": str(brand.pk), "name": "shop", "scopes": ["feed"]}
    page = as_owner.post("/admin/adgen/apikey/add/", form, follow=True).content.decode()
    secret = re.search(r"\w{8}\.\w{32}", page)
    assert secret
    asked = Client(headers={"Authorization": f"Api-Key {secret[0]}"}).get("/api/v1/approved/")
    assert asked.status_code == 200
    assert secret[0] not in as_owner.get("/admin/adgen/apikey/").content.decode()
    key = ApiKey.objects.get()
    as_owner.post("/admin/adgen/apikey/", {"action": "revoke", "_selected_action": [key.pk]})
    assert ApiKey.objects.get().revoked


def test_keys_are_for_managers_only(brand: Brand, as_marketer: Client) -> None:
    key, _ = api_key(brand, Scope.READ)
    assert as_marketer.get("/admin/adgen/apikey/").status_code == 403
    form = {"brand": str(brand.pk), "name": "mine", "scopes": ["read"]}
    assert as_marketer.post("/admin/adgen/apikey/add/", form).status_code == 403
    as_marketer.post("/admin/adgen/apikey/", {"action": "revoke", "_selected_action": [key.pk]})
    assert [row.revoked for row in ApiKey.objects.all()] == [False]


def test_accounts_are_for_superusers_only(owner: User, as_owner: Client, as_root: Client) -> None:
    assert as_owner.get("/admin/auth/user/").status_code == 403
    assert as_owner.get(f"/admin/auth/user/{owner.pk}/change/").status_code == 404
    assert as_owner.post(f"/admin/auth/user/{owner.pk}/change/", {"is_superuser": "on"}).status_code == 404
    owner.refresh_from_db()
    assert not owner.is_superuser
    assert as_root.get(f"/admin/auth/user/{owner.pk}/change/").status_code == 200
    assert as_root.get("/admin/auth/user/add/").status_code == 200


def upload(client: Client, model: str, content: bytes, **fields: str) -> str:
    file = SimpleUploadedFile("import.csv", content)
    return client.post(
        f"/admin/adgen/{model}/import/", {"file": file, **fields}, follow=True
    ).content.decode()


def test_ads_are_uploaded(brand: Brand, as_marketer: Client) -> None:
    page = upload(
        as_marketer, "exemplar", b"headlines\nRoasted on Mondays|Skip any month", brand=str(brand.pk)
    )
    assert "2 lines are new" in page
    assert Exemplar.objects.count() == 2


def test_faults_of_an_upload_are_told_by_row(brand: Brand, as_marketer: Client) -> None:
    faulty = b"headlines\nFine\n" + b"x" * 31
    assert "row 3, headlines: Is 31 wide" in upload(as_marketer, "exemplar", faulty, brand=str(brand.pk))
    assert not Exemplar.objects.exists()
    assert "1 lines are new" in upload(as_marketer, "exemplar", faulty, brand=str(brand.pk), skip_bad="on")


@pytest.mark.parametrize(("content", "says"), [(b"\xff\xfe\xff", "import.csv"), (b"a,b\n1,2", "no column")])
def test_an_upload_that_cannot_be_read_is_refused(
    brand: Brand, as_marketer: Client, content: bytes, says: str
) -> None:
    assert says in upload(as_marketer, "exemplar", content, brand=str(brand.pk))
    assert not Exemplar.objects.exists()


def test_nothing_is_uploaded_into_a_brand_of_others(
    brand: Brand, other_brand: Brand, as_marketer: Client
) -> None:
    page = upload(as_marketer, "exemplar", b"headlines\nHello", brand=str(other_brand.pk))
    assert "Select a valid choice" in page
    rows = f"brand,product,x.post\n{other_brand.slug},beans,1".encode()
    assert "row 2, brand" in upload(as_marketer, "brief", rows)
    assert not Exemplar.objects.exists()
    assert not Brief.objects.exists()


def test_briefs_are_uploaded_after_a_dry_run(brand: Brand, as_marketer: Client) -> None:
    rows = b"brand,product,x.post\nnordlys,beans,1\nnordlys,mugs,2"
    assert "All 2 rows are fine" in upload(as_marketer, "brief", rows, dry_run="on")
    assert not Brief.objects.exists()
    assert "2 briefs are stored" in upload(as_marketer, "brief", rows)
    assert {brief.created_by.username for brief in Brief.objects.all() if brief.created_by} == {"marketer"}


def test_a_reviewer_uploads_nothing(brand: Brand, as_reviewer: Client) -> None:
    for model in ("exemplar", "brief"):
        assert as_reviewer.get(f"/admin/adgen/{model}/import/").status_code == 403
        assert "Import a file" not in as_reviewer.get(f"/admin/adgen/{model}/").content.decode()
