"""The workers of a campaign, embedded or as in production: which one does what, and how each dies."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.processes import Process, Production, environment

# In production a machine may also kill the child that does the work and leave its parent alive.
_CHILD_ALONE_SHARE = 0.25
_WORKER_OF = {"generate": "gpu", "train": "gpu", "screen": "cpu", "publish": "cpu"}


class Fleet:
    """Worker processes that are started again whenever they are gone."""

    def __init__(self, workers: dict[str, Process], production: Production | None) -> None:
        self.workers, self.production = workers, production
        self.unexpected_exits = 0

    def worker_of(self, kind: str) -> Process:
        return self.workers.get(_WORKER_OF[kind]) or self.workers["worker"]

    def kill(self, kind: str, random: random.Random) -> str:
        """SIGKILL whoever does work of `kind`; returns which processes were hit."""
        worker = self.worker_of(kind)
        children = worker.children()
        if children and random.random() < _CHILD_ALONE_SHARE:
            for pid in children:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            return f"child of {worker.name}"
        worker.kill()
        return worker.name

    def revive(self) -> None:
        """Start what is gone."""
        for worker in self.workers.values():
            if worker.returncode is not None:
                worker.start()

    def watch(self) -> None:
        """Count and restart workers that ended without having been killed."""
        for worker in self.workers.values():
            if worker.returncode is not None:
                self.unexpected_exits += 1
                print(f"{worker.name} ended by itself:\n{worker.output()}", file=sys.stderr)
                worker.start()

    def logs(self) -> str:
        return "\n".join(f"== {name}\n{worker.output()}" for name, worker in self.workers.items())


@contextlib.contextmanager
def embedded_fleet(folder: Path, *, chunk_size: int = 8) -> Iterator[Fleet]:
    """SQLite and one worker. Sets up Django in this process."""
    env = environment(folder / "var", ADGEN_CHUNK_SIZE=str(chunk_size))
    _set_up_django(env)
    from django.core.management import call_command

    from adgen.processes import worker_command

    call_command("migrate", verbosity=0)
    worker = Process("worker", worker_command(), folder=folder, env=env)
    worker.start()
    try:
        yield Fleet({"worker": worker}, None)
    finally:
        worker.kill()


@contextlib.contextmanager
def production_fleet(folder: Path) -> Iterator[Fleet]:
    """Postgres, Redis and the Procfile's workers. Sets up Django in this process."""
    production = Production(folder, names=("gpu", "cpu", "beat"), ADGEN_CHUNK_SIZE="8")
    with production:
        _set_up_django(production.env)
        workers = {name: process for name, process in production.processes.items() if name != "beat"}
        yield Fleet(workers, production)


def _set_up_django(env: dict[str, str]) -> None:
    os.environ.update(env)
    import django

    django.setup()
