"""Trains the starter copywriter from scratch and writes the folder that ships.

    python -m workers.starter.copywriter.train --minutes 30

Run again after an interruption, it goes on from its checkpoint.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path

import torch

from workers.hashes import sha256
from workers.starter.copywriter import WEIGHTS, industry, joins, rows, skeletons
from workers.starter.copywriter.recipe import HELD_OUT, Recipe, Run
from workers.starter.copywriter.vocabulary import Vocabulary, train_tokenizer

TOKENIZER_BRIEFS = 4_000


def main(arguments: list[str] | None = None) -> int:
    """The command. Returns the exit status."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--minutes", type=float, default=Recipe.minutes, help="training time")
    parser.add_argument("--seed", type=int, default=Recipe.seed)
    parser.add_argument("--work", type=Path, default=Path("var/starter-copywriter"), help="checkpoint folder")
    parser.add_argument("--out", type=Path, default=WEIGHTS, help="where the finished model goes")
    options = parser.parse_args(arguments)
    options.work.mkdir(parents=True, exist_ok=True)
    vocabulary = tokenizer(options.work / "tokenizer.json", options.seed)
    run = Run(Recipe(seed=options.seed, minutes=options.minutes), vocabulary, options.work / "checkpoint.pt")
    run.train()
    write(run, options.work / "tokenizer.json", options.out)
    return 0


def tokenizer(path: Path, seed: int) -> Vocabulary:
    """The run's tokenizer, built once for its seed."""
    if not path.exists():
        print("building the tokenizer", file=sys.stderr, flush=True)
        train_tokenizer(rows.texts(seed, TOKENIZER_BRIEFS)).save(str(path))
    return Vocabulary.load(path)


def write(run: Run, tokenizer_file: Path, out: Path) -> None:
    """Weights in bf16 as safetensors, the tokenizer, and a manifest with figures and SHA-256 sums."""
    out.mkdir(parents=True, exist_ok=True)
    figures = {f"perplexity_held_out_{name}": round(run.perplexity(name), 3) for name in HELD_OUT}
    model = run.model
    for parameter in model.parameters():
        parameter.data = parameter.data.to(torch.bfloat16)
    model.save_pretrained(out)
    (out / "tokenizer.json").write_bytes(tokenizer_file.read_bytes())
    industry.write(out)
    joins.write(out)
    files = (
        industry.FILE,
        joins.FILE,
        "config.json",
        "generation_config.json",
        "model.safetensors",
        "tokenizer.json",
    )
    manifest = {
        "name": "starter-copywriter",
        "recipe": asdict(run.recipe),
        "progress": {name: round(value, 2) for name, value in asdict(run.progress).items()},
        "parameters": model.num_parameters(),
        "skeletons": len(skeletons.load()),
        "figures": figures,
        "sha256": {name: sha256(out / name) for name in files},
    }
    (out / "manifest.json").write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(figures), file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
