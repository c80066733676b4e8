"""From logits to scores that mean something: temperatures, thresholds, and the figures of the model card.

Logits and targets are float tensors (texts, labels); an unlabelled target is NaN and left out.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch.nn.functional import binary_cross_entropy_with_logits

_GRID = [step / 100 for step in range(5, 100)]


def masked_loss(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """Mean binary cross-entropy over the labelled targets."""
    labelled = ~targets.isnan()
    return binary_cross_entropy_with_logits(logits[labelled], targets[labelled])


def temperatures(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """For each label the temperature (from a grid of 0.5 to 4) with the lowest loss."""
    grid = torch.arange(0.5, 4.01, 0.05)
    return torch.stack(
        [
            grid[torch.stack([masked_loss(logits[:, i] / t, targets[:, i]) for t in grid]).argmin()]
            for i in range(logits.shape[1])
        ]
    )


def auc(scores: torch.Tensor, targets: torch.Tensor) -> float | None:
    """Area under the ROC curve (ties count half); None where only one class is labelled."""
    labelled = ~targets.isnan()
    positive, negative = scores[labelled & (targets == 1)], scores[labelled & (targets == 0)]
    if not len(positive) or not len(negative):
        return None
    ordered = negative.sort().values
    below = torch.searchsorted(ordered, positive).double()
    not_above = torch.searchsorted(ordered, positive, right=True).double()
    return float((below + not_above).mean() / 2 / len(negative))


def rates(scores: torch.Tensor, targets: torch.Tensor, threshold: float) -> dict[str, float]:
    """Precision, recall and false positive rate of `score >= threshold` on the labelled texts."""
    labelled = ~targets.isnan()
    marked, positive = scores[labelled] >= threshold, targets[labelled] == 1
    hits = float((marked & positive).sum())
    return {
        "precision": hits / max(1.0, float(marked.sum())),
        "recall": hits / max(1.0, float(positive.sum())),
        "false_positive_rate": float((marked & ~positive).sum()) / max(1.0, float((~positive).sum())),
    }


def lowest_threshold(
    scores: torch.Tensor,
    targets: torch.Tensor,
    benign: Sequence[tuple[torch.Tensor, float]],
    *,
    max_rate: float,
) -> float:
    """The lowest that marks at most `max_rate` of the negatives, and of each benign set at most its share."""
    for threshold in _GRID:
        if rates(scores, targets, threshold)["false_positive_rate"] > max_rate:
            continue
        if all(float((part >= threshold).float().mean()) <= share for part, share in benign):
            return threshold
    return _GRID[-1]
