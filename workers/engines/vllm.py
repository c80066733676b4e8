"""The engine on vLLM: for GPUs where it is installed, used only where ADGEN_ENGINE says so.

vLLM keeps its own memory and its own minibatches, shares prefixes by itself and runs each row with its own
adapter. Lines that outgrow their slot are cut after the fact: what vLLM offers for masking tokens while they
are sampled differs between its releases and runners.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from importlib import import_module
from itertools import count
from pathlib import Path
from typing import Any

from adgen.errors import ModelUnavailable, WorkStopped
from workers.base import BaseFiles
from workers.codec import Codec, Prompt
from workers.engines import Sample
from workers.engines.lora import usable_config

# As high as training goes; a higher one costs memory and time for every adapter.
_MAX_RANK = 16
_MAX_ADAPTERS_AT_ONCE = 8
# A bias that no logit makes up for.
_NEVER = -100.0


class VllmEngine:
    """Samples from one base model, each row with its own adapter."""

    # vLLM takes any number at a time; more at once only makes the first lines wait.
    minibatch = 256

    def __init__(self, base: BaseFiles) -> None:
        """Raises ModelUnavailable where vLLM is not installed or cannot load the model."""
        self.base = base
        # Its engine in a process of its own would be a child of a worker that may have none.
        os.environ.setdefault("VLLM_ENABLE_V1_MULTIPROCESSING", "0")
        try:
            self._vllm: Any = import_module("vllm")
            self._requests: Any = import_module("vllm.lora.request")
            self._params: Any = import_module("vllm.sampling_params")
        except ImportError as error:
            raise ModelUnavailable(
                f"ADGEN_ENGINE is vllm, but vLLM cannot be imported ({error}). Install it on this machine, "
                "or use ADGEN_ENGINE=transformers."
            ) from error
        try:
            self._engine = self._vllm.LLM(
                model=str(base.folder),
                skip_tokenizer_init=True,
                load_format="safetensors",
                dtype="bfloat16",
                enable_prefix_caching=True,
                enable_lora=True,
                max_loras=_MAX_ADAPTERS_AT_ONCE,
                max_lora_rank=_MAX_RANK,
                logprobs_mode="raw_logprobs",
            ).llm_engine
        except (OSError, ValueError, RuntimeError) as error:
            raise ModelUnavailable(f"vLLM cannot load {base.name!r} from {base.folder}: {error}") from error
        self._folder: Path | None = None
        self._adapters: dict[Path, Any] = {}
        self._ids = count()

    @property
    def codec(self) -> Codec:
        return self.base.codec

    @property
    def is_adapted(self) -> bool:
        return self._folder is not None

    def use_adapter(self, folder: Path | None) -> None:
        """Write with the LoRA weights in `folder` from now on; None is the base model itself."""
        self._folder = folder

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
        """See `workers.engines.Engine.sample`. Rounding may differ with the rows beside a row."""
        params = [
            self._sampling(
                temperature=temperature,
                top_p=top_p,
                seed=seed,
                max_tokens=max_new_tokens,
                stop_token_ids=[self.codec.end_id],
                logprobs=0,
                **self._only_allowed(prompt.banned),
            )
            for prompt, seed in zip(prompts, seeds, strict=True)
        ]
        whole = [[*prompt.prefix, *prompt.suffix] for prompt in prompts]
        outputs = self._run(whole, params, adapters, should_stop)
        return [self._within(prompt, output) for prompt, output in zip(prompts, outputs, strict=True)]

    def score(
        self,
        prompts: Sequence[Prompt],
        lines: Sequence[Sequence[int]],
        *,
        adapters: Sequence[Path | None] | None = None,
    ) -> list[float]:
        """See `workers.engines.Engine.score`."""
        starts = [[*prompt.prefix, *prompt.suffix] for prompt in prompts]
        whole = [[*start, *line] for start, line in zip(starts, lines, strict=True)]
        params = [self._sampling(max_tokens=1, prompt_logprobs=0) for _ in whole]
        outputs = self._run(whole, params, adapters, lambda: False)
        told = [output.prompt_logprobs[len(start) :] for output, start in zip(outputs, starts, strict=True)]
        return [
            float(sum(at[id_].logprob for at, id_ in zip(places, line, strict=True)))
            for places, line in zip(told, lines, strict=True)
        ]

    def _sampling(self, **options: Any) -> Any:
        return self._vllm.SamplingParams(
            # The codec says what ends a line, and reads it.
            ignore_eos=True,
            detokenize=False,
            output_kind=self._params.RequestOutputKind.FINAL_ONLY,
            **options,
        )

    def _only_allowed(self, banned: frozenset[int]) -> dict[str, Any]:
        """The options that keep banned ids, and ids that the tokenizer does not have, from being sampled."""
        size = self.codec.vocab_size
        if len(banned) > size // 2:
            return {"allowed_token_ids": [id_ for id_ in range(size) if id_ not in banned]}
        return {"logit_bias": dict.fromkeys(sorted(banned), _NEVER)}

    def _within(self, prompt: Prompt, output: Any) -> Sample:
        """What fits the slot of an output's line."""
        (line,) = output.outputs
        widths, left = self.codec.widths(prompt), prompt.slot.limit + self.codec.lead
        ids: list[int] = []
        logprob = 0.0
        for id_, told in zip(line.token_ids, line.logprobs, strict=True):
            # Models often have more logits than their tokenizer has ids.
            if id_ >= len(widths) or (width := 0 if id_ == self.codec.end_id else widths[id_]) > left:
                break
            left -= width
            ids.append(id_)
            logprob += told[id_].logprob
        return Sample(ids, logprob)

    def _run(
        self,
        prompts: Sequence[list[int]],
        params: Sequence[Any],
        adapters: Sequence[Path | None] | None,
        should_stop: Callable[[], bool],
    ) -> list[Any]:
        """The finished output of each prompt. Whatever happens, no request stays in the engine."""
        folders = [self._folder] * len(prompts) if adapters is None else adapters
        names = [f"row-{next(self._ids)}" for _ in prompts]
        finished: dict[str, Any] = {}
        try:
            for name, ids, options, folder in zip(names, prompts, params, folders, strict=True):
                told = {"prompt_token_ids": ids}
                self._engine.add_request(name, told, options, lora_request=self._request(folder))
            while len(finished) < len(names):
                if should_stop():
                    raise WorkStopped(f"Stopped with {len(finished)} of {len(names)} lines done.")
                finished |= {out.request_id: out for out in self._engine.step() if out.finished}
        finally:
            self._engine.abort_request([name for name in names if name not in finished])
        return [finished[name] for name in names]

    def _request(self, folder: Path | None) -> Any:
        """vLLM knows an adapter by a number that no other one ever has. Raises ModelUnavailable."""
        if folder is None:
            return None
        if folder not in self._adapters:
            usable_config(self.base, folder)
            number = len(self._adapters) + 1
            self._adapters[folder] = self._requests.LoRARequest(str(folder), number, str(folder))
        return self._adapters[folder]
