"""`verify_audit`: the audit log cannot be changed, and where somebody did so all the same, it shows."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction

from adgen.append_only import protect, unprotect
from adgen.models import AuditChain, AuditEvent, Brand, Scope
from adgen.services.brands import brand_change
from tests.factories import api_key

TABLE = "adgen_auditevent"


@pytest.fixture
def chain(brand: Brand, owner: User, other_brand: Brand) -> Brand:
    """A brand whose chain has six events; the other's has none."""
    for number in range(5):
        brand.voice = f"voice {number}"
        brand_change(brand=brand, fields=["voice"], by=owner)
    return brand


@contextmanager
def as_an_intruder() -> Iterator[None]:
    """With the triggers out of the way."""
    unprotect(connection, TABLE)
    yield
    protect(connection, TABLE)


def event(brand: Brand, sequence: int) -> Any:
    return AuditEvent.objects.filter(brand=brand, sequence=sequence)


def verify(*args: str) -> dict[str, Any]:
    """What the command prints; it fails where that has faults, and only there."""
    stdout, failed = StringIO(), False
    try:
        call_command("verify_audit", *args, stdout=stdout, stderr=StringIO())
    except CommandError as error:
        failed = error.returncode == 1
    printed: dict[str, Any] = json.loads(stdout.getvalue())
    assert failed == bool(printed["faults"])
    return printed


def faults(*args: str) -> list[tuple[int, str]]:
    return [(fault["event"], fault["fault"]) for fault in verify(*args)["faults"]]


def test_the_database_refuses_to_change_or_delete_events(chain: Brand) -> None:
    for change in (lambda: event(chain, 3).update(actor_name="nobody"), lambda: event(chain, 3).delete()):
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            change()
    assert event(chain, 3).get().actor_name == "owner"


def test_a_sound_log_is_told_chain_by_chain(chain: Brand, other_brand: Brand) -> None:
    head = AuditChain.objects.get(key=chain.pk)
    assert verify()["chains"] == [
        {"chain": "installation", "events": 0, "hash": ""},
        {"chain": "nordlys", "events": 6, "hash": head.hash},
        {"chain": "fjell", "events": 0, "hash": ""},
    ]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("actor_name", "nobody"),
        ("action", "undo"),
        ("subject_id", "99"),
        ("details", {"voice": {"from": "a", "to": "b"}}),
        ("at", "2026-01-01T00:00:00+00:00"),
    ],
)
def test_a_changed_event_is_found(chain: Brand, field: str, value: Any) -> None:
    with as_an_intruder():
        event(chain, 3).update(**{field: value})
    assert faults() == [(3, "was changed: its content does not give its hash")]


def test_a_changed_event_with_a_hash_that_fits_is_found_by_the_next(chain: Brand) -> None:
    forged = event(chain, 3).get()
    forged.actor_name = "nobody"
    with as_an_intruder():
        event(chain, 3).update(actor_name=forged.actor_name, hash=forged.digest())
    assert faults() == [(4, "does not follow number 3: that has another hash")]


def test_a_changed_last_event_with_a_hash_that_fits_is_found_by_the_head(chain: Brand) -> None:
    forged = event(chain, 6).get()
    forged.actor_name = "nobody"
    with as_an_intruder():
        event(chain, 6).update(actor_name=forged.actor_name, hash=forged.digest())
    assert faults() == [(6, "the head of the chain has another hash than its last event")]


def test_a_deleted_event_is_missed(chain: Brand) -> None:
    with as_an_intruder():
        event(chain, 1).delete()
        event(chain, 4).delete()
    assert faults() == [
        (2, "events are missing between number 0 and this one"),
        (5, "events are missing between number 3 and this one"),
    ]


def test_a_chain_that_was_cut_short_is_found(chain: Brand) -> None:
    with as_an_intruder():
        AuditEvent.objects.filter(brand=chain, sequence__gt=4).delete()
    assert faults() == [(6, "the events after number 4 are cut off")]


def test_a_head_that_was_set_back_or_removed_is_found(chain: Brand) -> None:
    AuditChain.objects.filter(key=chain.pk).update(sequence=5, hash=event(chain, 5).get().hash)
    assert faults() == [(5, "the head of the chain was set back: there are events up to 6")]
    AuditChain.objects.filter(key=chain.pk).delete()
    assert faults() == [(0, "the head of the chain was set back: there are events up to 6")]


def test_an_anchor_shows_what_was_cut_off_together_with_the_head(chain: Brand, tmp_path: Path) -> None:
    anchor = tmp_path / "heads.json"
    assert verify("--anchor", str(anchor))["faults"] == []
    with as_an_intruder():
        event(chain, 6).delete()
        AuditChain.objects.filter(key=chain.pk).update(sequence=5, hash=event(chain, 5).get().hash)
    assert faults() == []
    kept = anchor.read_text()
    assert faults("--anchor", str(anchor)) == [(6, "the anchor was set here; the chain ends at 5 now")]
    assert anchor.read_text() == kept


def test_an_anchor_shows_a_chain_that_was_forged_from_an_event_on(chain: Brand, tmp_path: Path) -> None:
    anchor = tmp_path / "heads.json"
    verify("--anchor", str(anchor))
    last = event(chain, 6).get()
    last.actor_name = "nobody"
    with as_an_intruder():
        event(chain, 6).update(actor_name="nobody", hash=last.digest())
    AuditChain.objects.filter(key=chain.pk).update(hash=last.digest())
    assert faults() == []
    assert faults("--anchor", str(anchor)) == [
        (6, "is not the event that the anchor was set on: the hashes differ")
    ]


def test_an_anchor_moves_on_with_a_sound_log(chain: Brand, owner: User, tmp_path: Path) -> None:
    anchor = tmp_path / "heads.json"
    verify("--anchor", str(anchor))
    api_key(chain, Scope.READ)
    verify("--brand", "nordlys", "--anchor", str(anchor))
    kept = json.loads(anchor.read_text())
    assert kept[str(chain.pk)]["sequence"] == 7
    assert kept["0"]["sequence"] == 0


def test_an_anchor_remembers_a_chain_that_is_gone(chain: Brand, tmp_path: Path) -> None:
    anchor = tmp_path / "heads.json"
    anchor.write_text('{"4711": {"sequence": 3, "hash": "ab"}}')
    [fault] = verify("--anchor", str(anchor))["faults"]
    assert fault == {
        "chain": "chain 4711",
        "event": 3,
        "fault": "the anchor was set here; the chain is gone",
    }


@pytest.mark.parametrize("content", ["", "[]", '{"x": {}}', '{"1": {"sequence": 1}}'])
def test_a_file_that_is_no_anchor_is_refused_and_left_alone(
    chain: Brand, tmp_path: Path, content: str
) -> None:
    file = tmp_path / "notes.txt"
    file.write_text(content)
    with pytest.raises(CommandError, match="no anchor"):
        call_command("verify_audit", "--anchor", str(file))
    assert file.read_text() == content


def test_one_brand_alone(chain: Brand) -> None:
    with as_an_intruder():
        event(chain, 3).delete()
    assert [told["chain"] for told in verify("--brand", "fjell")["chains"]] == ["fjell"]
    with pytest.raises(CommandError, match="Known: nordlys, fjell"):
        call_command("verify_audit", "--brand", "nowhere")


def test_a_long_chain_is_read_in_batches(chain: Brand, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("adgen.selectors.audit._BATCH", 4)
    assert verify()["chains"][1]["events"] == 6
