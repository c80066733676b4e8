"""The starter copywriter: a small language model for ad lines that points at names instead of spelling."""

from __future__ import annotations

from pathlib import Path

WEIGHTS = Path(__file__).with_name("weights")
