"""How fast a brief becomes a screened queue, against doing it line by line with the same libraries.

Both ways end with the same rows: variants with a verdict, in a database of their own that is thrown away.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path

import torch
from django.db import connection

from adgen.channels import slot_format
from adgen.models import Batch, Brand, Chunk, ChunkKind, Screening, Variant, VariantState, WorkState
from adgen.policy.duplicates import text_key
from adgen.selectors.briefs import brief_spec
from adgen.services.batches import batch_request
from adgen.services.briefs import brief_create
from adgen.services.work import work_claim
from adgen.spec import BrandSpec, BriefSpec
from workers import jobs, runtime
from workers.base import BaseModel
from workers.codec import Codec, Prompt
from workers.engines import Sample
from workers.generation import generate
from workers.rescreening import noted_screener
from workers.screen.screener import ScreenItem

_LINES = 96
# The baseline costs the same for every line, so a part of them tells its rate.
_BASELINE_LINES = 12
_SLOT = "google_rsa.description"
_BRIEF = BriefSpec(
    brand=BrandSpec(name="Bench Bakery"),
    product="sourdough bread",
    audience="early risers",
    messages=("baked every morning", "delivered by bike"),
    slots={_SLOT: _LINES},
)


class _OneByOne:
    """The plain way to sample: `model.generate` for each line, the whole prompt each time."""

    minibatch = 1
    is_adapted = False

    def __init__(self, base: BaseModel) -> None:
        self._base = base

    @property
    def codec(self) -> Codec:
        return self._base.codec

    def use_adapter(self, folder: Path | None) -> None:
        raise NotImplementedError("The baseline writes with the base model alone.")

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
        lines = []
        for prompt, seed in zip(prompts, seeds, strict=True):
            torch.manual_seed(seed)
            ids = torch.tensor([[*prompt.prefix, *prompt.suffix]], device=self._base.device)
            written = self._base.model.generate(  # type: ignore[operator]  # a mixin that the stubs do not see
                ids,
                attention_mask=torch.ones_like(ids),
                do_sample=True,
                temperature=temperature,
                top_p=top_p,
                max_new_tokens=max_new_tokens,
                suppress_tokens=sorted(prompt.banned),
                pad_token_id=self.codec.pad_id,
                eos_token_id=self.codec.end_id,
            )
            line = written[0, ids.shape[1] :].tolist()
            lines.append(Sample(line, self.score([prompt], [line])[0]))
        return lines

    @torch.inference_mode()
    def score(
        self,
        prompts: Sequence[Prompt],
        lines: Sequence[Sequence[int]],
        *,
        adapters: Sequence[Path | None] | None = None,
    ) -> list[float]:
        scores = []
        for prompt, line in zip(prompts, lines, strict=True):
            ids = torch.tensor([[*prompt.prefix, *prompt.suffix, *line]], device=self._base.device)
            logits = self._base.model(ids, logits_to_keep=len(line) + 1).logits[0, :-1]
            told = logits.float().log_softmax(-1).gather(-1, ids[0, -len(line) :, None])
            scores.append(float(told.sum()))
        return scores


def run() -> dict[str, float | str]:
    """Lines a second from brief to queue of both ways, and their ratio."""
    database = connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    try:
        runtime.engine(), runtime.screener()  # loading is not what is measured
        brand = Brand.objects.create(name=_BRIEF.brand.name, slug="bench-bakery")
        brief = brief_create(brand=brand, spec=_BRIEF, created_by=None)
        ours = _rate(lambda: _batched(batch_request(brief=brief, requested_by=None, seed=1)))
        one_by_one = batch_request(brief=brief, requested_by=None, seed=1)
        baseline = _rate(lambda: _line_by_line(one_by_one))
    finally:
        connection.creation.destroy_test_db(database, verbosity=0)
    return {
        "model": runtime.base_model().name,
        "threads": float(torch.get_num_threads()),
        "lines_per_s": ours,
        "baseline_lines_per_s": baseline,
        "ratio": ours / baseline,
    }


def _batched(batch: Batch) -> int:
    """Work off a batch as the tasks do; returns how many lines reached the queue."""
    for kind, job in ((ChunkKind.GENERATE, jobs.generate_chunk), (ChunkKind.SCREEN, jobs.screen_chunk)):
        for chunk in Chunk.objects.filter(batch=batch, kind=kind, state=WorkState.QUEUED):
            lease = work_claim(model=Chunk, pk=chunk.pk, worker="bench")
            assert lease is not None
            job(lease, chunk)
    return Variant.objects.filter(batch=batch, screenings__isnull=False).count()


def _line_by_line(batch: Batch) -> int:
    engine, screener, slot = _OneByOne(runtime.base_model()), noted_screener(), slot_format(_SLOT)
    spec = brief_spec(batch.brief)
    drafts = generate(
        engine,
        brief=spec,
        slot=_SLOT,
        count=_BASELINE_LINES,
        seed=1,
        taken=[],
        should_stop=lambda: False,
    )
    for index, draft in enumerate(drafts):
        (result,) = screener.screen([ScreenItem(draft.text, spec, slot)])
        variant = Variant.objects.create(
            batch=batch,
            brand=batch.brand,
            campaign=batch.brief.campaign,
            slot=_SLOT,
            index=index,
            text=draft.text,
            text_key=text_key(draft.text),
            width=draft.width,
            limit=draft.limit,
            state=VariantState.PENDING,
        )
        Screening.objects.create(variant=variant, version_id=result.version, verdict=result.verdict)
    return drafts.made


def _rate(work: Callable[[], int]) -> float:
    start = time.perf_counter()
    lines = work()
    return lines / (time.perf_counter() - start)
