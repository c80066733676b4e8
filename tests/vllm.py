"""What adgen uses of vLLM (0.12 and later), with its signatures, on a model that transformers runs.

It is slow and has no cache; it refuses what vLLM would refuse, so a call that is wrong here is wrong there.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
import torch

from workers.base import BaseModel
from workers.engines.lora import merged


class RequestOutputKind(Enum):
    CUMULATIVE = 0
    DELTA = 1
    FINAL_ONLY = 2


@dataclass(kw_only=True)
class SamplingParams:
    n: int = 1
    temperature: float = 1.0
    top_p: float = 1.0
    top_k: int = 0
    min_p: float = 0.0
    seed: int | None = None
    stop_token_ids: list[int] | None = None
    ignore_eos: bool = False
    max_tokens: int | None = 16
    min_tokens: int = 0
    logprobs: int | None = None
    prompt_logprobs: int | None = None
    detokenize: bool = True
    output_kind: RequestOutputKind = RequestOutputKind.CUMULATIVE
    logit_bias: dict[int, float] | None = None
    allowed_token_ids: list[int] | None = None
    extra_args: dict[str, Any] | None = None


@dataclass
class LoRARequest:
    lora_name: str
    lora_int_id: int
    lora_path: str = ""

    def __post_init__(self) -> None:
        assert self.lora_int_id > 0
        assert self.lora_path


@dataclass
class _Request:
    name: str
    prompt: list[int]
    params: SamplingParams
    model: Any
    token_ids: list[int] = field(default_factory=list)
    logprobs: list[dict[int, Any]] = field(default_factory=list)


class LLMEngine:
    """One token of every request a step."""

    def __init__(self, base: BaseModel) -> None:
        self._base = base
        self._requests: dict[str, _Request] = {}
        self._adapters: dict[int, tuple[str, Any]] = {}

    def add_request(
        self,
        request_id: str,
        prompt: dict[str, list[int]],
        params: SamplingParams,
        arrival_time: float | None = None,
        lora_request: LoRARequest | None = None,
        tokenization_kwargs: dict[str, Any] | None = None,
        trace_headers: dict[str, str] | None = None,
        priority: int = 0,
        prompt_text: str | None = None,
    ) -> str:
        assert request_id not in self._requests
        model = self._base.model if lora_request is None else self._adapted(lora_request)
        self._requests[request_id] = _Request(request_id, prompt["prompt_token_ids"], params, model)
        return request_id

    def has_unfinished_requests(self) -> bool:
        return bool(self._requests)

    def abort_request(self, request_ids: list[str], internal: bool = False) -> None:
        for name in request_ids:
            self._requests.pop(name, None)

    def step(self) -> list[Any]:
        outputs = [self._step(request) for request in list(self._requests.values())]
        for output in outputs:
            if output.finished:
                del self._requests[output.request_id]
        return [output for output in outputs if output.finished]

    def _adapted(self, request: LoRARequest) -> Any:
        known = self._adapters.setdefault(
            request.lora_int_id, (request.lora_path, merged(self._base, Path(request.lora_path)))
        )
        assert known[0] == request.lora_path, "one number for two adapters"
        return known[1]

    @torch.inference_mode()
    def _step(self, request: _Request) -> Any:
        params = request.params
        ids = [*request.prompt, *request.token_ids]
        logits = request.model(torch.tensor([ids])).logits[0].float()
        picked = self._picked(logits[-1].clone(), params, len(request.token_ids))
        request.token_ids.append(picked)
        natural = logits.log_softmax(-1)
        if params.logprobs is not None:
            request.logprobs.append({picked: SimpleNamespace(logprob=float(natural[-1, picked]))})
        told: list[Any] | None = None
        if params.prompt_logprobs is not None:
            rows = enumerate(request.prompt[1:])
            told = [None] + [{id_: SimpleNamespace(logprob=float(natural[row, id_]))} for row, id_ in rows]
        ended = picked in (params.stop_token_ids or [])
        completion = SimpleNamespace(token_ids=request.token_ids, logprobs=request.logprobs)
        return SimpleNamespace(
            request_id=request.name,
            outputs=[completion],
            prompt_logprobs=told,
            finished=ended or len(request.token_ids) == params.max_tokens,
        )

    def _picked(self, logits: torch.Tensor, params: SamplingParams, position: int) -> int:
        for id_, bias in (params.logit_bias or {}).items():
            logits[id_] += bias
        if params.allowed_token_ids is not None:
            others = torch.ones(len(logits), dtype=torch.bool)
            others[params.allowed_token_ids] = False
            logits[others] = -torch.inf
        if params.temperature == 0:
            return int(logits.argmax())
        generator = torch.Generator().manual_seed((params.seed or 0) * 1000 + position)
        return int(torch.multinomial((logits / params.temperature).softmax(-1), 1, generator=generator))


def install(monkeypatch: pytest.MonkeyPatch, base: BaseModel) -> list[LLMEngine]:
    """Make `import vllm` find this, with `base` as every model; returns the engines that are made."""
    made: list[LLMEngine] = []

    class LLM:
        def __init__(
            self,
            model: str,
            *,
            skip_tokenizer_init: bool = False,
            dtype: str = "auto",
            enable_lora: bool = False,
            max_loras: int = 1,
            max_lora_rank: int = 16,
            enable_prefix_caching: bool | None = None,
            load_format: str = "auto",
            logprobs_mode: str = "raw_logprobs",
            gpu_memory_utilization: float = 0.9,
            seed: int = 0,
        ) -> None:
            assert Path(model) == base.folder
            assert skip_tokenizer_init
            assert enable_lora
            self.llm_engine = LLMEngine(base)
            made.append(self.llm_engine)

    modules: dict[str, dict[str, Any]] = {
        "vllm": {"LLM": LLM, "SamplingParams": SamplingParams},
        "vllm.lora": {},
        "vllm.lora.request": {"LoRARequest": LoRARequest},
        "vllm.sampling_params": {"RequestOutputKind": RequestOutputKind},
    }
    for name, contents in modules.items():
        module = ModuleType(name)
        vars(module).update(contents)
        monkeypatch.setitem(sys.modules, name, module)
    return made
