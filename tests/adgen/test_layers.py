"""The borders inside the project: who imports whom, and that the web process stays free of ML libraries."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from adgen.management.commands.bench import BENCHES
from adgen.queue import QUEUE_OF
from tests.processes import ROOT, procfile

HEAVY = ["torch", "transformers", "peft", "detoxify", "safetensors", "tokenizers"]

WEB = """
import json, sys
from adgen.wsgi import application
import adgen.admin, adgen.urls
from django.test import Client
from django.urls import get_resolver

get_resolver().url_patterns
page = Client(headers={"host": "localhost"}).get("/admin/login/")
json.dump({"page": page.content.decode(), "modules": sorted(sys.modules)}, sys.stdout)
"""

WORKER = """
import json, sys
from adgen.celery import app

app.loader.import_default_modules()
tasks = [name for name in app.tasks if not name.startswith("celery.")]
json.dump({"tasks": tasks, "modules": sorted(sys.modules)}, sys.stdout)
"""


def run_python(code: str, var: Path) -> dict[str, Any]:
    """What `code` prints as JSON in a fresh interpreter."""
    env = {**os.environ, "ADGEN_VAR": str(var), "DJANGO_SETTINGS_MODULE": "adgen.settings"}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=env, check=True, stdout=subprocess.PIPE, timeout=120
    )
    printed: dict[str, Any] = json.loads(done.stdout)
    return printed


def test_the_web_process_loads_no_ml_library(tmp_path: Path) -> None:
    web = run_python(WEB, tmp_path)
    assert "Log in" in web["page"]
    assert "review.views" in web["modules"]
    assert set(HEAVY).isdisjoint(web["modules"])


def test_a_worker_knows_every_task_that_is_queued_and_loads_no_ml_library_for_it(tmp_path: Path) -> None:
    worker = run_python(WORKER, tmp_path)
    assert sorted(worker["tasks"]) == sorted(QUEUE_OF)
    assert "workers.tasks" in worker["modules"]
    assert set(HEAVY).isdisjoint(worker["modules"])


def test_every_queue_has_a_worker_in_the_procfile() -> None:
    commands = [command for command in procfile().values() if "--queues" in command]
    consumed = ",".join(command.split("--queues ")[1].split()[0] for command in commands)
    assert sorted(consumed.split(",")) == sorted(set(QUEUE_OF.values()))


def test_imports_keep_to_the_layers() -> None:
    linter = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([linter, "--no-cache"], cwd=ROOT, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def test_every_benchmark_that_is_named_exists() -> None:
    assert all(find_spec(name.rpartition(".")[0]) for name in BENCHES.values())
