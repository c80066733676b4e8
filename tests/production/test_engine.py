"""The tests of locks, leases, claims and their order again, on Postgres: SQLite has one writer and hides
deadlocks, and the claim is another statement there.
"""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.processes import ROOT
from tests.production.conftest import Site

# One group, so that parallel test runs start one deployment.
pytestmark = [pytest.mark.long, pytest.mark.production, pytest.mark.xdist_group("production")]

TESTS = [
    *("tests/adgen/test_work.py", "tests/adgen/test_batches.py", "tests/adgen/test_sweep.py"),
    *(
        "tests/adgen/test_training.py",
        "tests/adgen/test_deadlines.py",
        "tests/review/test_claims_at_once.py",
        "tests/review/test_filters.py",
        "tests/review/test_order.py",
        "tests/review/test_publishing.py",
    ),
]


def test_the_work_engine_holds_on_postgres(site: Site) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *TESTS],
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL": site.production.postgres.url},
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout
