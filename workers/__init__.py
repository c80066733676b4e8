"""Celery tasks (importable without torch) and the ML behind them."""

from __future__ import annotations

import os

# Read by OpenMP when torch is loaded. Threads that spin while they wait make training several times slower
# as soon as the machine has anything else to do.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
os.environ.setdefault("GOMP_SPINCOUNT", "0")
