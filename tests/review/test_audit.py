"""Each act that has to be accounted for leaves one event, whichever door it came in by."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from adgen.errors import StateConflict
from adgen.models import (
    AuditAction,
    AuditChain,
    AuditEvent,
    Batch,
    Brand,
    Membership,
    Recheck,
    Role,
    Scope,
    TrainingRun,
    Variant,
    VariantState,
    WorkState,
)
from adgen.services.training import training_run_finish
from adgen.services.variants import variant_release
from review.models import Action, Choice, Decision
from review.services.comparisons import comparison_choose, comparison_next, trial_close, trial_open
from review.services.decisions import decision_record, line_retract
from review.services.gold import gold_mark, gold_remove
from review.services.judgements import Judgement
from review.services.rechecks import recheck_keep
from review.services.second_look import dispute_settle
from tests import work
from tests.factories import (
    AdapterFactory,
    TrainingRunFactory,
    UserFactory,
    api_key,
    member,
    screened_variant,
)
from tests.review.acts import claim, decide, disputed, edit, expire, publish_edit, reject, screen, undo_last

Act = Callable[[], object]


@dataclass
class Stage:
    """The cast and their doors."""

    brand: Brand
    batch: Batch
    reviewer: User
    owner: User
    as_owner: Client
    as_root: Client


@pytest.fixture
def stage(brand: Brand, batch: Batch, reviewer: User, owner: User, variants: list[Variant]) -> Stage:
    as_owner, as_root = Client(), Client()
    as_owner.force_login(owner)
    as_root.force_login(User.objects.create_superuser("root"))
    return Stage(brand, batch, reviewer, owner, as_owner, as_root)


def last_event() -> AuditEvent:
    return AuditEvent.objects.latest("id")


# Each prepares its act and returns it, with the name of who will have done it.


def decision(stage: Stage) -> tuple[Act, str]:
    return lambda: reject(stage.reviewer), "reviewer"


def undo(stage: Stage) -> tuple[Act, str]:
    decide(stage.reviewer, Action.APPROVE)
    return lambda: undo_last(stage.reviewer), "reviewer"


def publication(stage: Stage) -> tuple[Act, str]:
    edited = edit(stage.reviewer)
    screen(edited)
    return lambda: publish_edit(edited), "system"


def retraction(stage: Stage) -> tuple[Act, str]:
    variant = decide(stage.reviewer, Action.APPROVE).variant
    return lambda: line_retract(reviewer=stage.owner, variant=variant, note="recalled"), "owner"


def line_released(stage: Stage) -> tuple[Act, str]:
    blocked = screened_variant(batch=stage.batch, state=VariantState.BLOCKED, verdict="block", index=99)
    return lambda: variant_release(variant=blocked, manager=stage.owner, note="is our name"), "owner"


def line_kept(stage: Stage) -> tuple[Act, str]:
    variant = decide(stage.reviewer, Action.APPROVE).variant
    recheck = Recheck.objects.create(
        variant=variant, brand=stage.brand, screening=variant.screenings.latest("id")
    )
    return lambda: recheck_keep(recheck=recheck, reviewer=stage.reviewer, note="has proof"), "reviewer"


def adapter_promoted(stage: Stage) -> tuple[Act, str]:
    adapter = AdapterFactory.create(brand=stage.brand)
    return lambda: stage.as_owner.post(f"/admin/adgen/adapter/{adapter.pk}/promote/"), "owner"


def role_granted(stage: Stage) -> tuple[Act, str]:
    form = {"user": UserFactory.create().pk, "brand": stage.brand.pk, "role": "reviewer"}
    return lambda: stage.as_root.post("/admin/adgen/membership/add/", form), "root"


def role_removed(stage: Stage) -> tuple[Act, str]:
    membership = Membership.objects.get(user=stage.reviewer)
    address = f"/admin/adgen/membership/{membership.pk}/delete/"
    return lambda: stage.as_root.post(address, {"post": "yes"}), "root"


def access_changed(stage: Stage) -> tuple[Act, str]:
    form = {
        "username": "owner",
        "is_active": "on",
        "is_staff": "on",
        "is_superuser": "on",
        "date_joined_0": "2026-01-01",
        "date_joined_1": "12:00:00",
    }
    return lambda: stage.as_root.post(f"/admin/auth/user/{stage.owner.pk}/change/", form), "root"


def key_created(stage: Stage) -> tuple[Act, str]:
    form = {"brand": stage.brand.pk, "name": "shop", "scopes": ["feed"]}
    return lambda: stage.as_owner.post("/admin/adgen/apikey/add/", form), "owner"


def key_revoked(stage: Stage) -> tuple[Act, str]:
    key, _ = api_key(stage.brand, Scope.FEED)
    return lambda: stage.as_owner.delete(f"/api/v1/api-keys/{key.prefix}/"), "owner"


def same_brand(stage: Stage) -> dict[str, Any]:
    """The form of a brand as it is."""
    fields = ("name", "slug", "language", "voice", "four_eyes", "gold_percent")
    return {field: getattr(stage.brand, field) for field in fields}


def dispute_settled(stage: Stage) -> tuple[Act, str]:
    look = disputed(stage.brand, stage.reviewer, member(stage.brand, Role.REVIEWER))
    given = Judgement(Action.APPROVE)
    return lambda: dispute_settle(manager=stage.owner, look=look, given=given), "owner"


def gold_marked(stage: Stage) -> tuple[Act, str]:
    variant = decide(stage.reviewer, Action.APPROVE).variant
    return lambda: gold_mark(manager=stage.owner, variant=variant), "owner"


def gold_removed(stage: Stage) -> tuple[Act, str]:
    item = gold_mark(manager=stage.owner, variant=reject(stage.reviewer).variant)
    return lambda: gold_remove(manager=stage.owner, item=item), "owner"


def trial_opened(stage: Stage) -> tuple[Act, str]:
    adapter = AdapterFactory.create(brand=stage.brand)
    return lambda: trial_open(manager=stage.owner, challenger=adapter, rival=None), "owner"


def trial_closed(stage: Stage) -> tuple[Act, str]:
    trial = trial_open(manager=stage.owner, challenger=AdapterFactory.create(brand=stage.brand), rival=None)
    return lambda: trial_close(manager=stage.owner, trial=trial), "owner"


def comparison(stage: Stage) -> tuple[Act, str]:
    adapter = AdapterFactory.create(brand=stage.brand)
    screened_variant(batch=stage.batch, index=99, adapter=adapter)
    trial_open(manager=stage.owner, challenger=adapter, rival=None)
    pair = comparison_next(reviewer=stage.reviewer, brand=stage.brand)
    assert pair
    return lambda: comparison_choose(reviewer=stage.reviewer, comparison=pair, choice=Choice.LEFT), "reviewer"


def pairs_exported(stage: Stage) -> tuple[Act, str]:
    return lambda: stage.as_owner.get("/api/v1/review/preferences/?brand=nordlys"), "owner"


def brand_created(stage: Stage) -> tuple[Act, str]:
    form = {"name": "New", "slug": "new", "language": "en", "four_eyes": "all", "gold_percent": 3}
    return lambda: stage.as_root.post("/admin/adgen/brand/add/", form), "root"


def brand_changed(stage: Stage) -> tuple[Act, str]:
    form = {**same_brand(stage), "voice": "wet"}
    return lambda: stage.as_owner.post(f"/admin/adgen/brand/{stage.brand.pk}/change/", form), "owner"


def audit_exported(stage: Stage) -> tuple[Act, str]:
    return lambda: stage.as_owner.post("/admin/audit/export/"), "owner"


ACTS: dict[AuditAction, Callable[[Stage], tuple[Act, str]]] = {
    AuditAction.DECISION: decision,
    AuditAction.UNDO: undo,
    AuditAction.PUBLICATION: publication,
    AuditAction.RETRACTION: retraction,
    AuditAction.LINE_RELEASED: line_released,
    AuditAction.LINE_KEPT: line_kept,
    AuditAction.DISPUTE_SETTLED: dispute_settled,
    AuditAction.GOLD_MARKED: gold_marked,
    AuditAction.GOLD_REMOVED: gold_removed,
    AuditAction.TRIAL_OPENED: trial_opened,
    AuditAction.TRIAL_CLOSED: trial_closed,
    AuditAction.COMPARISON: comparison,
    AuditAction.PAIRS_EXPORTED: pairs_exported,
    AuditAction.ADAPTER_PROMOTED: adapter_promoted,
    AuditAction.ROLE_GRANTED: role_granted,
    AuditAction.ROLE_REMOVED: role_removed,
    AuditAction.ACCESS_CHANGED: access_changed,
    AuditAction.KEY_CREATED: key_created,
    AuditAction.KEY_REVOKED: key_revoked,
    AuditAction.BRAND_CREATED: brand_created,
    AuditAction.BRAND_CHANGED: brand_changed,
    AuditAction.AUDIT_EXPORTED: audit_exported,
}


@pytest.mark.parametrize("action", AuditAction)
def test_each_act_leaves_exactly_one_event(stage: Stage, action: AuditAction) -> None:
    act, actor = ACTS[action](stage)
    before = set(AuditEvent.objects.values_list("pk", flat=True))
    act()
    [event] = AuditEvent.objects.exclude(pk__in=before)
    assert (event.action, event.actor_name) == (action, actor)
    assert event.hash == event.digest()


@pytest.mark.parametrize("given", [Action.APPROVE, Action.EDIT, Action.REJECT, Action.SKIP])
def test_a_decision_is_told_in_full(stage: Stage, given: Action, variants: list[Variant]) -> None:
    fields = {Action.EDIT: {"text": "My line"}, Action.REJECT: {"reason": "other", "note": "no proof"}}
    row = decide(stage.reviewer, given, **fields.get(given, {}))
    event = last_event()
    assert (event.actor, event.subject) == (f"user:{stage.reviewer.pk}", f"variant {row.variant_id}")
    extra: dict[Action, dict[str, object]] = {
        Action.APPROVE: {"feed_entry": 1},
        Action.EDIT: {"edited_text": "My line"},
        Action.REJECT: {"reason": "other", "note": "no proof"},
    }
    told: dict[str, object] = {"decision": row.pk, "action": given, "text": variants[0].text}
    assert event.details == told | extra.get(given, {})


def test_an_undo_names_what_it_took_back_and_the_tombstone(stage: Stage) -> None:
    decide(stage.reviewer, Action.APPROVE)
    row = undo_last(stage.reviewer)
    assert last_event().details["decision"] == row.pk
    assert (last_event().details["action"], last_event().details["feed_entry"]) == ("approve", 2)


def test_a_champion_made_by_its_training_is_the_systems_act(stage: Stage) -> None:
    before = AdapterFactory.create(brand=stage.brand, status="champion")
    run = TrainingRunFactory.create(brand=stage.brand, state=WorkState.QUEUED)
    better = {"heldout_loss": 1.0, "base_loss": 2.0, "champion_loss": 1.5}
    training_run_finish(lease=work.claim(run), digest="ab" * 32, base_sha256="0" * 64, metrics=better)
    event = last_event()
    assert (event.action, event.actor) == (AuditAction.ADAPTER_PROMOTED, "system")
    assert event.details == {"digest": "ab" * 32, "retired": before.digest}
    assert TrainingRun.objects.get(pk=run.pk).state == WorkState.DONE


def test_what_is_refused_leaves_no_event(stage: Stage) -> None:
    lost = claim(stage.reviewer)
    expire(lost)
    before = AuditEvent.objects.count()
    with pytest.raises(StateConflict):
        decision_record(
            reviewer=stage.reviewer, variant=lost.variant, token=lost.token, action=Action.APPROVE
        )
    assert AuditEvent.objects.count() == before


def test_what_changes_nothing_leaves_no_event(stage: Stage) -> None:
    form = same_brand(stage)
    role = {"user": stage.reviewer.pk, "brand": stage.brand.pk, "role": Role.REVIEWER}
    before = AuditEvent.objects.count()
    assert stage.as_owner.post(f"/admin/adgen/brand/{stage.brand.pk}/change/", form).status_code == 302
    stage.as_root.post("/admin/adgen/membership/add/", role)
    assert AuditEvent.objects.count() == before


def test_an_event_that_cannot_be_written_undoes_the_act(stage: Stage) -> None:
    """No act without its event."""
    taken = AuditChain.objects.get(key=stage.brand.pk).sequence + 1
    AuditEvent.objects.create(brand=stage.brand, sequence=taken, at=timezone.now())
    with pytest.raises(DatabaseError), transaction.atomic():
        reject(stage.reviewer)
    assert not Decision.objects.exists()


def test_brands_and_the_installation_have_chains_of_their_own(stage: Stage, outsider: User) -> None:
    access_changed(stage)[0]()
    reject(stage.reviewer)
    for chain in (stage.brand, outsider.memberships.get().brand, None):
        numbers = list(AuditEvent.objects.filter(brand=chain).values_list("sequence", flat=True))
        assert numbers == list(range(1, len(numbers) + 1))
        assert numbers


def test_a_decision_pays_one_insert_and_one_update_for_its_event(stage: Stage) -> None:
    with CaptureQueriesContext(connection) as queries:
        decide(stage.reviewer, Action.APPROVE)
    own = [query["sql"].split()[0] for query in queries if "adgen_audit" in query["sql"]]
    assert own == ["SELECT", "INSERT", "UPDATE"]


@pytest.mark.django_db(transaction=True)
def test_reviewers_at_once_make_one_chain_without_gaps(
    reviewer: User, owner: User, variants: list[Variant], brand: Brand
) -> None:
    held = [(user, claim(user)) for user in (reviewer, owner)]

    def approve(number: int) -> None:
        user, mine = held[number]
        decision_record(reviewer=user, variant=mine.variant, token=mine.token, action=Action.APPROVE)

    work.at_once(2, approve)
    events = list(AuditEvent.objects.filter(brand=brand).order_by("sequence"))
    assert [event.sequence for event in events] == list(range(1, len(events) + 1))
    assert [event.prev_hash for event in events] == ["", *(event.hash for event in events[:-1])]
    assert [event.action for event in events[-2:]] == [AuditAction.DECISION] * 2
