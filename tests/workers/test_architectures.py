"""Chat templates of the families that operators choose: who speaks, where an answer ends, no thinking."""

from __future__ import annotations

from pathlib import Path

import pytest

from adgen.channels import slot_format
from tests.architectures import ARCHITECTURES
from tests.fakes import BRIEF
from workers.chat import ChatCodec

HEADLINE = slot_format("google_rsa.headline")


@pytest.fixture(params=ARCHITECTURES)
def family(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def codec(family: str, tmp_path: Path) -> ChatCodec:
    tokenizer = ARCHITECTURES[family].tokenizer()
    tokenizer.chat_template = ARCHITECTURES[family].template
    tokenizer.save_pretrained(tmp_path)
    return ChatCodec.load(tmp_path)


def test_an_answer_ends_where_the_template_ends_it(family: str, codec: ChatCodec) -> None:
    assert codec.tokenizer.convert_ids_to_tokens(codec.end_id) == ARCHITECTURES[family].turn_end
    prompt = codec.prompt(BRIEF, HEADLINE, "trust")
    assert codec.end_id not in prompt.banned
    assert set(codec.tokenizer.all_special_ids) - {codec.end_id} <= prompt.banned
    assert codec.widths(prompt)[codec.end_id] == 0


def test_the_model_is_asked_to_answer_at_once(family: str, codec: ChatCodec) -> None:
    prompt = codec.prompt(BRIEF, HEADLINE, "trust")
    told = str(codec.tokenizer.decode([*prompt.prefix, *prompt.suffix]))
    _, turn, rest = told.rpartition("Reply with the line only.")
    assert turn
    if family in {"qwen3", "smollm3"}:
        assert rest.endswith("assistant\n<think>\n\n</think>\n\n")
    else:
        assert rest.endswith(("assistant\n", "model\n"))
    assert "/think" not in told.replace("</think>", "")


def test_what_a_model_writes_reads_back(codec: ChatCodec) -> None:
    prompt = codec.prompt(BRIEF, HEADLINE, "trust")
    target = codec.target("Kaffee für zwei ☕", prompt)
    assert codec.text(target[:-1], prompt) == "Kaffee für zwei ☕"
    assert sum(codec.widths(prompt)[id_] for id_ in target) >= HEADLINE.width("Kaffee für zwei ☕")
