"""adgen's own processes as children of a command: they start together and none outlives it."""

from __future__ import annotations

import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from django.conf import settings

from adgen.queue import QUEUE_OF

Found = TypeVar("Found")
_STOP_SECONDS = 10.0
_POLL_SECONDS = 0.1
_PR_SET_PDEATHSIG = 1


def worker_command(*, queues: Sequence[str] = tuple(sorted(set(QUEUE_OF.values())))) -> list[str]:
    """The embedded worker: one process, all queues, the sweeper inside."""
    return [
        *(sys.executable, "-m", "celery", "-A", "adgen.celery", "worker"),
        *("--pool", "solo", "--queues", ",".join(queues), "--loglevel", "WARNING"),
        *("--without-gossip", "--without-mingle", "--without-heartbeat"),
        *("--hostname", f"embedded-{os.getpid()}@%h"),
    ]


def web_command(*, port: int, workers: int = 1) -> list[str]:
    """The web server on loopback."""
    return [
        *(sys.executable, "-m", "gunicorn", "adgen.wsgi", "--bind", f"127.0.0.1:{port}"),
        *("--workers", str(workers), "--threads", "8", "--log-level", "warning", "--no-control-socket"),
    ]


@contextmanager
def running(commands: Mapping[str, Sequence[str]]) -> Iterator[dict[str, subprocess.Popen[bytes]]]:
    """Run `commands` (by name) for the time of the block; each writes to `var/log/NAME.log`.

    They get no Ctrl-C of their own: the parent ends them in order, and where the parent is killed, the
    kernel ends them (Linux).
    """
    children: dict[str, subprocess.Popen[bytes]] = {}
    try:
        for name, command in commands.items():
            children[name] = _start(name, command)
        yield children
    finally:
        for child in children.values():
            child.terminate()
        for child in children.values():
            try:
                child.wait(timeout=_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                # A worker in the middle of a chunk may take longer; its lease makes a kill harmless.
                child.kill()
                child.wait()


def log_path(name: str) -> Path:
    """Where the output of the child `name` goes."""
    folder = settings.ADGEN_VAR_DIR / "log"
    folder.mkdir(parents=True, exist_ok=True)
    return Path(folder / f"{name}.log")


def _start(name: str, command: Sequence[str]) -> subprocess.Popen[bytes]:
    # Spinning OpenMP threads make small models several times slower as soon as cores are shared.
    environment = {"OMP_WAIT_POLICY": "PASSIVE", "GOMP_SPINCOUNT": "0", **os.environ}
    with log_path(name).open("ab") as log:
        return subprocess.Popen(  # noqa: S603
            command,
            cwd=settings.BASE_DIR,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=die_with_parent,
        )


def wait_until(found: Callable[[], Found], *, what: str, seconds: float = 300.0) -> Found:
    """Poll until `found()` is true and return it; raises TimeoutError that says `what` never came.

    The deadline is for a busy machine: it costs nothing where all is well.
    """
    deadline = time.monotonic() + seconds
    while not (result := found()):
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what}: not within {seconds:.0f} s")
        time.sleep(_POLL_SECONDS)
    return result


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def answers(port: int) -> bool:
    """Whether somebody listens on a port of 127.0.0.1."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def die_with_parent() -> None:
    """In a child about to start: let the kernel end it when its parent is gone (Linux)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


@contextmanager
def terminate_as_interrupt() -> Iterator[None]:
    """Let SIGTERM unwind the stack like Ctrl-C, so that children are ended in order.

    Also Ctrl-C itself, which a shell's background job would ignore.
    """

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    before = {number: signal.signal(number, interrupt) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
