"""What is done inside the database of a benchmark, by a process with its settings.

`python -m review.bench.inside fill PENDING BRANDS REVIEWERS`: makes the tables and the queue; prints the
sessions of the reviewers. `… scan`: prints what a claim costs, and the baseline.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

# Lines taken by each way: the baseline may take a second for each.
_TIMES, _SCANS = 50, 5


def fill(pending: int, brands: int, reviewers: int) -> list[str]:
    from django.core.management import call_command
    from django.db import connection
    from django.test import Client

    from review.bench import load

    _create_database()
    call_command("migrate", verbosity=0)
    with load.indexes_built_at_the_end():
        people = load.fill(pending=pending, brands=brands, reviewers=reviewers)
    with connection.cursor() as cursor:
        for tidy in ("VACUUM ANALYZE", "CHECKPOINT") if connection.vendor == "postgresql" else ("ANALYZE",):
            cursor.execute(tidy)
    sessions = []
    for person in people:
        client = Client()
        client.force_login(person)
        sessions.append(client.cookies["sessionid"].value)
    return sessions


def scan() -> dict[str, float]:
    """Medians in milliseconds, of one process alone; both ways take turns."""
    from django.contrib.auth.models import User

    from review.bench.scan import scan_next
    from review.services.claims import claim_next, claims_release

    reviewer = User.objects.order_by("pk")[0]
    ways: dict[str, Callable[..., object]] = {"claim_alone_ms": claim_next, "scan_alone_ms": scan_next}
    spent: dict[str, list[float]] = {name: [] for name in ways}
    for number in range(_TIMES):
        for name, take in ways.items():
            if take is scan_next and number >= _SCANS:
                continue
            start = time.perf_counter()
            assert take(reviewer=reviewer) is not None
            spent[name].append(1000 * (time.perf_counter() - start))
            claims_release(reviewer=reviewer)
    return {name: statistics.median(times) for name, times in spent.items()}


def _create_database() -> None:
    """Postgres needs the database to be there before anything can connect to it."""
    import psycopg
    from django.db import connection

    if connection.vendor != "postgresql":
        return
    settings = connection.get_connection_params()
    name = settings["dbname"]
    # Not Django's connection: nothing but this is done in that database.
    server = {key: settings[key] for key in ("host", "port", "user", "password") if key in settings}
    with psycopg.connect(dbname="postgres", autocommit=True, **server) as plain:
        plain.execute(f'DROP DATABASE IF EXISTS "{name}"')
        plain.execute(f'CREATE DATABASE "{name}"')


def main() -> None:
    import django

    django.setup()
    acts: dict[str, Callable[..., Any]] = {"fill": fill, "scan": scan}
    json.dump(acts[sys.argv[1]](*map(int, sys.argv[2:])), sys.stdout)


if __name__ == "__main__":
    main()
