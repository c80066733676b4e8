"""When a challenger may write for its brand."""

from __future__ import annotations

from collections.abc import Mapping


def gate(metrics: Mapping[str, float]) -> tuple[bool, str]:
    """Whether an adapter with these metrics may become champion, and why, in words.

    It must predict the brand's held-out lines better than the base model does
    (`heldout_loss` < `base_loss`, mean negative log-likelihood per token in nats).
    """
    base, heldout = metrics["base_loss"], metrics["heldout_loss"]
    if heldout < base:
        return True, f"held-out loss {heldout:.3f}, the base model's is {base:.3f}"
    return False, f"not promoted: held-out loss {heldout:.3f} is not below the base model's {base:.3f}"
