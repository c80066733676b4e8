"""One installation with a queue: its database, its web server, and the reviewers that work there."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from adgen.processes import answers, die_with_parent, free_port, wait_until, web_command

_ROOT = Path(__file__).resolve().parent.parent.parent
_ROOM = "/admin/review/room/"
# A page of one brand's waiting lines, from anywhere in the queue on.
_TABLE = "/admin/review/table/?brand=bench-{brand}&after={line}"
_PAGES = 60
_WARM_UP = 5


@dataclass(frozen=True)
class Round:
    """What the clients saw: times in milliseconds, lines by number, `errors` as answers other than wanted."""

    claims: list[float]
    decides: list[float]
    rooms: list[float]
    tables: list[float]
    decided: list[int]
    errors: int
    seconds: float
    cpu_ms: float


class Site:
    """`database` is made anew and filled; logs and all that adgen writes lie in `folder`.

    `sessions` are those of the reviewers, who are signed in.
    """

    def __init__(self, folder: Path, *, database: str) -> None:
        folder.mkdir()
        self._folder = folder
        self.sessions: list[str] = []
        self._tables: list[str] = []
        self._env = {
            **os.environ,
            "ADGEN_VAR": str(folder),
            "DATABASE_URL": database,
            "REDIS_URL": "",
            "ADGEN_HTTPS": "0",
            "ADGEN_API_RATE": "1000000/min",
            "DJANGO_SETTINGS_MODULE": "adgen.settings",
        }

    def fill(self, *, pending: int, brands: int, reviewers: int) -> None:
        """Make the database with its queue; its reviewers are signed in."""
        self.sessions = self._inside("fill", pending, brands, reviewers)
        self._tables = [
            _TABLE.format(brand=number % brands, line=number * pending // _PAGES) for number in range(_PAGES)
        ]

    def scan(self) -> dict[str, float]:
        """What a claim costs one process alone, and what the baseline costs it, in the same queue."""
        figures: dict[str, float] = self._inside("scan")
        return figures

    def work(self, *, clients: int, decisions: int, web_workers: int = 2) -> Round:
        """Let `clients` decide on `decisions` lines in all; afterwards one of them opens the room and
        the table often."""
        with self.web(web_workers) as (port, web):
            self._clients(port, clients, "decide", str(_WARM_UP))
            before = cpu_ms(web)
            told = self._clients(port, clients, "decide", str(max(1, decisions // clients)))
            spent = cpu_ms(web) - before
            (room,) = self._clients(port, 1, "open", *[_ROOM] * _PAGES)
            (table,) = self._clients(port, 1, "open", *self._tables)
        return Round(
            claims=[ms for one in told for ms in one["claims"]],
            decides=[ms for one in told for ms in one["decides"]],
            rooms=room["pages"],
            tables=table["pages"],
            decided=[line for one in told for line in one["decided"]],
            errors=sum(one["errors"] for one in (room, table, *told)),
            # Starting the clients is not counted.
            seconds=max(one["ended"] for one in told) - min(one["began"] for one in told),
            cpu_ms=spent,
        )

    def locked(self) -> int:
        """How often the web server logged that the database was locked."""
        return (self._folder / "web.log").read_text(errors="replace").count("database is locked")

    def _clients(self, port: int, count: int, *act: str) -> list[dict[str, Any]]:
        """Run client processes side by side; returns what each has measured."""
        running = [
            subprocess.Popen(  # noqa: S603
                [sys.executable, "-m", "review.bench.client", str(port), session, *act],
                cwd=_ROOT,
                stdout=subprocess.PIPE,
                preexec_fn=die_with_parent,
            )
            for session in self.sessions[:count]
        ]
        outputs = [client.communicate()[0] for client in running]
        if any(client.returncode for client in running):
            raise RuntimeError(
                f"A client of the benchmark failed; the server's log is {self._folder}/web.log."
            )
        return [json.loads(output) for output in outputs]

    @contextmanager
    def web(self, workers: int) -> Iterator[tuple[int, int]]:
        """Run the web server; gives its port and the pid of its master process."""
        port = free_port()
        with (self._folder / "web.log").open("ab") as log:
            web = subprocess.Popen(  # noqa: S603
                web_command(port=port, workers=workers),
                cwd=_ROOT,
                env=self._env,
                stdout=log,
                stderr=log,
                preexec_fn=die_with_parent,
            )
        try:
            wait_until(lambda: answers(port), what="the web server answers")
            wait_until(lambda: len(_children(web.pid)) == workers, what="its workers run")
            yield port, web.pid
        finally:
            web.terminate()
            web.wait()

    def _inside(self, act: str, *arguments: int) -> Any:
        """What `review.bench.inside` prints, run with this site's settings."""
        done = subprocess.run(  # noqa: S603
            [sys.executable, "-m", "review.bench.inside", act, *map(str, arguments)],
            cwd=_ROOT,
            env=self._env,
            check=True,
            stdout=subprocess.PIPE,
        )
        return json.loads(done.stdout)


def _children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def cpu_ms(master: int) -> float:
    """Processor time of the workers so far, user and system."""
    ticks = 0
    for pid in _children(master):
        # The command's name, in brackets, may hold spaces.
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return 1000 * ticks / os.sysconf("SC_CLK_TCK")
