"""The figures of the starter screen, measured through the screener as it is used.

    python -m workers.starter.screen.evaluate --data train.csv

prints them as JSON. The collection's `test` split and the held-out lines are used for nothing else.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
from collections.abc import Sequence
from pathlib import Path
from statistics import mean
from tempfile import TemporaryDirectory
from typing import Any

import torch

from workers.screen.loader import load_folder
from workers.screen.screener import Screener
from workers.starter.screen import calibrate, own
from workers.starter.screen.attacks import ATTACKS
from workers.starter.screen.checkpoint import WEIGHTS_DIR, starter_checkpoint
from workers.starter.screen.corpus import LABELS, Row, labelled_rows

_COPY_LINES = 1000
_ATTACKED_TEXTS, _ATTACKED_CHARS = 500, 200
_KINDS = ("flag", "block")


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m workers.starter.screen.evaluate", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="the labelled collection, a CSV file")
    parser.add_argument(
        "--weights", type=Path, default=WEIGHTS_DIR, help="folder with the trained difference"
    )
    args = parser.parse_args(argv)
    test = labelled_rows(args.data, "test")
    with TemporaryDirectory() as cache:
        judge = Judge(Screener(load_folder(*starter_checkpoint(Path(cache), args.weights))))
    figures = {
        "screen_version": judge.screener.version,
        "test": on_test_split(judge, test),
        "functional": on_functional_pairs(judge),
        "benign_marked": on_benign_lines(judge),
        "benign_marked_by_group": by_group(judge),
        "recall_after_attack": under_attack(judge, test),
    }
    json.dump(figures, sys.stdout, indent=1)


class Judge:
    """A screener, and what its model's thresholds make of texts."""

    def __init__(self, screener: Screener) -> None:
        self.screener = screener

    def scores(self, texts: Sequence[str]) -> torch.Tensor:
        """Scores (texts, LABELS)."""
        return torch.tensor([[scores[label] for label in LABELS] for scores in self.screener.scores(texts)])

    def marked(self, texts: Sequence[str], kind: str = "flag") -> torch.Tensor:
        """Whether (texts, LABELS) reach the threshold of `kind`."""
        thresholds = self.screener.model.thresholds
        return self.scores(texts) >= torch.tensor([getattr(thresholds[label], kind) for label in LABELS])


def on_test_split(judge: Judge, rows: list[Row]) -> dict[str, Any]:
    """AUC pooled and by source, and the rates at both thresholds, for each label."""
    scores = judge.scores([row.text for row in rows])
    targets = torch.tensor([[float("nan") if t is None else t for t in row.targets] for row in rows])
    thresholds = judge.screener.model.thresholds
    parts = {
        source: torch.tensor([row.source == source for row in rows])
        for source in sorted({row.source for row in rows})
    }
    return {
        label: {
            "auc": calibrate.auc(scores[:, i], targets[:, i]),
            "auc_by_source": {
                source: calibrate.auc(scores[part, i], targets[part, i]) for source, part in parts.items()
            },
            **{
                kind: calibrate.rates(scores[:, i], targets[:, i], getattr(thresholds[label], kind))
                for kind in _KINDS
            },
        }
        for i, label in enumerate(LABELS)
    }


def on_functional_pairs(judge: Judge) -> dict[str, dict[str, float]]:
    """How much of the hateful half is flagged, how much of the other is not, by label."""
    hateful, harmless = own.lines_of("held_out_hateful"), own.lines_of("held_out_not_hateful")
    caught, spared = judge.marked(hateful).float().mean(0), 1 - judge.marked(harmless).float().mean(0)
    scores = judge.scores(hateful + harmless)
    targets = torch.tensor([1.0] * len(hateful) + [0.0] * len(harmless))
    return {
        label: {
            "hateful_flagged": float(caught[i]),
            "others_passed": float(spared[i]),
            "balanced_accuracy": float(caught[i] + spared[i]) / 2,
            "auc": calibrate.auc(scores[:, i], targets) or 0.0,
        }
        for i, label in enumerate(LABELS)
    }


def on_benign_lines(judge: Judge) -> dict[str, dict[str, float]]:
    """The share of benign lines that any label flags or blocks."""
    lines = {name: own.lines_of(name) for name in ("held_out_ads", "held_out_identity")}
    lines["copywriter"] = own.copywriter_lines(_COPY_LINES, random.Random("evaluate"), held_out=True)
    return {
        name: {kind: float(judge.marked(texts, kind).any(1).float().mean()) for kind in _KINDS}
        for name, texts in lines.items()
    }


def by_group(judge: Judge) -> dict[str, Any]:
    """The share that any label flags of the same benign sentences about each group."""
    lines = own.lines_of("held_out_by_group")
    shares = {
        group.people: float(judge.marked([own.about(group, line) for line in lines]).any(1).float().mean())
        for group in own.groups()
    }
    return {"mean": mean(shares.values()), "worst_first": dict(sorted(shares.items(), key=lambda x: -x[1]))}


def under_attack(judge: Judge, rows: list[Row]) -> dict[str, float]:
    """How many of the toxic texts that are flagged are flagged in disguise too, by attack."""
    rng = random.Random("attack")
    toxic = [row.text for row in rows if row.targets[0] == 1 and len(row.text) <= _ATTACKED_CHARS]
    drawn = rng.sample(toxic, min(_ATTACKED_TEXTS, len(toxic)))
    clean = float(judge.marked(drawn).any(1).float().mean())
    return {"clean_recall": clean} | {
        name: float(judge.marked([attack(text, rng) for text in drawn]).any(1).float().mean()) / clean
        for name, attack in ATTACKS.items()
    }


if __name__ == "__main__":
    main()
