"""adgen's review queue beside Label Studio's, on the same machine, one after the other and back.

    .venv/bin/python benchmarks/label_studio.py --studio FOLDER

FOLDER is a virtual environment for Label Studio, which has requirements of its own; it is made where it is
missing (pip, about 1.5 GB). Both systems get Postgres, gunicorn with two workers of
eight threads, the same number of pending lines and eight clients, each a person of their own. A client asks
for the next line and decides on it, over HTTP. Prints the figures of both as JSON.

Label Studio: text with one choice, no prediction, telemetry off.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
import urllib.request
import venv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

import psycopg

_ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(_ROOT))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "adgen.settings")

from adgen.postgres import Postgres, temporary_folder  # noqa: E402
from adgen.processes import answers, die_with_parent, free_port, wait_until  # noqa: E402
from review.bench import p95  # noqa: E402
from review.bench.site import Site, cpu_ms  # noqa: E402

VERSIONS = ("label-studio==1.23.2", "gunicorn==27.0.1")
_WORKERS, _THREADS, _ROUNDS = 2, 8, 3
_IMPORT_AT_ONCE = 5_000
_ADMIN, _PASSWORD, _TOKEN = (
    "owner@example.com",
    "a long enough password",
    "0123456789abcdef0123456789abcdef01234567",
)
_CONFIG = """<View><Text name="text" value="$text"/><Choices name="verdict" toName="text">
<Choice value="approve"/><Choice value="reject"/></Choices></View>"""
_RESULT = {"from_name": "verdict", "to_name": "text", "type": "choices", "value": {"choices": ["approve"]}}


class Studio:
    """One installation of Label Studio, with its database on `postgres`."""

    def __init__(self, folder: Path, home: Path, postgres: Postgres) -> None:
        self._python = folder / "bin" / "python"
        if not self._python.exists():
            venv.create(folder, with_pip=True)
            _run(self._python, "-m", "pip", "install", "--quiet", *VERSIONS)
        with psycopg.connect(postgres.url, autocommit=True) as server:
            server.execute("CREATE DATABASE studio")
        self._database = postgres.url.rpartition("/")[0] + "/studio"
        self._log = home / "studio.log"
        self._code = next(folder.glob("lib/python*/site-packages/label_studio"))
        self._env = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "core.settings.label_studio",
            "PYTHONPATH": str(self._code),
            "DJANGO_DB": "default",
            "POSTGRE_NAME": "studio",
            "POSTGRE_USER": "adgen",
            "POSTGRE_PASSWORD": "",
            "POSTGRE_HOST": "127.0.0.1",
            "POSTGRE_PORT": str(postgres.port),
            "LABEL_STUDIO_BASE_DATA_DIR": str(home / "studio"),
            "COLLECT_ANALYTICS": "false",
            "SENTRY_DSN": "",
            "FRONTEND_SENTRY_DSN": "",
            "LATEST_VERSION_CHECK": "false",
            "LABEL_STUDIO_ENABLE_LEGACY_API_TOKEN": "true",
        }
        self.tokens: list[str] = []
        self.project = 0

    def fill(self, *, tasks: int, people: int) -> None:
        """Make the database, the people and a project with `tasks`."""
        with self._started() as port:
            self.tokens = [self._person(port, number) for number in range(people)]
            project = _ask(
                port, _TOKEN, "POST", "/api/projects/", {"title": "queue", "label_config": _CONFIG}
            )
            self.project = project["id"]
            path = f"/api/projects/{self.project}/import?commit_to_project=true&return_task_ids=false"
            for start in range(0, tasks, _IMPORT_AT_ONCE):
                numbers = range(start, min(tasks, start + _IMPORT_AT_ONCE))
                _ask(
                    port,
                    _TOKEN,
                    "POST",
                    path,
                    [{"text": f"Sourdough {number}, baked today"} for number in numbers],
                )

    def work(self, *, decisions: int) -> dict[str, Any]:
        """Let every person take and decide their share of `decisions`."""
        each = max(1, decisions // len(self.tokens))
        with self._serving() as (port, master):
            self._clients(port, 2)
            before = cpu_ms(master)
            told = self._clients(port, each)
            spent = cpu_ms(master) - before
        return {
            "claims": [ms for one in told for ms in one["claims"]],
            "decided": [task for one in told for task in one["decided"]],
            "errors": sum(one["errors"] for one in told),
            "seconds": max(one["ended"] for one in told) - min(one["began"] for one in told),
            "cpu_ms": spent,
        }

    def _clients(self, port: int, each: int) -> list[dict[str, Any]]:
        command = [sys.executable, __file__, "client", str(port), str(self.project), str(each)]
        running = [
            subprocess.Popen([*command, token], stdout=subprocess.PIPE, preexec_fn=die_with_parent)  # noqa: S603
            for token in self.tokens
        ]
        return [json.loads(client.communicate()[0]) for client in running]

    def _person(self, port: int, number: int) -> str:
        """Sign a person up; returns their token. Locks are by person: one token would get one task."""
        given = {"email": f"reviewer{number}@example.com", "username": f"reviewer{number}"}
        person = _ask(port, _TOKEN, "POST", "/api/users/", given)
        with psycopg.connect(self._database, autocommit=True) as database:
            row = database.execute(
                "SELECT key FROM authtoken_token WHERE user_id = %s", [person["id"]]
            ).fetchone()
        if row is None:
            raise RuntimeError("Label Studio made no token for a new user.")
        return str(row[0])

    @contextmanager
    def _started(self) -> Iterator[int]:
        """Label Studio as its own command starts it: this makes the tables and the first user."""
        port = free_port()
        command = [
            *(self._python, "-m", "label_studio.server", "start", "-b", "-p", str(port)),
            *("--internal-host", "127.0.0.1", "--username", _ADMIN, "--password", _PASSWORD),
            *("--user-token", _TOKEN, "--enable-legacy-api-token"),
        ]
        env = {
            key: value
            for key, value in self._env.items()
            if key not in {"PYTHONPATH", "DJANGO_SETTINGS_MODULE"}
        }
        with self._process(command, env):
            wait_until(lambda: answers(port), what="Label Studio answers", seconds=600)
            yield port

    @contextmanager
    def _serving(self) -> Iterator[tuple[int, int]]:
        port = free_port()
        command = [
            *(
                self._python,
                "-m",
                "gunicorn",
                "core.wsgi",
                "--bind",
                f"127.0.0.1:{port}",
                "--log-level",
                "warning",
            ),
            *(
                "--workers",
                str(_WORKERS),
                "--threads",
                str(_THREADS),
                "--no-control-socket",
                "--timeout",
                "300",
            ),
        ]
        with self._process(command, self._env) as process:
            wait_until(lambda: answers(port), what="gunicorn answers")
            _ask(port, self.tokens[0], "GET", "/api/projects/")
            yield port, process.pid

    @contextmanager
    def _process(self, command: list[Any], env: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
        with self._log.open("ab") as log:
            process = subprocess.Popen(  # noqa: S603
                command, cwd=self._code, env=env, stdout=log, stderr=log, preexec_fn=die_with_parent
            )
        try:
            yield process
        finally:
            process.terminate()
            process.wait()


def client(port: int, project: int, times: int, token: str) -> None:
    """One person at work; prints what they saw as JSON."""
    claims, decided, errors = [], [], 0
    began = time.monotonic()
    for _ in range(times):
        start = time.perf_counter()
        try:
            task = _ask(port, token, "GET", f"/api/projects/{project}/next")["id"]
            claims.append(1000 * (time.perf_counter() - start))
            path = f"/api/tasks/{task}/annotations/?project={project}"
            _ask(port, token, "POST", path, {"result": [_RESULT]})
            decided.append(task)
        except OSError:
            errors += 1
    json.dump(
        {"claims": claims, "decided": decided, "errors": errors, "began": began, "ended": time.monotonic()},
        sys.stdout,
    )


def compare(studio_folder: Path, *, lines: int, clients: int, decisions: int) -> dict[str, Any]:
    """Figures of both systems with `lines` pending; they take turns."""
    with temporary_folder() as home:
        (home / "postgres").mkdir()
        postgres = Postgres(home / "postgres", shared_buffers="512MB")
        postgres.start()
        try:
            studio = Studio(studio_folder, home, postgres)
            studio.fill(tasks=lines, people=clients)
            site = Site(home / "adgen", database=postgres.url.rpartition("/")[0] + "/adgen_queue")
            site.fill(pending=lines, brands=1, reviewers=clients)
            theirs, ours = [], []
            for _ in range(_ROUNDS):
                theirs.append(studio.work(decisions=decisions // _ROUNDS))
                # We take more turns in the same time: what is quick needs many to be measured.
                ours.append(vars(site.work(clients=clients, decisions=4 * decisions // _ROUNDS)))
            figures = {"adgen": _figures(ours), "label_studio": _figures(theirs)}
        finally:
            postgres.stop()
    load = "{:.1f} {:.1f} {:.1f}".format(*os.getloadavg())
    return {"lines": lines, "clients": clients, "cores": os.cpu_count(), "load": load, **figures}


def _figures(rounds: list[dict[str, Any]]) -> dict[str, float]:
    claims = [ms for one in rounds for ms in one["claims"]]
    decided = [line for one in rounds for line in one["decided"]]
    return {
        "next_p50_ms": round(median(claims), 1),
        "next_p95_ms": round(p95(claims), 1),
        "decisions_per_s": round(len(decided) / sum(one["seconds"] for one in rounds), 1),
        "cpu_ms_per_decision": round(sum(one["cpu_ms"] for one in rounds) / len(decided), 1),
        "decisions": len(decided),
        "doubles": len(decided) - len(set(decided)),
        "errors": sum(one["errors"] for one in rounds),
    }


def _ask(port: int, token: str, method: str, path: str, body: Any = None) -> Any:
    """The JSON that Label Studio answers with; raises OSError on any other status than 2xx."""
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}{path}",
        method=method,
        data=None if body is None else json.dumps(body).encode(),
        headers={"Authorization": f"Token {token}", "Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=300) as answer:  # noqa: S310
        return json.load(answer)


def _run(*command: Any) -> None:
    subprocess.run(command, check=True)  # noqa: S603


def main() -> None:
    if sys.argv[1:2] == ["client"]:
        port, project, times, token = sys.argv[2:]
        return client(int(port), int(project), int(times), token)
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--studio", type=Path, required=True, help="virtual environment of Label Studio")
    parser.add_argument("--lines", type=int, default=10_000, help="pending lines in each system")
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument(
        "--decisions", type=int, default=240, help="of Label Studio; adgen makes four times as many"
    )
    given = parser.parse_args()
    figures = compare(given.studio, lines=given.lines, clients=given.clients, decisions=given.decisions)
    print(json.dumps(figures, indent=2))


if __name__ == "__main__":
    main()
