"""Base models of the kinds that operators choose: tiny and random, with tokenizer and template alike."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers
from transformers import (
    Gemma3TextConfig,
    LlamaConfig,
    PreTrainedConfig,
    PreTrainedTokenizerFast,
    Qwen2Config,
    Qwen3Config,
    SmolLM3Config,
)

from tests.fakes import tiny_model

TEXT = (
    "You write advertising copy. Spell names exactly as given. The brief: Brand Voice Product Audience "
    "Messages Offer Tone Write one line for this slot headline at most characters Angle Reply with the line "
    "only quality ease price trust speed espresso subscription home baristas roasted on Mondays skip a month "
    "Kaffee für zwei, délicieux, コーヒー 焙煎 ☕"
)
ROLES = ["<|im_start|>", "<|im_end|>", "<|endoftext|>", "<think>", "</think>"]

_TURNS = "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
_ANSWER = "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
_NO_THOUGHT = "{% if add_generation_prompt and enable_thinking is false %}<think>\n\n</think>\n\n{% endif %}"
_SYSTEM = "<|im_start|>system\n{}<|im_end|>\n"
_GEMMA = (
    "{{ bos_token }}{% for m in messages %}<start_of_turn>"
    "{{ 'model' if m.role == 'assistant' else m.role }}\n{{ m.content | trim }}<end_of_turn>\n{% endfor %}"
    "{% if add_generation_prompt %}<start_of_turn>model\n{% endif %}"
)


@dataclass(frozen=True)
class Architecture:
    """How a family's models, tokenizers and templates look. `turn_end` ends an answer."""

    config: type[PreTrainedConfig]
    tokenizer: Callable[[], PreTrainedTokenizerFast]
    template: str
    turn_end: str
    fields: dict[str, Any] = field(default_factory=dict)


def save_architecture(folder: Path, name: str) -> Path:
    """A folder that `workers.base.load_base` takes."""
    architecture = ARCHITECTURES[name]
    tokenizer = architecture.tokenizer()
    tokenizer.chat_template = architecture.template
    # Models often have a few more logits than their tokenizer has ids.
    model = tiny_model(architecture.config, len(tokenizer) + 3, **architecture.fields)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def _byte_level() -> PreTrainedTokenizerFast:
    """Words in pieces of bytes, spaces at their beginnings."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=400,
        special_tokens=ROLES,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator([TEXT], trainer)
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, eos_token="<|im_end|>", pad_token="<|endoftext|>"
    )


def _sentence_piece() -> PreTrainedTokenizerFast:
    """Words in pieces of characters, "▁" for spaces; other characters byte by byte.

    As in Gemma the end of a sequence is not the end of a turn, and line breaks are tokens that were added.
    """
    tokenizer = Tokenizer(models.BPE())
    tokenizer.normalizer = normalizers.Replace(" ", "▁")
    trainer = trainers.BpeTrainer(vocab_size=300, show_progress=False)
    tokenizer.train_from_iterator([f"{word} " for word in TEXT.split() if word.isascii()], trainer)
    spec = json.loads(tokenizer.to_str())
    vocabulary = spec["model"]["vocab"]
    for piece in ("\n", *(f"<0x{byte:02X}>" for byte in range(256))):
        vocabulary.setdefault(piece, len(vocabulary))
    spec["model"]["byte_fallback"] = True
    tokenizer = Tokenizer.from_str(json.dumps(spec))
    tokenizer.decoder = decoders.Sequence(
        [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()]
    )
    tokenizer.add_special_tokens(["<bos>", "<eos>", "<pad>", "<start_of_turn>", "<end_of_turn>"])
    tokenizer.add_tokens(["\n\n"])
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, bos_token="<bos>", eos_token="<eos>", pad_token="<pad>"
    )


ARCHITECTURES = {
    "qwen3": Architecture(
        Qwen3Config, _byte_level, _TURNS + _ANSWER + _NO_THOUGHT, "<|im_end|>", {"head_dim": 8}
    ),
    "qwen2": Architecture(
        Qwen2Config,
        _byte_level,
        _SYSTEM.format("You are a helpful assistant.") + _TURNS + _ANSWER,
        "<|im_end|>",
    ),
    "llama": Architecture(LlamaConfig, _byte_level, _TURNS + _ANSWER, "<|im_end|>"),
    "smollm3": Architecture(
        SmolLM3Config,
        _byte_level,
        _SYSTEM.format("Reasoning: {{ '/no_think' if enable_thinking is false else '/think' }}")
        + _TURNS
        + _ANSWER
        + _NO_THOUGHT,
        "<|im_end|>",
        {"no_rope_layers": [1, 0], "bos_token_id": 0, "eos_token_id": 1, "pad_token_id": 2},
    ),
    "gemma3": Architecture(
        Gemma3TextConfig,
        _sentence_piece,
        _GEMMA,
        "<end_of_turn>",
        {
            "head_dim": 8,
            "query_pre_attn_scalar": 8,
            "sliding_window": 16,
            "layer_types": ["sliding_attention", "full_attention"],
        },
    ),
}
