"""`manage.py screen`: a line in, a line out, and nothing but JSON on standard output."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from tests.processes import ROOT
from workers import runtime
from workers.screen.screener import Screener


@pytest.fixture
def screened(tmp_path: Path, screener: Screener, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Runs the command over some bytes in this process, with the screen that the tests share."""
    monkeypatch.setattr(runtime, "screener", lambda: screener)

    def run(content: bytes, *options: str) -> list[str]:
        path = tmp_path / "texts"
        path.write_bytes(content)
        out = StringIO()
        call_command("screen", str(path), *options, stdout=out)
        return out.getvalue().splitlines()

    return run


def test_as_a_program_without_a_database(starter: tuple[Path, str], tmp_path: Path) -> None:
    (tmp_path / "screen").symlink_to(starter[0].parent)
    done = subprocess.run(
        [sys.executable, "manage.py", "screen", "--jsonl"],
        cwd=ROOT,
        env=os.environ | {"ADGEN_VAR": str(tmp_path), "DATABASE_URL": "postgres://nobody@127.0.0.1:1/none"},
        input=b"Fresh coffee\n\nYou stupid worthless idiot, shut up\n",
        capture_output=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr.decode()
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert [row["text"] for row in rows] == ["Fresh coffee", "", "You stupid worthless idiot, shut up"]
    assert [row["verdict"] for row in rows][:2] == ["pass", "block"]
    assert rows[2]["verdict"] in ("flag", "block")
    assert set(rows[2]) == {"text", "verdict", "scores", "findings"}
    assert set(rows[2]["scores"]) == {"toxicity", "identity_attack"}
    assert set(rows[2]["findings"][0]) == {"rule", "severity", "start", "end", "message"}
    assert b"3 texts" in done.stderr
    assert b"Loading" not in done.stderr


def test_every_line_is_one_text_whatever_is_in_it(screened: Any) -> None:
    content = "\ufeffone\r\ntwo \u2028 still two \x85 \x0b\n\n\u202e\U0001f9a9".encode() + b" \xff\xfe"
    rows = [json.loads(line) for line in screened(content, "--jsonl")]
    assert [row["text"] for row in rows] == [
        "one",
        "two \u2028 still two \x85 \x0b",
        "",
        "\u202e\U0001f9a9 \ufffd\ufffd",
    ]
    assert "text.undecodable" in [finding["rule"] for finding in rows[3]["findings"]]


def test_nothing_in_nothing_out(screened: Any) -> None:
    assert screened(b"", "--jsonl") == []


def test_a_table_for_people(screened: Any) -> None:
    good, bad = screened(b"Fresh coffee\n\x1b[31m" + b"x" * 200 + b"\n")
    assert good.startswith("pass   Fresh coffee")
    assert "toxicity 0." in good
    assert bad.startswith("flag")
    assert "\x1b" not in bad
    assert "cannot see" in bad


def test_more_lines_than_are_read_at_once(screened: Any) -> None:
    assert len(screened(b"Fresh coffee\n" * 1500, "--jsonl")) == 1500


@pytest.mark.parametrize(("name", "fault"), [("nothing", "No such file"), (".", "Is a directory")])
def test_a_file_that_cannot_be_read_is_refused_in_one_line(
    tmp_path: Path, name: str, fault: str, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(CommandError, match=fault):
        call_command("screen", str(tmp_path / name))
    assert capfd.readouterr() == ("", "")


def test_a_line_that_never_ends(screened: Any) -> None:
    with pytest.raises(CommandError, match="Line 2 is longer than 400000 bytes"):
        screened(b"Fresh coffee\n" + b"x" * 400_001)
