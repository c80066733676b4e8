"""Stand-ins that really run: tiny random models on disk, adapters that force one output, scripted engines."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Never, cast

import torch
from peft import LoraConfig, PeftModel, get_peft_model
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import (
    AutoModelForCausalLM,
    LlamaConfig,
    PreTrainedConfig,
    PreTrainedModel,
    PreTrainedTokenizerFast,
)

from adgen.errors import WorkStopped
from adgen.spec import BrandSpec, BriefSpec
from workers.base import BaseModel
from workers.codec import Codec, Prompt
from workers.engines import Sample

CHAT_TEMPLATE = (
    "{% for message in messages %}<role>{{ message.content }}"
    "{{ '<end>' if message.role == 'assistant' else '</role>' }}{% endfor %}"
    "{% if add_generation_prompt %}<role>"
    "{% if enable_thinking is defined and not enable_thinking %}<think></think>{% endif %}{% endif %}"
)

BRIEF = BriefSpec(
    brand=BrandSpec(name="Nordlys Coffee", voice="dry, warm"),
    product="espresso subscription",
    slots={"google_rsa.headline": 5},
    audience="home baristas",
    messages=("roasted on Mondays", "skip any month"),
    offer="first bag half price",
    tone="playful",
    must_avoid=("cheap",),
)


def never() -> bool:
    """A `should_stop` that lets the work go on."""
    return False


def byte_tokenizer(*, chat: bool = True) -> PreTrainedTokenizerFast:
    """One token a byte, and the roles of a chat template. Pad and end are one token, as in many models."""
    vocabulary = {char: number for number, char in enumerate(sorted(pre_tokenizers.ByteLevel.alphabet()))}
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens(["<end>", "<role>", "</role>", "<think>", "</think>"])
    fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token="<end>", pad_token="<end>")
    fast.chat_template = CHAT_TEMPLATE if chat else None
    return fast


def tiny_model(config: Callable[..., PreTrainedConfig], vocab_size: int, **fields: Any) -> PreTrainedModel:
    """A random causal LM of a few thousand weights, peaked enough for greedy choices to be clear."""
    shape = config(
        vocab_size=vocab_size,
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        initializer_range=0.3,
        tie_word_embeddings=False,
        **fields,
    )
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return AutoModelForCausalLM.from_config(shape).eval()


def save_tiny_model(folder: Path, *, chat: bool = True) -> Path:
    """A folder that `workers.base.load_base` takes: config, safetensors, tokenizer."""
    tokenizer = byte_tokenizer(chat=chat)
    tiny_model(LlamaConfig, len(tokenizer)).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


class ScriptedEngine:
    """Answers with given lines in turn, spelt by a real codec; counts what it is asked for."""

    is_adapted = False

    def __init__(self, codec: Codec, lines: Sequence[str | None], *, minibatch: int = 4) -> None:
        self.codec, self.lines, self.minibatch = codec, lines, minibatch
        self.asked = 0

    def use_adapter(self, folder: Path | None) -> None:
        raise NotImplementedError

    def sample(
        self,
        prompts: Sequence[Prompt],
        seeds: Sequence[int],
        *,
        temperature: float,
        top_p: float,
        max_new_tokens: int,
        should_stop: Callable[[], bool],
        adapters: Sequence[Path | None] | None = None,
    ) -> list[Sample]:
        """The next scripted lines; None runs out of tokens, as a model that never ends."""
        if should_stop():
            raise WorkStopped("scripted")
        rows = []
        for prompt in prompts:
            line = self.lines[self.asked % len(self.lines)]
            self.asked += 1
            target = self.codec.target(line or "endless", prompt)
            rows.append(Sample(target if line is not None else target[:-1], logprob=-1.0 * len(target)))
        return rows

    def score(
        self,
        prompts: Sequence[Prompt],
        lines: Sequence[Sequence[int]],
        *,
        adapters: Sequence[Path | None] | None = None,
    ) -> list[float]:
        """A line is as likely as it is short, whatever its prompt."""
        return [-1.0 * len(line) for line in lines]


class ForgetfulModel:
    """A model that reports no memory for more than `most` rows, and otherwise is the one it wraps."""

    def __init__(self, model: PreTrainedModel, most: int) -> None:
        self.model, self.most, self.config = model, most, model.config
        self.num_parameters = model.num_parameters
        self.refused: list[int] = []
        self.calls = 0

    def __call__(self, ids: torch.Tensor, **kwargs: Any) -> Any:
        self.calls += 1
        if len(ids) > self.most:
            self.refused.append(len(ids))
            raise torch.OutOfMemoryError(f"no room for {len(ids)} rows")
        return self.model(ids, **kwargs)

    def as_base(self, base: BaseModel) -> BaseModel:
        return replace(base, model=cast(PreTrainedModel, self))


class _Uncopyable:
    """Stands for a model of which the device holds one and no second."""

    def __init__(self, model: PreTrainedModel) -> None:
        self._model = model

    def __getattr__(self, name: str) -> Any:
        return getattr(self._model, name)

    def __deepcopy__(self, memo: object) -> Never:
        raise torch.OutOfMemoryError("no room for a second model")


def no_room_for_a_copy(base: BaseModel) -> BaseModel:
    """`base` on a device whose memory is full."""
    return replace(base, model=cast(PreTrainedModel, _Uncopyable(base.model)))


def save_adapter(base: BaseModel, folder: Path, *, seed: int = 0, revision: str | None = None) -> Path:
    """A LoRA adapter with random weights on every linear layer of `base`."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        config = LoraConfig(r=4, target_modules="all-linear", task_type="CAUSAL_LM", init_lora_weights=False)
        model = get_peft_model(copy.deepcopy(base.model), config)
    return _save(model, folder, revision or base.weights_sha256)


def save_forcing_adapter(base: BaseModel, folder: Path, ids: tuple[int, int]) -> Path:
    """An adapter under which nothing but one of two ids is ever likely: it shows whose line a line is.

    A linear layer cannot prefer one id whatever its input, but it can prefer one of two.
    """
    config = LoraConfig(r=1, lora_alpha=1, target_modules=["lm_head"], task_type="CAUSAL_LM")
    model = get_peft_model(copy.deepcopy(base.model), config)
    head: Any = model.get_submodule("base_model.model.lm_head")
    with torch.no_grad():
        weight = head.lora_B["default"].weight
        weight.zero_()
        weight[list(ids), 0] = torch.tensor([1e6, -1e6]).to(weight)
    return _save(model, folder, base.weights_sha256)


def _save(model: PeftModel, folder: Path, revision: str) -> Path:
    model.save_pretrained(str(folder), save_embedding_layers=False)
    path = folder / "adapter_config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"revision": revision}))
    return folder
