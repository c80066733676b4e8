"""`python -m tests.campaigns.kill --kills N --mode embedded|production`: kill workers, then check the books.

Batches, edits, approvals and trainings are asked for without end while workers get SIGKILL in the middle of
generating, screening, training and publishing, Redis is wiped and Postgres restarted without a shutdown. At
the end everything is left to settle and counted. JSON goes to stdout, a table and the progress to stderr;
the exit status is 1 when anything was lost or doubled.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from adgen.postgres import temporary_folder
from adgen.processes import terminate_as_interrupt
from tests.campaigns.fleet import Fleet, embedded_fleet, production_fleet

if TYPE_CHECKING:
    from adgen.models import LeasedWork

# How long work of a kind is left to run before the kill, at most: about what it takes.
_RUNS_SECONDS = {"generate": 2.0, "train": 3.0, "screen": 0.1, "publish": 0.0}
_SHARES = {"generate": 4, "train": 2, "screen": 2, "publish": 2}
_TICK_SECONDS = 0.3
_HOLD_SECONDS = 600.0
_SETTLE_SECONDS = 1800.0


@dataclass
class Interrupted:
    """Work that a kill left behind, until somebody takes it up again."""

    model: type[LeasedWork]
    pk: int
    fence: int
    killed_at: float


@dataclass
class Campaign:
    fleet: Fleet
    random: random.Random
    by_kind: Counter[str] = field(default_factory=Counter)
    by_process: Counter[str] = field(default_factory=Counter)
    recoveries: list[float] = field(default_factory=list)
    waiting: list[Interrupted] = field(default_factory=list)
    retried_by_hand: int = 0
    _next_tick: float = 0.0

    def __post_init__(self) -> None:
        from tests.campaigns.load import Load

        self.load = Load()

    def kill(self, wanted: str) -> str:
        """Wait for work of kind `wanted`, let it run a while, kill its worker; returns what was hit."""
        self._hold(wanted)
        time.sleep(self.random.uniform(0, _RUNS_SECONDS[wanted]))
        process = self.fleet.kill(wanted, self.random)
        hit = self._interrupted(wanted)
        self.fleet.revive()
        self.by_process[process] += 1
        self.by_kind[wanted if hit else "between two pieces of work"] += 1
        self.waiting += hit
        return f"{process} {'at' if hit else 'just after'} {wanted}"

    def tick(self, *kinds: str) -> None:
        """Keep work of `kinds` coming, note recoveries, do what an operator would; at most every 0.3 s."""
        if time.monotonic() < self._next_tick:
            return
        self._next_tick = time.monotonic() + _TICK_SECONDS
        for kind in kinds:
            self.load.ask(kind)
        self._note_recoveries()
        self.retried_by_hand += self.load.retry_dead()
        self.fleet.watch()

    def settle(self) -> bool:
        """Wait until nothing is open any more; False when that takes too long."""
        from tests.campaigns.load import KINDS, OPEN, rows_of

        deadline = time.monotonic() + _SETTLE_SECONDS
        while any(rows_of(kind).filter(state__in=OPEN).exists() for kind in KINDS):
            if time.monotonic() > deadline:
                return False
            self.tick()
            time.sleep(0.05)
        self._note_recoveries()
        return True

    def _hold(self, kind: str) -> None:
        deadline = time.monotonic() + _HOLD_SECONDS
        while not self._running(kind):
            if time.monotonic() > deadline:
                raise TimeoutError(f"no {kind} work ran for {_HOLD_SECONDS:.0f} s\n{self.fleet.logs()}")
            self.tick(kind)
            time.sleep(0.001 if _RUNS_SECONDS[kind] < 1 else 0.05)

    def _running(self, kind: str) -> list[LeasedWork]:
        """Work of a kind that a living worker holds."""
        from django.utils import timezone

        from adgen.models import WorkState
        from tests.campaigns.load import rows_of

        known = {(work.model, work.pk, work.fence) for work in self.waiting}
        rows = rows_of(kind).filter(state=WorkState.RUNNING, lease_expires_at__gt=timezone.now())
        return [row for row in rows if (type(row), row.pk, row.fence) not in known]

    def _interrupted(self, kind: str) -> list[Interrupted]:
        now = time.monotonic()
        return [Interrupted(type(row), row.pk, row.fence, now) for row in self._running(kind)]

    def _note_recoveries(self) -> None:
        from adgen.models import WorkState

        now = time.monotonic()
        for work in list(self.waiting):
            row = work.model._default_manager.get(pk=work.pk)
            if row.fence != work.fence or row.state not in {WorkState.RUNNING, WorkState.DEAD}:
                self.waiting.remove(work)
                self.recoveries.append(now - work.killed_at)


def run(arguments: argparse.Namespace, fleet: Fleet) -> dict[str, Any]:
    """The whole campaign; returns its report."""
    from tests.campaigns.audit import audit, claims_and_reruns

    started, dice = time.monotonic(), random.Random(arguments.seed)
    campaign = Campaign(fleet, dice)
    wipes = set(dice.sample(range(arguments.kills), arguments.redis_wipes))
    crashes = set(dice.sample(range(arguments.kills), arguments.postgres_restarts))
    for number in range(arguments.kills):
        missing = [kind for kind in _SHARES if not campaign.by_kind[kind]]
        shares = {kind: _SHARES[kind] for kind in missing or _SHARES}
        (wanted,) = dice.choices(list(shares), list(shares.values()))
        if fleet.production and number in wipes:
            fleet.production.redis.wipe()
        if fleet.production and number in crashes:
            _crash_postgres(fleet)
        campaign.load.approve()
        what = campaign.kill(wanted)
        print(f"[{time.monotonic() - started:6.0f} s] kill {number + 1}: {what}", file=sys.stderr)
    settled = campaign.settle()
    books, (claims, reruns) = audit(), claims_and_reruns()
    return {
        "mode": arguments.mode,
        "seed": arguments.seed,
        "kills": arguments.kills,
        "kills_by_work": dict(campaign.by_kind),
        "kills_by_process": dict(campaign.by_process),
        "redis_wipes": len(wipes),
        "postgres_restarts": len(crashes),
        "settled": settled,
        "books": vars(books),
        "faults": books.faults,
        "claims": claims,
        "claims_run_again": reruns,
        "wasted_rework_percent": round(100 * reruns / claims, 1),
        "retried_by_hand": campaign.retried_by_hand,
        "workers_that_ended_by_themselves": fleet.unexpected_exits,
        "recoveries": len(campaign.recoveries),
        "recovery_seconds_p50": _percentile(campaign.recoveries, 50),
        "recovery_seconds_p95": _percentile(campaign.recoveries, 95),
        "seconds": round(time.monotonic() - started),
    }


def _crash_postgres(fleet: Fleet) -> None:
    from django.db import connections

    assert fleet.production is not None
    connections.close_all()
    fleet.production.postgres.crash()


def _percentile(values: list[float], percent: int) -> float | None:
    """The percentile, in seconds; None with fewer than two values."""
    if len(values) < 2:
        return None
    return round(statistics.quantiles(values, n=100, method="inclusive")[percent - 1], 2)


def _print_table(report: dict[str, Any]) -> None:
    rows = {**report, **report["books"]}
    for name in ("books", "faults"):
        rows.pop(name)
    for name, value in rows.items():
        print(f"{name.replace('_', ' '):<34}{value}", file=sys.stderr)
    verdict = "nothing lost, nothing doubled" if not report["faults"] else f"FAULTS: {report['faults']}"
    print(verdict, file=sys.stderr)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.campaigns.kill", description=__doc__)
    parser.add_argument("--kills", type=int, required=True)
    parser.add_argument("--mode", choices=["embedded", "production"], required=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--redis-wipes", type=int, default=0, help="production only")
    parser.add_argument("--postgres-restarts", type=int, default=0, help="production only")
    arguments = parser.parse_args()
    if arguments.mode == "embedded" and (arguments.redis_wipes or arguments.postgres_restarts):
        parser.error("embedded mode has no Redis to wipe and no Postgres to restart")
    fleet_of = embedded_fleet if arguments.mode == "embedded" else production_fleet
    try:
        with terminate_as_interrupt(), temporary_folder() as folder, fleet_of(folder) as fleet:
            report = run(arguments, fleet)
    except KeyboardInterrupt:
        print("Stopped: nothing was counted.", file=sys.stderr)
        return 130
    _print_table(report)
    json.dump(report, sys.stdout, indent=1)
    return 0 if report["settled"] and not report["faults"] else 1


if __name__ == "__main__":
    sys.exit(main())
