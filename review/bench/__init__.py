"""How fast reviewers get through the queue: `manage.py bench queue`.

Real processes do what they do in production: Postgres, gunicorn, and for each reviewer a client process that
claims and decides over HTTP. Queues of several lengths take turns, so that a busy moment of the machine meets
all. Beside them: SQLite as in embedded mode, and the way in which review tools commonly find the next line,
which is the baseline (`review.bench.scan`).
"""

from __future__ import annotations

import os
import statistics
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from adgen.postgres import Postgres, temporary_folder
from review.bench.site import Round, Site

Figures = dict[str, float | int | str]

_CLIENTS = 8
# As many reviewers as embedded mode is made for, and what they decide in all.
_EMBEDDED_CLIENTS, _EMBEDDED_PENDING, _EMBEDDED_DECISIONS = 4, 10_000, 2_000
_ROUNDS = 3
# What a production server has at least; the rest stays as it comes, fsync too.
_POSTGRES = {"shared_buffers": "512MB", "max_wal_size": "4GB"}


def run(*, pending: Sequence[int] = (10_000, 1_000_000), brands: int = 50, decisions: int = 2_000) -> Figures:
    """Figures for queues of `pending` lines of `brands` brands, each after some `decisions` in all.

    Times in milliseconds as a client sees them; `cpu` is the processor time of gunicorn's workers.
    `growth` is how much dearer the median claim is in the longest queue than in the shortest.
    """
    figures: Figures = {"brands": brands, "clients": _CLIENTS, "cores": os.cpu_count() or 0}
    with temporary_folder() as folder, _server(folder) as server:
        sites = {size: Site(folder / str(size), database=f"{server}/bench_{size}") for size in pending}
        for size, site in sites.items():
            _say(f"filling a queue of {size:,} lines on Postgres")
            site.fill(pending=size, brands=brands, reviewers=_CLIENTS)
        rounds: dict[int, list[Round]] = {size: [] for size in pending}
        for number in range(_ROUNDS):
            for size, site in sites.items():
                _say(f"round {number + 1} of {_ROUNDS}, {size:,} lines")
                rounds[size].append(site.work(clients=_CLIENTS, decisions=decisions // _ROUNDS))
        for size, site in sites.items():
            figures |= {f"{name}_{size}": value for name, value in _summary(rounds[size]).items()}
            figures |= {f"{name}_{size}": value for name, value in site.scan().items()}
        medians = [statistics.median(_claims(rounds[size])) for size in sorted(pending)]
        figures["growth"] = medians[-1] / medians[0]
        embedded = Site(folder / "embedded", database=f"sqlite:///{folder}/embedded.sqlite3")
        figures |= run_embedded(embedded, pending=_EMBEDDED_PENDING, decisions=_EMBEDDED_DECISIONS)
    figures["load"] = "{:.1f} {:.1f} {:.1f}".format(*os.getloadavg())
    return figures


def run_embedded(site: Site, *, pending: int, decisions: int) -> Figures:
    """A few reviewers on SQLite: nobody may get a line twice or see that the database was locked."""
    _say(f"filling a queue of {pending:,} lines on SQLite")
    site.fill(pending=pending, brands=min(pending, 5), reviewers=_EMBEDDED_CLIENTS)
    done = site.work(clients=_EMBEDDED_CLIENTS, decisions=decisions, web_workers=1)
    return {f"embedded_{name}": value for name, value in _summary([done]).items()} | {
        "embedded_locked": site.locked()
    }


def _summary(rounds: Sequence[Round]) -> Figures:
    claims, decides = _claims(rounds), [ms for done in rounds for ms in done.decides]
    rooms = [ms for done in rounds for ms in done.rooms]
    tables = [ms for done in rounds for ms in done.tables]
    decided = [line for done in rounds for line in done.decided]
    figures: Figures = {
        "claim_p50_ms": statistics.median(claims),
        "claim_p95_ms": p95(claims),
        "decide_p50_ms": statistics.median(decides),
        "decide_p95_ms": p95(decides),
        "decisions_per_s": len(decided) / sum(done.seconds for done in rounds),
        "cpu_ms_per_decision": sum(done.cpu_ms for done in rounds) / len(decided),
        "decisions": len(decided),
        "doubles": len(decided) - len(set(decided)),
        "errors": sum(done.errors for done in rounds),
        "room_p50_ms": statistics.median(rooms),
        "room_p95_ms": p95(rooms),
        "table_p50_ms": statistics.median(tables),
        "table_p95_ms": p95(tables),
    }
    return figures


def _claims(rounds: Sequence[Round]) -> list[float]:
    return [ms for done in rounds for ms in done.claims]


def p95(values: Sequence[float]) -> float:
    """What 95 of a hundred values are below."""
    return statistics.quantiles(values, n=20)[-1]


@contextmanager
def _server(folder: Path) -> Iterator[str]:
    """Where databases can be made: on the server of DATABASE_URL, or on one of our own."""
    given = os.environ.get("DATABASE_URL", "")
    if given.startswith("postgres"):
        yield given.rpartition("/")[0]
        return
    (folder / "postgres").mkdir()
    postgres = Postgres(folder / "postgres", **_POSTGRES)
    postgres.start()
    try:
        yield postgres.url.rpartition("/")[0]
    finally:
        postgres.stop()


def _say(what: str) -> None:
    print(f"bench queue: {what}", file=sys.stderr)
