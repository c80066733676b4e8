"""A private Postgres for benchmarks and tests: on loopback, without passwords, in a folder of its own."""

from __future__ import annotations

import glob
import os
import pwd
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from adgen.processes import die_with_parent, free_port, wait_until

_STOP_SECONDS = 30.0


class Postgres:
    """A server that dies with this process. Others may have to enter `folder`: Postgres never runs as root.

    `settings` are those of postgresql.conf.
    """

    def __init__(self, folder: Path, **settings: str) -> None:
        # Debian keeps the binaries of each version in a folder of their own, outside the PATH.
        found = glob.glob("/usr/lib/postgresql/*/bin")
        if not found:
            raise FileNotFoundError("There is no /usr/lib/postgresql/*/bin: install Debian's postgresql.")
        self._binaries = max(found, key=lambda path: int(path.split("/")[-2]))
        self._user = "postgres" if os.geteuid() == 0 else None
        self._folder, self._data, self.port = folder, folder / "data", free_port()
        self.url = f"postgresql://adgen@127.0.0.1:{self.port}/postgres"
        self._settings = {
            "port": str(self.port),
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": str(folder),
            "log_min_messages": "fatal",
            **settings,
        }
        self._server: subprocess.Popen[bytes] | None = None
        self._init()

    def start(self) -> None:
        options = [part for key, value in self._settings.items() for part in ("-c", f"{key}={value}")]
        with (self._folder / "postgres.log").open("ab") as log:
            self._server = subprocess.Popen(  # noqa: S603
                [f"{self._binaries}/postgres", "-D", str(self._data), *options],
                user=self._user,
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=die_with_parent,
            )
        wait_until(self._ready, what="Postgres answers")

    def stop(self) -> None:
        """The ordinary end; nothing where it does not run."""
        self._end(signal.SIGINT)

    def crash(self) -> None:
        """What `pg_ctl restart --mode immediate` does: no clean shutdown, recovery from the log."""
        self._end(signal.SIGQUIT)
        self.start()

    def _init(self) -> None:
        self._data.mkdir(parents=True)
        if self._user:
            owner = pwd.getpwnam(self._user)
            for path in (self._folder, self._data):
                os.chown(path, owner.pw_uid, owner.pw_gid)
        initdb = [f"{self._binaries}/initdb", "--pgdata", str(self._data), "--username", "adgen"]
        subprocess.run(  # noqa: S603
            [*initdb, "--auth", "trust", "--encoding", "UTF8", "--locale", "C.UTF-8", "--no-sync"],
            check=True,
            user=self._user,
            cwd="/",
            stdout=subprocess.DEVNULL,
        )

    def _end(self, number: signal.Signals) -> None:
        if self._server is not None:
            self._server.send_signal(number)
            self._server.wait(_STOP_SECONDS)
            self._server = None

    def _ready(self) -> bool:
        probe = [f"{self._binaries}/pg_isready", "--quiet", "--dbname", self.url]
        return subprocess.run(probe, check=False).returncode == 0  # noqa: S603


@contextmanager
def temporary_folder() -> Iterator[Path]:
    """A folder that Postgres, which runs as a user of its own, may enter (pytest's own it may not)."""
    with tempfile.TemporaryDirectory(prefix="adgen-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder
