"""The thresholds of the starter screen, from the development split."""

from __future__ import annotations

import torch

from workers.starter.screen import calibrate
from workers.starter.screen.corpus import LABELS, Row
from workers.starter.screen.network import targets_of

# Ads must pass; sentences written to mislead, such as hate quoted to reject it, are harder.
_FLAGGED = {"benign_ads": 0.01, "copy": 0.01, "benign_identity": 0.15}
_BLOCKED = {"benign_ads": 0.0, "copy": 0.0, "benign_identity": 0.02}


def choose_thresholds(scores: torch.Tensor, dev: list[Row]) -> dict[str, dict[str, float]]:
    """Two thresholds a label: the lowest that mark no more of the negatives than is bearable.

    Of the clean posts `flag` may mark 10%, `block` 2%; of our own benign lines what stands above.
    """
    targets = targets_of(dev)

    def lowest(label: int, most: dict[str, float], max_rate: float) -> float:
        benign = [
            (scores[torch.tensor([row.source == name for row in dev]), label], share)
            for name, share in most.items()
        ]
        return calibrate.lowest_threshold(scores[:, label], targets[:, label], benign, max_rate=max_rate)

    return {
        name: {"flag": lowest(i, _FLAGGED, 0.10), "block": lowest(i, _BLOCKED, 0.02)}
        for i, name in enumerate(LABELS)
    }
