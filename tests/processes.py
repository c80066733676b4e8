"""Real processes for tests: a private Postgres and Redis, the Procfile's processes, the embedded pair.

Everything listens on 127.0.0.1 at a free port, keeps its data and logs in a temporary folder, dies with the
test process, and can be killed like the machine would kill it.
"""

from __future__ import annotations

import base64
import contextlib
import json
import os
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import redis

from adgen.postgres import Postgres
from adgen.processes import answers, die_with_parent, free_port, wait_until

ROOT = Path(__file__).resolve().parent.parent
_STOP_SECONDS = 30.0
# The shortest times that work: tests wait for leases to run out and for sweeps to come round.
BRISK = {"ADGEN_LEASE_SECONDS": "3", "ADGEN_REPUBLISH_SECONDS": "2", "ADGEN_SWEEP_SECONDS": "0.5"}


class Process:
    """A command in a session of its own, which can be started again after its end; its output in `log`."""

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        *,
        folder: Path,
        env: Mapping[str, str] | None = None,
        user: str | None = None,
        stop_signal: signal.Signals = signal.SIGTERM,
    ) -> None:
        self.name, self.command, self.user, self.stop_signal = name, command, user, stop_signal
        self.env = {**os.environ, **(env or {})}
        self.log = folder / f"{name}.log"
        self._child: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self.log.open("ab") as log:
            self._child = subprocess.Popen(
                self.command,
                cwd=ROOT,
                env=self.env,
                user=self.user,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=die_with_parent,
            )

    @property
    def pid(self) -> int:
        assert self._child is not None, f"{self.name} was not started"
        return self._child.pid

    @property
    def returncode(self) -> int | None:
        """The exit status, None while it runs."""
        return self._child.poll() if self._child else None

    def children(self) -> list[int]:
        """The pids of its direct children, such as the child of a prefork worker."""
        listing = Path(f"/proc/{self.pid}/task/{self.pid}/children")
        return [int(pid) for pid in listing.read_text().split()]

    def kill(self) -> None:
        """SIGKILL to the process and all its children at once; waits until it is gone."""
        self._signal(signal.SIGKILL)
        assert self._child is not None
        self._child.wait(_STOP_SECONDS)

    def discard(self) -> None:
        """SIGKILL, for what nobody waits for any more; nothing where it was not started."""
        if self._child is not None:
            self.kill()

    def stop(self) -> None:
        """The ordinary end; SIGKILL where that takes too long."""
        if self._child is None:
            return
        self._child.send_signal(self.stop_signal)
        try:
            self._child.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()

    def output(self, most: int = 4000) -> str:
        """The end of its log."""
        return self.log.read_text(errors="replace")[-most:] if self.log.exists() else ""

    def _signal(self, number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, number)


class Redis:
    """A private server without persistence: a restart of it forgets everything, like a wipe."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        options = {"--port": str(self.port), "--bind": "127.0.0.1", "--dir": str(folder), "--save": ""}
        command = [part for pair in options.items() for part in pair]
        self.process = Process(
            "redis",
            ["redis-server", *command, "--appendonly", "no", "--maxmemory-policy", "noeviction"],
            folder=folder,
        )

    def start(self) -> None:
        self.process.start()
        wait_until(lambda: answers(self.port), what="Redis answers")

    def wipe(self) -> None:
        with redis.Redis.from_url(self.url) as client:
            client.flushall()

    def stop(self) -> None:
        self.process.stop()


def procfile() -> dict[str, str]:
    """The commands of the Procfile by name."""
    lines = (ROOT / "Procfile").read_text().splitlines()
    return {name: command.strip() for name, command in (line.split(":", 1) for line in lines if line)}


def procfile_process(name: str, *, folder: Path, env: Mapping[str, str]) -> Process:
    """One line of the Procfile as a process, on loopback only."""
    command = procfile()[name].replace("0.0.0.0", "127.0.0.1")  # noqa: S104
    return Process(
        name, ["sh", "-c", command if "&&" in command else f"exec {command}"], folder=folder, env=env
    )


def environment(var: Path, **settings: str) -> dict[str, str]:
    """What adgen's processes get beside our own environment: a folder of their own, brisk times."""
    var.mkdir(parents=True, exist_ok=True)
    return {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "ADGEN_VAR": str(var),
        "DJANGO_SETTINGS_MODULE": "adgen.settings",
        "OMP_NUM_THREADS": "1",
        "OMP_WAIT_POLICY": "PASSIVE",
        "GOMP_SPINCOUNT": "0",
        **BRISK,
        **settings,
    }


class Production:
    """Postgres, Redis and what the Procfile starts, in `folder`. Use as a context manager."""

    def __init__(
        self, folder: Path, *, names: Sequence[str] = ("web", "gpu", "cpu", "beat"), **settings: str
    ) -> None:
        for part in ("postgres", "redis"):
            (folder / part).mkdir()
        # Without fsync its data survives any kill, but not a power cut.
        self.postgres = Postgres(folder / "postgres", fsync="off", max_connections="60")
        self.redis = Redis(folder / "redis")
        self.port = free_port()
        self.env = environment(
            folder / "var",
            DATABASE_URL=self.postgres.url,
            REDIS_URL=self.redis.url,
            ADGEN_HTTPS="0",
            PORT=str(self.port),
            WEB_WORKERS="1",
            **settings,
        )
        self.processes = {name: procfile_process(name, folder=folder, env=self.env) for name in names}
        self._folder = folder

    def __enter__(self) -> Production:
        try:
            self.postgres.start()
            self.redis.start()
            release = procfile_process("release", folder=self._folder, env=self.env)
            release.start()
            wait_until(lambda: release.returncode is not None, what="the release command ends")
            assert release.returncode == 0, release.output()
            for process in self.processes.values():
                process.start()
            if "web" in self.processes:
                wait_until(lambda: answers(self.port), what="the web server answers")
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(self, *_: object) -> None:
        for process in self.processes.values():
            process.discard()
        self.redis.stop()
        self.postgres.stop()

    def logs(self) -> str:
        """The ends of all logs, for a failure's report."""
        return "\n".join(f"== {name}\n{process.output()}" for name, process in self.processes.items())


class Client:
    """Talks JSON to the API of a server on this machine, as a person or an integration."""

    def __init__(self, port: int, authorization: str) -> None:
        self._base, self._authorization = f"http://127.0.0.1:{port}/api/v1", authorization

    @classmethod
    def person(cls, port: int, name: str, password: str) -> Client:
        return cls(port, f"Basic {base64.b64encode(f'{name}:{password}'.encode()).decode()}")

    @classmethod
    def integration(cls, port: int, secret: str) -> Client:
        return cls(port, f"Api-Key {secret}")

    def get(self, path: str) -> Any:
        status, answer = self.call("GET", path)
        assert status == 200, (status, answer)
        return answer

    def post(self, path: str, **body: Any) -> Any:
        status, answer = self.call("POST", path, body)
        assert status in {200, 201, 204}, (status, answer)
        return answer

    def call(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> tuple[int, Any]:
        """The status and the decoded body (None where it is empty)."""
        request = urllib.request.Request(  # noqa: S310
            f"{self._base}/{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": self._authorization, "Content-Type": "application/json"},
        )
        try:
            with urllib.request.urlopen(request, timeout=30) as response:  # noqa: S310
                status, content = response.status, response.read()
        except urllib.error.HTTPError as error:
            status, content = error.code, error.read()
        return status, json.loads(content) if content else None
