"""Nobody sees or touches anything of a brand that they do not belong to, on any route there is.

The routes come from the URL configuration itself, so a new one is covered without a word here; one that
these tests cannot fill with an object, or do not know how to post to, fails them until they can.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.db.models import Model
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, resolve
from django.urls.resolvers import RegexPattern
from django.utils import timezone
from rest_framework.test import APIClient

from adgen.models import (
    Adapter,
    ApiKey,
    Batch,
    Brand,
    Brief,
    Campaign,
    Exemplar,
    Fact,
    Membership,
    Recheck,
    Rescreen,
    Role,
    Scope,
    Screening,
    TrainingRun,
    Variant,
    VariantState,
)
from review.models import (
    Action,
    Answer,
    Claim,
    Comment,
    Comparison,
    Decision,
    DecisionKind,
    GoldItem,
    LookState,
    MarkKind,
    Publication,
    PublicationKind,
    ScreenMark,
    SecondLook,
    Trial,
)
from tests import factories

# A word that stands in every row of the brand, and nowhere else.
MARK = "quokka"

# Routes without an object of a brand, by the reason why.
OPEN_TO_ALL = {"admin/login/": "the way in", "admin/logout/": "the way out"}
NO_OBJECT = {
    "api/v1/": "says that the API has no such address",
    "admin/<url>": "says that the admin site has no such address",
    "admin/<app_label>/": "a menu of the pages that the person may open",
}
# Pages that Django has routes for and that nobody can open.
NOBODYS = ("admin/r/", "admin/adgen/apikey/")
OWN_ONLY = {
    "api/v1/review/undo/": "takes back the caller's own decision",
    "api/v1/review/heartbeat/": "renews the caller's own claims",
    "api/v1/review/pause/": "gives back the caller's own claims",
}


@dataclass(frozen=True)
class Route:
    """A pattern of the URL configuration with its whole path."""

    path: str
    pattern: URLPattern

    @property
    def is_api(self) -> bool:
        return self.path.startswith("api/")

    @property
    def parameters(self) -> list[str]:
        return re.findall(r"<(?:\w+:)?(\w+)>", self.path)

    @property
    def methods(self) -> list[str]:
        """The methods that the route answers to; for a page, reading and sending."""
        known = ("get", "post", "put", "patch", "delete")
        if actions := getattr(self.pattern.callback, "actions", None):
            return [method for method in known if method in actions]
        if view := getattr(self.pattern.callback, "view_class", None) or getattr(
            self.pattern.callback, "cls", None
        ):
            return [method for method in known if hasattr(view, method)]
        return ["get", "post"]


def spelled(pattern: Any) -> str:
    """A pattern as an address; `test_every_route_is_led_to_by_its_address` says whether it is right."""
    text = str(pattern)
    if not isinstance(pattern, RegexPattern):
        return text
    text = re.sub(r"\(\?P(<\w+>)[^)]*\)", r"\1", text)
    return text.removeprefix("^").removesuffix("$").replace("/?", "/")


def walk(patterns: list[Any], prefix: str = "") -> Iterator[Route]:
    for pattern in patterns:
        path = prefix + spelled(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from walk(pattern.url_patterns, path)
        elif path not in NO_OBJECT:
            yield Route(path, pattern)


# What the parameter of a page's address names.
PAGES: dict[str, type[Model]] = {
    "admin/review/train/": Brand,
    "admin/review/disagreements/": SecondLook,
    "admin/review/attention/": GoldItem,
    "admin/review/compare/": Comparison,
    "admin/review/trials/<int:pk>/open/": Adapter,
    "admin/review/trials/<int:pk>/close/": Trial,
}
ROUTES = list(walk(get_resolver().url_patterns))
WITH_OBJECT = [route for route in ROUTES if route.parameters]
WITHOUT_OBJECT = [route for route in ROUTES if not route.parameters and route.path not in OPEN_TO_ALL]


def by_path(routes: list[Route]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("route", routes, ids=[route.path or "/" for route in routes])


@pytest.fixture
def rows(brand: Brand, brief: Brief, batch: Batch, owner: User) -> dict[type[Model], Model]:
    """One row of each model, all of the one brand, all marked."""
    Brief.objects.filter(pk=brief.pk).update(product=MARK)
    Brand.objects.filter(pk=brand.pk).update(name=MARK, slug=MARK)
    Campaign.objects.filter(pk=brief.campaign_id).update(name=MARK)
    User.objects.filter(pk=owner.pk).update(username=MARK)
    key, _ = factories.api_key(brand, *Scope)
    ApiKey.objects.filter(pk=key.pk).update(name=MARK)
    run = factories.TrainingRunFactory.create(brand=brand, base_model=MARK)
    variant = factories.screened_variant(batch=batch, text=f"{MARK} by post", state=VariantState.APPROVED)
    pending = factories.screened_variant(batch=batch, text=f"{MARK} at home")
    decision = Decision.objects.create(
        variant=variant, brand=brand, reviewer=owner, action=Action.APPROVE, note=MARK
    )
    found: list[Model] = [
        *(Brand.objects.get(pk=brand.pk), Brief.objects.get(pk=brief.pk), brief.campaign, batch, key, run),
        *(variant, variant.screenings.get(), decision, owner, owner.memberships.get()),
        factories.FactFactory.create(brand=brand, subject=MARK),
        factories.ExemplarFactory.create(brand=brand, text=MARK),
        factories.AdapterFactory.create(brand=brand, training_run=run, digest=MARK, gate_note=MARK),
        factories.RescreenFactory.create(brand=brand, error=MARK),
        factories.RecheckFactory.create(variant=variant),
        Claim.objects.create(
            variant=pending, reviewer=owner, token=uuid.uuid4(), expires_at=factories.old(-300)
        ),
        ScreenMark.objects.create(
            **{"variant": variant, "brand": brand, "screening": variant.screenings.latest("id")},
            **{"reviewer": owner, "kind": MarkKind.MISSED, "rule": "other", "note": MARK},
        ),
        Comment.objects.create(variant=variant, brand=brand, author=owner, note=MARK),
        *_evidence(variant, decision),
        Publication.objects.create(
            brand=brand, seq=1, kind=PublicationKind.APPROVED, variant=variant, decision=decision
        ),
    ]
    return {type(row): row for row in found}


def _evidence(variant: Variant, decision: Decision) -> list[Model]:
    """A disagreement, a gold item, and a comparison with its trial."""
    brand, owner = variant.brand, decision.reviewer
    colleague = factories.member(brand, Role.REVIEWER)
    other = Decision.objects.create(
        **{"variant": variant, "brand": brand, "reviewer": colleague},
        **{"action": Action.REJECT, "reason": "dull", "kind": DecisionKind.OPINION},
    )
    trial = Trial.objects.create(
        brand=brand, challenger=factories.AdapterFactory.create(brand=brand), opened_by=owner
    )
    return [
        SecondLook.objects.create(
            **{"variant": variant, "brand": brand, "state": LookState.DISPUTED},
            **{"first": decision, "first_reviewer": owner, "second": other, "second_reviewer": colleague},
        ),
        GoldItem.objects.create(variant=variant, brand=brand, answer=Answer.APPROVE, marked_by=owner),
        trial,
        Comparison.objects.create(
            **{"trial": trial, "brand": brand, "challenger_line": variant, "rival_line": variant},
            **{"challenger_left": True, "reviewer": owner, "shown_at": timezone.now()},
        ),
    ]


def model_of(route: Route) -> type[Model]:
    """The model whose row the route's parameter names."""
    view = getattr(route.pattern.callback, "cls", None)
    if view is not None and getattr(view, "queryset", None) is not None:
        model: type[Model] = view.queryset.model
        return model
    for model in admin.site._registry:
        if route.path.startswith(f"admin/{model._meta.app_label}/{model._meta.model_name}/"):
            return model
    for path, model in PAGES.items():
        if route.path.startswith(path):
            return model
    pytest.fail(f"{route.path}: say in `model_of` what its parameter names")


def filled(route: Route, rows: dict[type[Model], Model]) -> str:
    """The route's address for the brand's row."""
    if route.parameters == ["content_type_id", "object_id"]:
        row = rows[Variant]
        return f"/admin/r/{ContentType.objects.get_for_model(Variant).pk}/{row.pk}/"
    model = model_of(route)
    if model not in rows:
        pytest.fail(f"{route.path}: make a {model.__name__} in `rows`")
    [parameter] = route.parameters
    field = "pk" if parameter in ("pk", "id", "object_id") else parameter
    return "/" + re.sub(r"<[^>]+>", str(getattr(rows[model], field)), route.path)


def send(client: Client, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
    if path.startswith("/api/"):
        return getattr(client, method)(path, body, content_type="application/json")
    return getattr(client, method)(path, body or {}, follow=True)


@pytest.fixture
def as_outsider(outsider: User) -> Client:
    client = Client()
    client.force_login(outsider)
    return client


@pytest.fixture
def as_outside_key(other_brand: Brand) -> Client:
    """A key of another brand, with every scope there is."""
    _, secret = factories.api_key(other_brand, *Scope)
    return Client(headers={"Authorization": f"Api-Key {secret}"})


def snapshot() -> dict[str, list[Any]]:
    models = (Brand, Brief, Batch, Fact, Exemplar, Adapter, TrainingRun, Variant, Screening, Membership)
    everything = (
        *models,
        ApiKey,
        Decision,
        Claim,
        Publication,
        Campaign,
        Rescreen,
        Recheck,
        ScreenMark,
        Comment,
        SecondLook,
        GoldItem,
        Trial,
        Comparison,
    )
    return {model.__name__: list(model._default_manager.order_by("pk").values()) for model in everything}


@by_path(WITH_OBJECT)
def test_an_object_of_another_brand_does_not_exist(
    route: Route, rows: dict[type[Model], Model], as_outsider: Client, as_outside_key: Client
) -> None:
    address = filled(route, rows)
    before = snapshot()
    for method in route.methods:
        assert send(as_outsider, method, address).status_code == 404, method
        if route.is_api:
            assert send(as_outside_key, method, address).status_code == 404, f"key: {method}"
    assert snapshot() == before


@by_path([route for route in WITH_OBJECT if not route.path.startswith(NOBODYS)])
def test_the_object_exists_for_those_whom_it_belongs_to(
    route: Route, rows: dict[type[Model], Model], owner: User
) -> None:
    """A route that answers 404 to everybody would pass the test above without protecting anything."""
    address = filled(route, rows)
    owner.is_superuser = True
    owner.save(update_fields=["is_superuser"])
    client = Client()
    client.force_login(owner)
    for method in route.methods:
        assert send(client, method, address).status_code != 404, method


@by_path(ROUTES)
def test_without_credentials_nothing_is_served(route: Route, rows: dict[type[Model], Model]) -> None:
    if route.path in OPEN_TO_ALL:
        return
    address = filled(route, rows) if route.parameters else f"/{route.path}"
    before = snapshot()
    for method in route.methods:
        answer = send(Client(), method, address) if route.is_api else getattr(Client(), method)(address, {})
        if route.is_api:
            assert answer.status_code == 401, method
        else:
            assert answer.status_code in (301, 302), method
            assert answer["Location"].startswith(("/admin/login/", "/admin/review/room/")), method
    assert snapshot() == before


@by_path(WITHOUT_OBJECT)
def test_no_list_and_no_page_shows_anything_of_another_brand(
    route: Route, rows: dict[type[Model], Model], as_outsider: Client, as_outside_key: Client
) -> None:
    if "get" not in route.methods:
        return
    answer = send(as_outsider, "get", f"/{route.path}")
    assert answer.status_code in (200, 400, 403)
    assert MARK not in answer.content.decode()
    if route.is_api:
        answer = send(as_outside_key, "get", f"/{route.path}")
        assert answer.status_code in (200, 403)
        assert MARK not in answer.content.decode()


@pytest.fixture
def bodies(rows: dict[type[Model], Model]) -> dict[str, dict[str, Any]]:
    """For each address that takes a POST, a faultless body that names something of the brand."""
    line = {"slot": "x.post", "text": "hello", "ad": "1"}
    fact = {"subject": "a", "relation": "b", "object": "c"}
    pending = rows[Claim]
    assert isinstance(pending, Claim)
    return {
        "api/v1/facts/": {"brand": MARK, **fact},
        "api/v1/exemplars/": {"brand": MARK, "lines": [line]},
        "api/v1/campaigns/": {"brand": MARK, "name": "Autumn"},
        "api/v1/briefs/": {"briefs": [{"brand": MARK, "product": "beans", "slots": {"x.post": 1}}]},
        "api/v1/batches/": {"brief": rows[Brief].pk},
        "api/v1/api-keys/": {"brand": MARK, "name": "key", "scopes": ["read"]},
        "api/v1/training-runs/": {"brand": MARK},
        "api/v1/review/claim/": {"brand": MARK},
        "api/v1/review/decisions/": {
            "variant": pending.variant_id,
            "token": str(pending.token),
            "action": "approve",
        },
        "api/v1/review/marks/": {
            "variant": pending.variant_id,
            "kind": "filter_missed",
            "rule": "toxic",
        },
        "api/v1/review/comments/": {"variant": pending.variant_id, "note": "hello"},
        "api/v1/review/gold/": {"variant": pending.variant_id},
        "api/v1/review/trials/": {"challenger": rows[Adapter].pk, "rival": None},
        "api/v1/review/comparisons/": {"brand": MARK},
    }


@by_path([route for route in WITHOUT_OBJECT if route.is_api and "post" in route.methods])
def test_nothing_of_another_brand_can_be_named_in_a_body(
    route: Route,
    bodies: dict[str, dict[str, Any]],
    as_outsider: Client,
    as_outside_key: Client,
) -> None:
    if route.path in OWN_ONLY:
        return
    if route.path not in bodies:
        pytest.fail(f"{route.path}: say in `bodies` how a row of the brand is named")
    before = snapshot()
    assert send(as_outsider, "post", f"/{route.path}", bodies[route.path]).status_code == 404
    # A key is told that the act takes a person before anything is looked up, or else the same 404.
    assert send(as_outside_key, "post", f"/{route.path}", bodies[route.path]).status_code in (
        403,
        404,
    )
    assert snapshot() == before


def test_the_feed_of_another_brand_does_not_exist(
    rows: dict[type[Model], Model], as_outsider: Client, as_outside_key: Client
) -> None:
    assert as_outsider.get("/api/v1/approved/", {"brand": MARK}).status_code == 404
    assert as_outside_key.get("/api/v1/approved/", {"brand": MARK}).status_code == 404


def test_a_member_who_leaves_sees_nothing_any_more(rows: dict[type[Model], Model], owner: User) -> None:
    client = APIClient()
    client.force_login(owner)
    address = f"/api/v1/briefs/{rows[Brief].pk}/"
    assert client.get(address).status_code == 200
    Membership.objects.filter(user=owner).delete()
    assert client.get(address).status_code == 404


def test_roles_of_one_brand_are_worth_nothing_in_another(brand: Brand, other_brand: Brand) -> None:
    """A manager of one brand who only reviews for another writes no facts there."""
    person = factories.member(brand, Role.MANAGER)
    factories.MembershipFactory.create(user=person, brand=other_brand, role=Role.REVIEWER)
    client = APIClient()
    client.force_login(person)
    fact = {"subject": "a", "relation": "b", "object": "c"}
    assert client.post("/api/v1/facts/", {"brand": brand.slug, **fact}).status_code == 201
    assert client.post("/api/v1/facts/", {"brand": other_brand.slug, **fact}).status_code == 403
    assert not Fact.objects.filter(brand=other_brand).exists()


def test_the_walk_finds_the_routes() -> None:
    """Guards the guard: were the walk broken, it would pass by finding nothing."""
    paths = {route.path for route in ROUTES}
    assert {"api/v1/briefs/<pk>/", "admin/adgen/brief/<path:object_id>/change/"} <= paths
    assert "admin/review/room/" in paths
    assert len(WITH_OBJECT) > 50


@by_path(ROUTES)
def test_every_route_is_led_to_by_its_address(route: Route, rows: dict[type[Model], Model]) -> None:
    """Guards the guard: a request that meets another view would test that one instead."""
    address = filled(route, rows) if route.parameters else f"/{route.path}"
    assert resolve(address).func is route.pattern.callback
    if route.is_api:
        assert resolve(address.removesuffix("/")).func is route.pattern.callback
