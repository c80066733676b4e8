"""The reviewers' word on the screen: marked by API, exported, summed up on a page."""

from __future__ import annotations

import json
from datetime import date, timedelta
from io import StringIO
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from adgen.models import Batch, Brand, Scope, Variant, VariantState
from review.models import Action, ScreenMark
from review.selectors.quality import WEEKS, Share, screen_quality
from tests.factories import RecheckFactory, VariantFactory, api_key, finding, screened_variant
from tests.review.acts import decide

MARKS = "/api/v1/review/marks/"
PAGE = "/admin/review/screen/"
MISSED = {"kind": "filter_missed", "rule": "toxic"}
WRONG = {"kind": "filter_wrong", "rule": "claim"}


def client_of(user: User) -> APIClient:
    client = APIClient()
    client.force_login(user)
    return client


@pytest.fixture
def api(reviewer: User) -> APIClient:
    return client_of(reviewer)


@pytest.fixture
def flagged(batch: Batch) -> Variant:
    return screened_variant(
        batch=batch, index=30, text="Best beans ever", verdict="flag", findings=[finding()]
    )


def marks() -> list[tuple[str, str, str]]:
    return list(ScreenMark.objects.order_by("id").values_list("kind", "rule", "reviewer__username"))


class TestApi:
    def test_a_finding_is_marked_as_wrong(self, api: APIClient, flagged: Variant) -> None:
        answer = api.post(
            MARKS, {"variant": flagged.pk, **WRONG, "note": "we have the receipt"}, format="json"
        )
        assert answer.status_code == 201
        body = answer.json()
        assert (body["variant"], body["brand"], body["kind"]) == (flagged.pk, "nordlys", "filter_wrong")
        assert (body["rule"], body["note"]) == ("claim", "we have the receipt")
        assert ScreenMark.objects.get().screening == flagged.screenings.get()

    def test_what_was_missed_is_said_of_any_line(
        self, api: APIClient, variants: list[Variant], reviewer: User
    ) -> None:
        decide(reviewer, Action.APPROVE)
        assert api.post(MARKS, {"variant": variants[0].pk, **MISSED}, format="json").status_code == 201
        assert marks() == [("filter_missed", "toxic", "reviewer")]

    def test_a_mark_changes_nothing_about_the_line(self, api: APIClient, flagged: Variant) -> None:
        api.post(MARKS, {"variant": flagged.pk, **WRONG}, format="json")
        flagged.refresh_from_db()
        assert (flagged.state, flagged.screenings.count()) == (VariantState.PENDING, 1)

    def test_marks_of_a_line_are_listed_and_ones_own_is_taken_back(
        self, api: APIClient, flagged: Variant, owner: User
    ) -> None:
        pk = api.post(MARKS, {"variant": flagged.pk, **WRONG}, format="json").json()["id"]
        client_of(owner).post(MARKS, {"variant": flagged.pk, **MISSED}, format="json")
        listed = api.get(MARKS, {"variant": flagged.pk}).json()["results"]
        assert [row["kind"] for row in listed] == ["filter_missed", "filter_wrong"]
        assert client_of(owner).delete(f"{MARKS}{pk}/").status_code == 403
        assert api.delete(f"{MARKS}{pk}/").status_code == 204
        assert marks() == [("filter_missed", "toxic", "owner")]

    def test_the_same_mark_twice_answers_409(self, api: APIClient, flagged: Variant, owner: User) -> None:
        body = {"variant": flagged.pk, **WRONG}
        assert api.post(MARKS, body, format="json").status_code == 201
        assert api.post(MARKS, body, format="json").status_code == 409
        assert client_of(owner).post(MARKS, body, format="json").status_code == 201
        assert len(marks()) == 2

    @pytest.mark.parametrize(
        ("change", "field", "says"),
        [
            ({"rule": "claims.superlative"}, "rule", "one of claim"),
            ({"kind": "filter_missed", "rule": "claim"}, "rule", "one of toxic"),
            ({"kind": "filter_missed", "rule": "other"}, "note", "say what"),
            ({"kind": "filter_late"}, "kind", "not a valid choice"),
            ({"note": "n" * 501}, "note", "500"),
            ({"rule": ""}, "rule", "blank"),
            ({"verdict": "pass"}, "verdict", "Unknown field"),
        ],
    )
    def test_bad_input_names_the_field(
        self, api: APIClient, flagged: Variant, change: dict[str, Any], field: str, says: str
    ) -> None:
        answer = api.post(MARKS, {"variant": flagged.pk, **WRONG, **change}, format="json")
        assert answer.status_code == 400
        assert says in " ".join(answer.json()["errors"][field])
        assert marks() == []

    def test_a_line_without_findings_has_none_to_be_wrong(
        self, api: APIClient, variants: list[Variant]
    ) -> None:
        answer = api.post(MARKS, {"variant": variants[0].pk, **WRONG}, format="json")
        assert answer.status_code == 400
        assert "found nothing" in answer.json()["errors"]["rule"][0]

    def test_a_line_that_is_not_screened_yet_answers_409(self, api: APIClient, batch: Batch) -> None:
        line = VariantFactory.create(batch=batch)
        assert api.post(MARKS, {"variant": line.pk, **MISSED}, format="json").status_code == 409
        assert marks() == []

    def test_people_without_the_role_strangers_and_keys_mark_nothing(
        self, flagged: Variant, marketer: User, outsider: User, brand: Brand
    ) -> None:
        body = {"variant": flagged.pk, **WRONG}
        assert client_of(marketer).post(MARKS, body, format="json").status_code == 403
        assert client_of(outsider).post(MARKS, body, format="json").status_code == 404
        assert APIClient().post(MARKS, body, format="json").status_code == 401
        _, secret = api_key(brand, *Scope)
        answer = APIClient().post(MARKS, body, format="json", headers={"Authorization": f"Api-Key {secret}"})
        assert answer.status_code == 403
        assert marks() == []


def export(*args: str) -> list[dict[str, Any]]:
    out = StringIO()
    call_command("export_screen_feedback", *args, stdout=out)
    return [json.loads(line) for line in out.getvalue().splitlines()]


class TestExport:
    @pytest.fixture
    def marked(self, api: APIClient, owner: User, flagged: Variant) -> None:
        api.post(MARKS, {"variant": flagged.pk, **WRONG, "note": "an idiom"}, format="json")
        client_of(owner).post(MARKS, {"variant": flagged.pk, **MISSED}, format="json")

    @pytest.mark.usefixtures("marked")
    def test_each_mark_is_a_line_that_names_nobody(self, reviewer: User) -> None:
        wrong, missed = export()
        assert wrong | {"reviewer": ""} == {
            "text": "Best beans ever",
            "brand": "nordlys",
            "slot": "google_rsa.headline",
            "version": "screen-1",
            "scores": {"toxicity": 0.01},
            "rule": "claim",
            "kind": "filter_wrong",
            "note": "an idiom",
            "reviewer": "",
            "marked_on": date.today().isoformat(),
        }
        assert (missed["rule"], missed["kind"]) == ("toxic", "filter_missed")
        assert wrong["reviewer"] != missed["reviewer"]
        assert wrong["reviewer"] not in (str(reviewer.pk), reviewer.username)

    @pytest.mark.usefixtures("marked")
    def test_it_is_cut_to_a_brand_and_to_days(self, other_brand: Brand) -> None:
        assert len(export("--brand", "nordlys", "--since", date.today().isoformat())) == 2
        assert export("--since", (date.today() + timedelta(days=1)).isoformat()) == []
        assert export("--brand", other_brand.slug) == []

    def test_a_wrong_argument_says_what_would_do(self, brand: Brand) -> None:
        with pytest.raises(CommandError, match="Known: nordlys"):
            export("--brand", "nope")
        with pytest.raises(CommandError, match="2027-01-31"):
            export("--since", "yesterday")


class TestQuality:
    def test_a_share_knows_its_wilson_interval(self) -> None:
        share = Share(shown=10, wrong=1)
        low, high = share.interval or (0, 0)
        assert share.precision == 0.9
        assert (round(low, 3), round(high, 3)) == (0.596, 0.982)
        assert Share(0, 0).precision is None
        assert Share(0, 0).interval is None
        assert (Share(5, 0).interval or (0, 0))[1] == 1.0

    def test_findings_count_when_people_judged_them(
        self, api: APIClient, batch: Batch, brand: Brand, reviewer: User
    ) -> None:
        lines = [
            screened_variant(batch=batch, index=index, verdict="flag", findings=[finding(), finding(start=3)])
            for index in range(4)
        ]
        screened_variant(batch=batch, index=9, verdict="flag", findings=[finding()])
        for _ in range(3):
            decide(reviewer, Action.APPROVE)
        api.post(MARKS, {"variant": lines[0].pk, **WRONG}, format="json")
        # Marked before anybody has judged the line: that shows it too.
        api.post(MARKS, {"variant": lines[3].pk, **WRONG}, format="json")
        api.post(MARKS, {"variant": lines[1].pk, **MISSED}, format="json")
        quality = screen_quality(Brand.objects.filter(pk=brand.pk))
        assert quality.rules == (("claim", Share(shown=4, wrong=2)),)
        assert quality.missed == (("rude or hurtful", 1),)
        assert len(quality.weeks) == WEEKS
        assert (quality.weeks[-1].share, quality.weeks[-1].missed) == (Share(4, 2), 1)

    def test_a_line_counts_as_it_was_shown(self, batch: Batch, brand: Brand, reviewer: User) -> None:
        """What a later screening says was in front of nobody."""
        line = screened_variant(batch=batch, index=0)
        decide(reviewer, Action.APPROVE)
        RecheckFactory.create(variant=line)
        assert screen_quality(Brand.objects.all()).rules == ()

    def test_each_week_has_its_own_numbers(
        self, batch: Batch, brand: Brand, reviewer: User, api: APIClient
    ) -> None:
        line = screened_variant(batch=batch, index=0, verdict="flag", findings=[finding()])
        decide(reviewer, Action.APPROVE)
        api.post(MARKS, {"variant": line.pk, **WRONG}, format="json")
        weeks = screen_quality(Brand.objects.all(), today=timezone.localdate() + timedelta(weeks=2)).weeks
        assert [week.share for week in weeks[-4:]] == [Share(0, 0), Share(1, 1), Share(0, 0), Share(0, 0)]
        assert all(week.start.weekday() == 0 for week in weeks)
        later = screen_quality(Brand.objects.all(), today=timezone.localdate() + timedelta(weeks=WEEKS))
        assert later.rules == ()

    def test_the_page_shows_it_by_brand(
        self, api: APIClient, flagged: Variant, reviewer: User, outsider: User
    ) -> None:
        decide(reviewer, Action.APPROVE)
        api.post(MARKS, {"variant": flagged.pk, **WRONG}, format="json")
        page = api.get(PAGE).content.decode()
        assert '<th scope="row">claim</th><td>1</td><td>1</td><td>0%</td>' in page
        assert "Week of" in page
        assert "screen-1" in page
        assert api.get(PAGE, {"brand": "nordlys"}).status_code == 200
        elsewhere = client_of(outsider)
        assert '<th scope="row">claim</th>' not in elsewhere.get(PAGE).content.decode()
        assert elsewhere.get(PAGE, {"brand": "nordlys"}).status_code == 404

    def test_somebody_without_a_brand_sees_an_empty_page(self, db: None) -> None:
        client = Client()
        client.force_login(User.objects.create_user("newcomer", is_staff=True))
        assert "No line with findings" in client.get(PAGE).content.decode()

    def test_a_line_that_was_only_skipped_was_not_judged(self, flagged: Variant, reviewer: User) -> None:
        decide(reviewer, Action.SKIP)
        assert screen_quality(Brand.objects.all()).rules == ()
