"""The thresholds of the starter screen, from the development split.

    python -m workers.starter.screen.thresholds --data train.csv

chooses them again for weights that are trained already, and writes them into their manifest.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

import torch
from safetensors.torch import load_file

from workers.starter.screen import calibrate
from workers.starter.screen.checkpoint import DIFFERENCE, MANIFEST, WEIGHTS_DIR
from workers.starter.screen.corpus import LABELS, Row, development_rows
from workers.starter.screen.network import logits, merged, targets_of, tokenizer

# Ads must pass; sentences written to mislead, such as hate quoted to reject it, are harder.
_FLAGGED = {"benign_ads": 0.01, "copy": 0.01, "benign_identity": 0.15}
_BLOCKED = {"development_ads": 0.0, "benign_ads": 0.0, "copy": 0.0, "benign_identity": 0.02}
# Of 888 development ads 0.5% are four. For toxicity that would take a threshold of 0.88, which lets plain
# insults pass that no rule finds either ("Only an idiot like you would buy that").
_ADS_FLAGGED = {"toxicity": 0.015, "identity_attack": 0.005}


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m workers.starter.screen.thresholds", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="the labelled collection, a CSV file")
    parser.add_argument(
        "--weights", type=Path, default=WEIGHTS_DIR, help="folder with the trained difference"
    )
    args = parser.parse_args(argv)
    path = args.weights / MANIFEST
    manifest = json.loads(path.read_text(encoding="utf-8"))
    recipe = manifest["recipe"]
    dev = development_rows(args.data, frozenset(recipe["exclude"]), recipe["seed"])
    model = merged(load_file(args.weights / DIFFERENCE))
    manifest["thresholds"] = choose_thresholds(logits(model, tokenizer(), dev).sigmoid(), dev)
    path.write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")


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
        name: {
            "flag": lowest(i, _FLAGGED | {"development_ads": _ADS_FLAGGED[name]}, 0.10),
            "block": lowest(i, _BLOCKED, 0.02),
        }
        for i, name in enumerate(LABELS)
    }


if __name__ == "__main__":
    main()
