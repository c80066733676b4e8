"""Detoxify's published checkpoints, in small: the same files, layouts and traps, weights taught two texts.

The released files themselves are half a gigabyte and more, and are not part of the tests.
"""

from __future__ import annotations

import io
import json
import re
import threading
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import sentencepiece
import torch
import transformers
from tokenizers import ByteLevelBPETokenizer

from adgen.errors import ModelUnavailable
from workers.hashes import sha256
from workers.screen import loader, published
from workers.screen.loader import load_screen_model
from workers.screen.published import CHECKPOINT, PUBLISHED, Published, Source, fetch_screen_model
from workers.screen.screener import Screener, ScreenItem
from workers.screen.sums import write_sums
from workers.starter.screen import base

BENIGN, TOXIC = loader._BENIGN, loader._TOXIC
LABELS = ["toxicity", "severe_toxicity", "obscene", "identity_attack", "insult", "threat", "sexual_explicit"]
IDENTITIES = ["male", "female", "gay", "christian", "jewish", "muslim", "black", "white", "ill"]
SMALL = {"hidden_size": 32, "intermediate_size": 32, "num_attention_heads": 2, "num_hidden_layers": 1}


def vocabulary(name: str, folder: Path) -> None:
    """The vocabulary files of a released model's kind, learnt from two sentences."""
    if name == "original":
        words = re.findall(r"\w+|[^\w\s]", f"{BENIGN} {TOXIC}".lower())
        entries = dict.fromkeys(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *words])
        (folder / "vocab.txt").write_text("\n".join(entries) + "\n")
    elif name == "unbiased":
        tokenizer = ByteLevelBPETokenizer()
        special = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
        tokenizer.train_from_iterator([BENIGN, TOXIC], vocab_size=320, special_tokens=special)
        tokenizer.save_model(str(folder))
    else:
        model = io.BytesIO()
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=iter([BENIGN, TOXIC] * 20), model_writer=model, vocab_size=38, minloglevel=2
        )
        (folder / "sentencepiece.bpe.model").write_bytes(model.getvalue())


ARCHITECTURES = {
    "original": ("BertForSequenceClassification", "BertTokenizer", "bert-base-uncased"),
    "unbiased": ("RobertaForSequenceClassification", "RobertaTokenizer", "roberta-base"),
    "multilingual": ("XLMRobertaForSequenceClassification", "XLMRobertaTokenizer", "xlm-roberta-base"),
}


def release(name: str, folder: Path, url: str) -> Published:
    """Files in `folder` as a release offers them under `url`, and what is known of them beforehand."""
    torch.manual_seed(0)
    model_name, tokenizer_name, hub_name = ARCHITECTURES[name]
    vocabulary(name, folder)
    (folder / "tokenizer_config.json").write_text("{}")
    tokenizer = getattr(transformers, tokenizer_name).from_pretrained(str(folder))
    (folder / "tokenizer_config.json").unlink()
    config = {**PUBLISHED[name].config, **SMALL}
    config["vocab_size"] = len(tokenizer)
    outputs = PUBLISHED[name].labels
    model_class = getattr(transformers, model_name)
    model = model_class(model_class.config_class(**config, num_labels=outputs))
    teach(model, tokenizer)
    state = model.state_dict()
    state[f"{config['model_type'].replace('-', '_').removeprefix('xlm_')}.embeddings.position_ids"] = (
        torch.arange(config["max_position_embeddings"])[None]
    )
    dataset = {"classes": LABELS, "identity_classes": IDENTITIES}
    if name == "original":
        dataset = {"classes": ["toxic", "severe_toxic", "obscene", "threat", "insult", "identity_hate"]}
    arch = {
        "model_type": hub_name,
        "model_name": model_name,
        "tokenizer_name": tokenizer_name,
        "num_classes": outputs,
    }
    checkpoint = {
        "config": {"arch": {"type": "BERT", "args": arch}, "dataset": {"args": dataset}},
        "state_dict": state,
    }
    torch.save(checkpoint, folder / "aside")
    digest = sha256(folder / "aside")
    (folder / "aside").rename(folder / f"toxic-{digest[:8]}.ckpt")
    files = {CHECKPOINT: Source(f"{url}/toxic-{digest[:8]}.ckpt", digest[:8])}
    for file in set(PUBLISHED[name].files) - {CHECKPOINT}:
        files[file] = Source(f"{url}/{file}", sha256(folder / file))
    return replace(PUBLISHED[name], files=files, config=config)


def teach(model: Any, tokenizer: Any) -> None:
    """Two texts, told apart: enough for the loader's check of sense."""
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    inputs = tokenizer([BENIGN, TOXIC], padding=True, return_tensors="pt")
    wanted = torch.tensor([[0.0], [1.0]]).expand(2, model.config.num_labels)
    for _ in range(30):
        loss = torch.nn.functional.binary_cross_entropy_with_logits(model(**inputs).logits, wanted)
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()


class Site:
    """A folder served over HTTP on this machine, and the paths that were asked for."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.asked: list[str] = []
        site = self

        class Handler(SimpleHTTPRequestHandler):
            def log_message(self, *args: Any) -> None:
                site.asked.append(self.path)

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=str(folder)))
        self.url = f"http://127.0.0.1:{self.server.server_port}"


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    folder = tmp_path / "released"
    folder.mkdir()
    site = Site(folder)
    thread = threading.Thread(target=site.server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield site
    site.server.shutdown()
    thread.join()
    site.server.server_close()


@pytest.mark.parametrize("name", ["original", "unbiased", "multilingual"])
def test_a_published_checkpoint_runs_through_the_same_code(
    site: Site, tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = release(name, site.folder, site.url)
    monkeypatch.setitem(published.PUBLISHED, name, known)
    fetch_screen_model(known, tmp_path / "var")
    assert len(site.asked) == len(known.files)
    screener = Screener(load_screen_model(name, tmp_path / "var"))
    assert sorted(screener.model.labels) == sorted(LABELS[:6] if name == "original" else LABELS)
    bad, good = screener.screen([ScreenItem(TOXIC), ScreenItem(BENIGN)])
    assert bad.scores["toxicity"] > 0.5 > good.scores["toxicity"]
    assert set(bad.scores) == set(screener.model.labels)
    assert bad.scores == pytest.approx(screener.model.detoxify.predict(TOXIC), abs=0.02)
    assert "model.identity_attack" in [finding.rule for finding in bad.findings]


def test_a_second_fetch_asks_for_nothing(site: Site, tmp_path: Path) -> None:
    known = release("original", site.folder, site.url)
    first = fetch_screen_model(known, tmp_path / "var")
    asked = list(site.asked)
    assert fetch_screen_model(known, tmp_path / "var") == first
    assert site.asked == asked


def test_a_folder_of_released_files_needs_no_network(site: Site, tmp_path: Path) -> None:
    known = release("original", site.folder, "http://127.0.0.1:1/nothing")
    folder = fetch_screen_model(known, tmp_path / "var", source=site.folder)
    assert (folder / "SHA256SUMS").is_file()
    assert site.asked == []


@pytest.mark.parametrize("fault", ["changed", "cut short", "missing"])
def test_another_file_than_the_released_one_leaves_nothing_behind(
    site: Site, tmp_path: Path, fault: str
) -> None:
    known = release("original", site.folder, site.url)
    path = site.folder / known.files[CHECKPOINT].url.rpartition("/")[2]
    content = path.read_bytes()
    if fault == "missing":
        path.unlink()
    else:
        path.write_bytes(content[:-1] if fault == "cut short" else content[:-1] + b"?")
    with pytest.raises(ModelUnavailable) as refused:
        fetch_screen_model(known, tmp_path / "var")
    assert path.name in str(refused.value)
    assert fault == "missing" or known.files[CHECKPOINT].sha256 in str(refused.value)
    assert list((tmp_path / "var").iterdir()) == []


def test_a_folder_that_was_exchanged_is_refused_though_its_own_list_agrees(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = release("original", site.folder, site.url)
    monkeypatch.setitem(published.PUBLISHED, "original", known)
    folder = fetch_screen_model(known, tmp_path / "var")
    (folder / CHECKPOINT).write_bytes(b"another model")
    write_sums(folder)
    with pytest.raises(ModelUnavailable, match="not the released file"):
        load_screen_model("original", tmp_path / "var")


def test_a_model_that_was_never_fetched_names_the_command(tmp_path: Path) -> None:
    with pytest.raises(ModelUnavailable, match="fetch_models --screen unbiased"):
        load_screen_model("unbiased", tmp_path)


def test_what_is_pinned() -> None:
    for name, known in PUBLISHED.items():
        assert known.name == name
        assert all(len(file.sha256) in (8, 64) for file in known.files.values())
        assert all(file.url.startswith("https://") for file in known.files.values())
        json.dumps(dict(known.config))
    # The packaged base has the vocabulary of bert-base-uncased, so this pin can be checked here.
    assert PUBLISHED["original"].files["vocab.txt"].sha256 == base.SHA256[base.VOCABULARY]
