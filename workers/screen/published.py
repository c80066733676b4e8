"""Detoxify's published checkpoints: fetched once, used only as the files that were released.

Each becomes a checkpoint folder like any other: the released files, and the two small files that the
release takes from a model hub. Their content is written down here, so that only weights and vocabularies
have to be fetched, and each of these has its hash.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO
from urllib.error import HTTPError
from urllib.request import urlopen

from detoxify.detoxify import MODEL_URLS
from tqdm import tqdm

from adgen.errors import ModelUnavailable
from workers.hashes import sha256
from workers.screen.sums import SUMS, verify_sums, write_sums

CHECKPOINT = "checkpoint.ckpt"
_HUB = "https://huggingface.co"
_TIMEOUT_S = 60
_BERT = {
    "model_type": "bert",
    "vocab_size": 30522,
    "hidden_size": 768,
    "num_hidden_layers": 12,
    "num_attention_heads": 12,
    "intermediate_size": 3072,
    "max_position_embeddings": 512,
    "type_vocab_size": 2,
    "layer_norm_eps": 1e-12,
    "pad_token_id": 0,
}
_ROBERTA = _BERT | {
    "model_type": "roberta",
    "vocab_size": 50265,
    "max_position_embeddings": 514,
    "type_vocab_size": 1,
    "layer_norm_eps": 1e-5,
    "bos_token_id": 0,
    "pad_token_id": 1,
    "eos_token_id": 2,
}
_XLM_ROBERTA = _ROBERTA | {"model_type": "xlm-roberta", "vocab_size": 250002}


@dataclass(frozen=True)
class Source:
    """Where a file comes from, and how its SHA-256 begins (64 digits, or as many as were published)."""

    url: str
    sha256: str


@dataclass(frozen=True)
class Published:
    """A released checkpoint: its files by their name in the folder, and what its configuration says."""

    name: str
    files: Mapping[str, Source]
    config: Mapping[str, Any]
    labels: int
    tokenizer: Mapping[str, Any] = field(default_factory=dict)


def _released(name: str) -> Source:
    """The checkpoint that Detoxify itself would fetch; eight digits of its hash are in its file name.

    That is the convention of torch.hub (`check_hash`): NAME-HASH.ckpt.
    """
    url = MODEL_URLS[name]
    digits = re.search(r"-([0-9a-f]{8})\.ckpt$", url)
    assert digits, url
    return Source(url, digits[1])


def _vocabulary(repository: str, revision: str, name: str, digest: str) -> dict[str, Source]:
    return {name: Source(f"{_HUB}/{repository}/resolve/{revision}/{name}", digest)}


PUBLISHED: dict[str, Published] = {
    "original": Published(
        "original",
        {CHECKPOINT: _released("original")}
        | _vocabulary(
            "google-bert/bert-base-uncased",
            "86b5e0934494bd15c9632b12f734a8a67f723594",
            "vocab.txt",
            "07eced375cec144d27c900241f3e339478dec958f92fddbc551f295c992038a3",
        ),
        _BERT,
        labels=6,
        tokenizer={"do_lower_case": True},
    ),
    "unbiased": Published(
        "unbiased",
        {CHECKPOINT: _released("unbiased")}
        | _vocabulary(
            "FacebookAI/roberta-base",
            "e2da8e2f811d1448a5b465c236feacd80ffbac7b",
            "vocab.json",
            "9e7f63c2d15d666b52e21d250d2e513b87c9b713cfa6987a82ed89e5e6e50655",
        )
        | _vocabulary(
            "FacebookAI/roberta-base",
            "e2da8e2f811d1448a5b465c236feacd80ffbac7b",
            "merges.txt",
            "1ce1664773c50f3e0cc8842619a93edc4624525b728b188a9e0be33b7726adc5",
        ),
        _ROBERTA,
        labels=16,
    ),
    "multilingual": Published(
        "multilingual",
        {CHECKPOINT: _released("multilingual")}
        | _vocabulary(
            "FacebookAI/xlm-roberta-base",
            "e73636d4f797dec63c3081bb6ed5c7b0bb3f2089",
            "sentencepiece.bpe.model",
            "cfc8146abe2a0488e9e2a0c56de7952f7c11ab059eca145a0a727afce0db2865",
        ),
        _XLM_ROBERTA,
        labels=16,
    ),
}


def fetch_screen_model(published: Published, cache_dir: Path, *, source: Path | None = None) -> Path:
    """The folder of a published checkpoint in `cache_dir`, fetched unless it is there.

    With `source`, a folder that holds the released files under their released names, nothing is fetched
    from the network. Raises ModelUnavailable, with the file and the hashes, and leaves nothing behind.
    """
    folder = cache_dir.resolve() / published.name
    if folder.is_dir():
        return verified_folder(published, cache_dir)
    cache_dir.mkdir(parents=True, exist_ok=True)
    aside = Path(tempfile.mkdtemp(prefix=".fetching-", dir=cache_dir))
    try:
        for name, file in published.files.items():
            _fetch(file, aside / name, source)
        _write_json(
            aside / "config.json", {**published.config, "id2label": dict(enumerate(_labels(published)))}
        )
        _write_json(aside / "tokenizer_config.json", {"model_max_length": 512, **published.tokenizer})
        write_sums(aside)
        os.rename(aside, folder)
    except OSError:
        # A folder with files in it is never replaced by a rename: another process was faster.
        if not folder.is_dir():
            raise
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    return folder


def verified_folder(published: Published, cache_dir: Path) -> Path:
    """The folder of a published checkpoint. Raises ModelUnavailable unless it holds the released files."""
    folder = cache_dir.resolve() / published.name
    if not folder.is_dir():
        raise ModelUnavailable(
            f"The screen model {published.name!r} is not on this machine (looked for {folder}). "
            f"Run `manage.py fetch_models --screen {published.name}` once."
        )
    sums = verify_sums(folder)
    for name, file in published.files.items():
        if not sums.get(name, "").startswith(file.sha256):
            raise ModelUnavailable(
                f"{folder / name} is not the released file: expected SHA-256 {file.sha256}…, "
                f"{SUMS} says {sums.get(name, 'nothing')}. Remove the folder and fetch it again."
            )
    return folder


def _fetch(file: Source, path: Path, source: Path | None) -> None:
    released_name = file.url.rpartition("/")[2]
    try:
        opened: BinaryIO
        if source is not None:
            opened = (source / released_name).open("rb")
        else:
            opened = urlopen(file.url, timeout=_TIMEOUT_S)  # noqa: S310 - the addresses are those above
        with opened, path.open("wb") as target, _progress(released_name, opened) as stream:
            shutil.copyfileobj(stream, target)
    except OSError as error:
        if isinstance(error, HTTPError):
            error.close()
        where = source / released_name if source is not None else file.url
        raise ModelUnavailable(f"Cannot read {where}: {error}.") from error
    if not (found := sha256(path)).startswith(file.sha256):
        raise ModelUnavailable(
            f"{released_name} is not the released file: expected SHA-256 {file.sha256}…, found {found}."
        )


def _progress(name: str, stream: BinaryIO) -> Any:
    size = getattr(stream, "length", None)  # only what comes over HTTP says how long it is
    return tqdm.wrapattr(stream, "read", total=size, desc=name, miniters=1)


def _labels(published: Published) -> list[str]:
    return [f"output {i}" for i in range(published.labels)]


def _write_json(path: Path, value: Any) -> None:
    path.write_text(json.dumps(value, indent=1) + "\n", encoding="utf-8")
