"""The vLLM engine keeps the contract of all engines, on a stand-in with vLLM's signatures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from pytest_django import Settings

from adgen.errors import ModelUnavailable, WorkStopped
from tests import vllm
from tests.fakes import save_adapter, save_forcing_adapter
from tests.workers.sampling import ENDLESS, TOKENS, samples
from workers import runtime
from workers.base import BaseModel
from workers.codec import Prompt
from workers.engines.transformers import TransformersEngine
from workers.engines.vllm import VllmEngine


def short_prompts(number: int = 8) -> list[Prompt]:
    """Prompts of a few bytes: the stand-in reads them anew for each token."""
    return [Prompt((70, 71), tuple(range(80, 83 + row % 5)), ENDLESS) for row in range(number)]


@pytest.fixture
def engines(monkeypatch: pytest.MonkeyPatch, tiny_base: BaseModel) -> list[vllm.LLMEngine]:
    return vllm.install(monkeypatch, tiny_base)


@pytest.fixture
def engine(engines: list[vllm.LLMEngine], tiny_base: BaseModel) -> VllmEngine:
    return VllmEngine(tiny_base)


def test_greedy_lines_and_likelihoods_are_those_of_transformers(
    engine: VllmEngine, tiny_base: BaseModel, tmp_path: Path
) -> None:
    prompts, plain = short_prompts(), TransformersEngine(tiny_base)
    for folder in (None, save_adapter(tiny_base, tmp_path, seed=1)):
        engine.use_adapter(folder)
        plain.use_adapter(folder)
        lines, expected = (samples(one, prompts, temperature=0) for one in (engine, plain))
        assert [line.ids for line in lines] == [line.ids for line in expected]
        told = [line.logprob for line in expected]
        assert [line.logprob for line in lines] == pytest.approx(told, rel=1e-3)
        assert engine.score(prompts, [line.ids for line in lines]) == pytest.approx(told, rel=1e-3)


def test_seeds_decide(engine: VllmEngine, tiny_base: BaseModel) -> None:
    (prompt, *_) = short_prompts()
    lines = samples(engine, [prompt] * 8)
    assert len({tuple(line.ids) for line in lines}) > 4
    assert samples(engine, [prompt] * 8) == lines


@pytest.mark.parametrize("most_are_banned", [True, False])
def test_banned_ids_are_not_sampled(engine: VllmEngine, tiny_base: BaseModel, most_are_banned: bool) -> None:
    everything = set(range(tiny_base.codec.vocab_size))
    allowed = {65, 66, tiny_base.codec.end_id} if most_are_banned else everything - {65, 66, 67}
    prompts = [replace(told, banned=frozenset(everything - allowed)) for told in short_prompts()]
    assert {token for line in samples(engine, prompts) for token in line.ids} <= allowed


def test_a_line_is_cut_where_its_slot_ends(engine: VllmEngine, tiny_base: BaseModel) -> None:
    prompts = short_prompts()
    narrow = [replace(told, slot=replace(ENDLESS, limit=4)) for told in prompts]
    widths, end_id = tiny_base.codec.widths(narrow[0]), tiny_base.codec.end_id
    whole, cut = samples(engine, prompts), samples(engine, narrow)
    assert any(len(line.ids) < TOKENS for line in cut)
    for line, full in zip(cut, whole, strict=True):
        assert line.ids == full.ids[: len(line.ids)]
        assert sum(widths[id_] for id_ in line.ids) <= 4
        assert line.ids == full.ids or end_id not in line.ids
    assert engine.score(narrow, [line.ids for line in cut]) == pytest.approx(
        [line.logprob for line in cut], rel=1e-3
    )


def test_each_row_runs_with_its_own_adapter(engine: VllmEngine, tiny_base: BaseModel, tmp_path: Path) -> None:
    letters = {"first": (65, 66), "second": (67, 68)}
    folders = {name: save_forcing_adapter(tiny_base, tmp_path / name, ids) for name, ids in letters.items()}
    whose = ["first", "second", ""] * 3
    lines = samples(engine, short_prompts(9), adapters=[folders.get(name) for name in whose])
    for name, line in zip(whose, lines, strict=True):
        assert (set(line.ids) <= set(letters.get(name, ()))) == bool(name)


def test_an_adapter_of_other_base_weights_is_refused(
    engine: VllmEngine, engines: list[vllm.LLMEngine], tiny_base: BaseModel, tmp_path: Path
) -> None:
    engine.use_adapter(save_adapter(tiny_base, tmp_path, revision="0" * 64))
    with pytest.raises(ModelUnavailable, match="0" * 64):
        samples(engine, short_prompts())
    assert not engines[0].has_unfinished_requests()


def test_a_stop_leaves_no_request_behind(
    engine: VllmEngine, engines: list[vllm.LLMEngine], tiny_base: BaseModel
) -> None:
    answers = iter([False, False, True])
    prompts: Sequence[Prompt] = short_prompts()
    with pytest.raises(WorkStopped):
        engine.sample(
            prompts,
            range(8),
            temperature=1.0,
            top_p=1.0,
            max_new_tokens=9,
            should_stop=lambda: next(answers),
        )
    assert not engines[0].has_unfinished_requests()
    assert len(samples(engine, prompts)) == 8


@pytest.fixture
def configured(settings: Settings, tiny_folder: Path) -> Settings:
    """A worker that has loaded nothing yet."""
    settings.ADGEN_BASE_MODEL = str(tiny_folder)
    runtime.engine.cache_clear()
    runtime.base_model.cache_clear()
    return settings


@pytest.fixture(autouse=True)
def nothing_stays_loaded() -> None:
    runtime.engine.cache_clear()
    runtime.base_model.cache_clear()


def test_vllm_is_used_where_it_is_asked_for(configured: Settings, engines: list[vllm.LLMEngine]) -> None:
    assert isinstance(runtime.engine(), TransformersEngine)
    runtime.engine.cache_clear()
    configured.ADGEN_ENGINE = "vllm"
    assert isinstance(runtime.engine(), VllmEngine)
    assert len(engines) == 1


def test_vllm_that_is_not_installed_is_no_reason_to_use_another(configured: Settings) -> None:
    configured.ADGEN_ENGINE = "vllm"
    with pytest.raises(ModelUnavailable, match="vLLM cannot be imported"):
        runtime.engine()


def test_an_unknown_engine_is_refused(configured: Settings) -> None:
    configured.ADGEN_ENGINE = "magic"
    with pytest.raises(ModelUnavailable, match="'magic'; it must be transformers or vllm"):
        runtime.engine()
