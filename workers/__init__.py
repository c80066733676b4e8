"""Celery tasks (importable without torch) and the ML behind them."""

from __future__ import annotations

import os

# Read by OpenMP when torch is loaded. Threads that spin while they wait make training several times slower
# as soon as the machine has anything else to do.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
os.environ.setdefault("GOMP_SPINCOUNT", "0")
# Read by oneDNN, which keeps what it has compiled for each shape of a product: 1,024 of them cost 100 MB and
# spare no time.
os.environ.setdefault("ONEDNN_PRIMITIVE_CACHE_CAPACITY", "16")
