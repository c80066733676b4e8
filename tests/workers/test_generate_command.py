"""`manage.py generate`: refusals that say what to mend, and lines that programs can read."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from adgen.channels import slot_format
from adgen.models import AdapterStatus
from tests.factories import AdapterFactory, BrandFactory
from workers.management.commands.generate import champion_digest

BRIEF: dict[str, Any] = {
    "brand": {"name": "Nordlys Coffee", "voice": "dry, warm"},
    "product": "espresso subscription",
    "audience": "home baristas",
    "messages": ["roasted on Mondays", "skip any month"],
    "offer": "first bag half price",
    "tone": "playful",
    "must_avoid": ["cheap"],
    "slots": {"google_rsa.headline": 30, "meta.primary_text": 5},
}


def refusal(path: Path, **options: object) -> str:
    """The message that `generate` refuses with, having written nothing."""
    out = StringIO()
    with pytest.raises(CommandError) as error:
        call_command("generate", str(path), stdout=out, **options)
    assert out.getvalue() == ""
    return str(error.value)


def test_every_fault_of_a_brief_is_listed_by_field(tmp_path: Path) -> None:
    path = tmp_path / "brief.json"
    path.write_text(json.dumps(BRIEF | {"product": "", "tome": "x", "slots": {"google_rsa.headline": 0}}))
    message = refusal(path)
    for part in (str(path), "product: Required: 1 to 120", "tome: Unknown field", "slots: ", "1 to 500"):
        assert part in message


@pytest.mark.parametrize("content", [b"{'single': 'quotes'}", b"\xff\xfe{", b"", b"[" * 100_000])
def test_what_is_not_json_is_said_to_be_none(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "brief.json"
    path.write_bytes(content)
    assert "is not JSON in UTF-8" in refusal(path)


def test_a_missing_file_and_a_huge_one_are_refused(tmp_path: Path) -> None:
    assert "No such file" in refusal(tmp_path / "missing.json")
    (tmp_path / "huge.json").write_bytes(b" " * 1_000_001)
    assert "1,000,000 bytes" in refusal(tmp_path / "huge.json")


@pytest.mark.parametrize("count", [0, -1, 501])
def test_the_count_has_limits(tmp_path: Path, count: int) -> None:
    path = tmp_path / "brief.json"
    path.write_text(json.dumps(BRIEF))
    assert "1 to 500" in refusal(path, count=count)


@pytest.mark.django_db
def test_the_champion_of_the_brand_writes() -> None:
    brand = BrandFactory(name="Nordlys Coffee", slug="nordlys")
    AdapterFactory(brand=brand, status=AdapterStatus.RETIRED)
    AdapterFactory(brand=brand, status=AdapterStatus.CHAMPION, digest="c" * 64)
    assert champion_digest("Nordlys Coffee") == champion_digest("nordlys") == "c" * 64
    assert champion_digest("Another Brand") is None


def started(path: Path, *options: str) -> subprocess.Popen[bytes]:
    """The command as a person starts it, with pipes for a reader."""
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONUNBUFFERED"}
    return subprocess.Popen(
        [sys.executable, str(settings.BASE_DIR / "manage.py"), "generate", str(path), *options],
        cwd=path.parent,
        env=environment | {"ADGEN_VAR": str(path.parent / "var")},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        # Tests that run in the background of a shell ignore Ctrl-C, and their children would too.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )


@pytest.fixture
def barest(tmp_path: Path) -> Path:
    path = tmp_path / "brief.json"
    bare = {"brand": "Nordlys Coffee", "product": "espresso subscription", "slots": {"meta.headline": 1}}
    path.write_text(json.dumps(bare))
    return path


@pytest.mark.long
def test_the_first_lines_are_read_early_and_a_reader_may_leave(barest: Path) -> None:
    with started(barest, "--jsonl", "--count", "200") as process:
        assert process.stdout is not None
        first = os.read(process.stdout.fileno(), 1_000_000)
        process.stdout.close()
        _, errors = process.communicate(timeout=120)
    assert first.count(b"\n") < 16
    assert process.returncode == 0, errors
    assert b"Traceback" not in errors


@pytest.mark.long
def test_ctrl_c_ends_it_with_a_word(barest: Path) -> None:
    with started(barest, "--count", "500") as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=120)
    assert process.returncode == 130
    assert errors.endswith(b"Stopped.\n")
    assert b"Traceback" not in errors


def test_a_brief_becomes_screened_lines_without_any_database(tmp_path: Path) -> None:
    path = tmp_path / "brief.json"
    path.write_text(json.dumps(BRIEF))
    environment = os.environ | {
        "ADGEN_VAR": str(tmp_path / "var"),
        "DATABASE_URL": "postgres://127.0.0.1:1/none",
    }
    outcome = subprocess.run(
        [sys.executable, "manage.py", "generate", str(path), "--jsonl", "--count", "4"],
        cwd=settings.BASE_DIR,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    lines = [json.loads(line) for line in outcome.stdout.splitlines()]
    assert [line["id"] for line in lines] == list(range(1, 9))
    assert len({line["text"] for line in lines}) == 8
    for line in lines:
        assert set(line) == {
            *("id", "slot", "text", "width", "limit", "verdict", "findings"),
            *("adapter", "angle", "seed", "quality"),
        }
        assert line["width"] == slot_format(line["slot"]).width(line["text"]) <= line["limit"]
        assert line["verdict"] in {"pass", "flag", "block"}
        assert line["adapter"] is None
        assert isinstance(line["quality"], float)
    assert "8/8" in outcome.stderr
    assert "8 of 8 candidates" in outcome.stderr
