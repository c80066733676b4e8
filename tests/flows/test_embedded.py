"""Embedded mode as a person meets it: `manage.py serve` on SQLite, spoken to over HTTP only."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from adgen.processes import answers, free_port, wait_until
from tests.processes import ROOT, Client, Process, environment
from tests.seed import seed

SLOTS = {"google_rsa.headline": 6, "google_rsa.description": 2}


class Serving:
    """`manage.py serve` in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self.env = environment(folder / "var", ADGEN_CHUNK_SIZE="2")
        command = [sys.executable, str(ROOT / "manage.py"), "serve", "--port", str(self.port)]
        self.process = Process("serve", command, folder=folder, env=self.env, stop_signal=signal.SIGINT)

    def start(self) -> None:
        self.process.start()
        wait_until(lambda: answers(self.port), what="serve answers")

    def worker(self) -> int:
        """The worker's pid."""
        commands = {pid: Path(f"/proc/{pid}/cmdline").read_bytes() for pid in self.process.children()}
        (pid,) = (pid for pid, command in commands.items() if b"worker" in command.split(b"\0"))
        return pid


@pytest.fixture
def serving(tmp_path: Path) -> Iterator[Serving]:
    serving = Serving(tmp_path)
    serving.start()
    try:
        yield serving
    finally:
        serving.process.stop()
        # Shown where the test failed.
        print(serving.process.output())
        for log in (tmp_path / "var" / "log").glob("*.log"):
            print(f"== {log.name}\n{log.read_text()[-4000:]}")


@pytest.fixture
def demo(serving: Serving) -> dict[str, Any]:
    return seed(serving.env)


@pytest.mark.long
def test_a_brief_becomes_approved_copy_though_its_worker_is_killed(
    serving: Serving, demo: dict[str, Any]
) -> None:
    marketer = Client.person(serving.port, "demo-marketer", demo["passwords"]["demo-marketer"])
    integration = Client.integration(serving.port, demo["api_key"])
    reviewer = Client.person(serving.port, "demo-reviewer", demo["passwords"]["demo-reviewer"])
    brief = {"brand": demo["brand"], "product": "espresso subscription", "slots": SLOTS}
    (stored,) = marketer.post("briefs/", briefs=[brief])
    batch = marketer.post("batches/", brief=stored["id"])["id"]

    def progress() -> dict[str, Any]:
        answer: dict[str, Any] = integration.get(f"batches/{batch}/")
        return answer

    # In the middle of the batch, whatever it is doing.
    wait_until(lambda: progress()["progress"]["written"], what="the first line")
    os.kill(serving.worker(), signal.SIGKILL)
    wait_until(lambda: serving.process.returncode is not None, what="serve notices")
    assert serving.process.returncode == 1
    assert "worker stopped by itself" in serving.process.output()

    serving.start()
    wait_until(lambda: progress()["state"] == "done", what="the batch ends")
    counts = progress()["progress"]
    assert counts["written"] + counts["shortfall"] == sum(SLOTS.values())
    assert counts["screened"] == counts["written"] > 0
    lines = marketer.get(f"variants/?batch={batch}")["results"]
    assert len({line["index"] for line in lines}) == len(lines) == counts["written"]
    assert len({(line["slot"], line["text"]) for line in lines}) == len(lines)

    claim = reviewer.post("review/claim/")
    reviewer.post("review/decisions/", variant=claim["variant"]["id"], token=claim["token"], action="approve")
    feed = integration.get("approved/")
    assert [(entry["seq"], entry["text"]) for entry in feed["entries"]] == [(1, claim["variant"]["text"])]


def test_ctrl_c_leaves_no_process_behind(serving: Serving) -> None:
    family = [serving.process.pid, *serving.process.children()]
    assert len(family) == 3
    serving.process.stop()
    assert serving.process.returncode == 0
    assert not [pid for pid in family if Path(f"/proc/{pid}").exists()]
    assert not answers(serving.port)


def test_not_even_a_kill_leaves_a_process_behind(serving: Serving) -> None:
    children = serving.process.children()
    os.kill(serving.process.pid, signal.SIGKILL)
    wait_until(lambda: serving.process.returncode is not None, what="serve ends")
    wait_until(lambda: not answers(serving.port), what="the web server ends")
    wait_until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in children), what="its children end")
