"""From samples to drafts: how many, in which order, when it gives up, and that seeds decide."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from adgen.channels import slot_format
from adgen.errors import Invalid, WorkStopped
from adgen.spec import BrandSpec, BriefSpec, Draft, ExemplarSpec
from tests.fakes import BRIEF, ScriptedEngine, byte_tokenizer, never
from workers.chat import ChatCodec
from workers.engines import Sample
from workers.generation import Generation, generate
from workers.generation.candidates import candidate_seed

HEADLINE = "google_rsa.headline"
LINES = [
    "Roasted on Mondays",
    "Skip any month",
    "Espresso for home baristas",
    "First bag half price",
    "Your beans, your rhythm",
    "Slow mornings, good crema",
    "A grinder's favourite day",
    "Kettle on, phone off",
]


def scripted(*lines: str | None, minibatch: int = 4) -> ScriptedEngine:
    return ScriptedEngine(ChatCodec(byte_tokenizer()), lines, minibatch=minibatch)


def drafting(
    engine: ScriptedEngine,
    count: int,
    *,
    brief: BriefSpec = BRIEF,
    slot: str = HEADLINE,
    taken: tuple[str, ...] = (),
) -> Generation:
    return generate(engine, brief=brief, slot=slot, count=count, seed=7, taken=taken, should_stop=never)


def texts(generation: Generation) -> list[str]:
    return [draft.text for draft in generation]


def test_drafts_carry_slot_width_limit_seed_angle_and_quality() -> None:
    engine = scripted(*LINES)
    drafts = {draft.text: draft for draft in drafting(engine, 4)}
    angles = engine.codec.angles(BRIEF, slot_format(HEADLINE))
    for number, text in enumerate(LINES):
        if text in drafts:
            seed = candidate_seed(7, HEADLINE, number)
            assert drafts[text] == Draft(
                HEADLINE, text, len(text), 30, seed, angles[number % len(angles)], 0.0
            )
    assert len(drafts) == 4


def test_twice_as_many_candidates_are_sampled_as_lines_are_wanted() -> None:
    engine = scripted(*LINES)
    generation = drafting(engine, 4)
    assert set(texts(generation)) < set(LINES)
    assert engine.asked == generation.tried == generation.planned == generation.sampled == 8
    assert generation.shortfall == ""


def test_lines_are_topped_up_until_they_are_there() -> None:
    engine = scripted("x" * 31, LINES[0], None, LINES[0], *["x" * 31] * 6, LINES[1])
    generation = drafting(engine, 2)
    assert set(texts(generation)) == set(LINES[:2])
    assert engine.asked == 16
    assert generation.dropped == {"were over the limit": 9, "never ended": 2, "repeated another line": 3}


def test_a_shortfall_is_explained_after_a_bounded_number_of_tries() -> None:
    engine = scripted(LINES[0], "Cheap beans")
    generation = drafting(engine, 3)
    assert texts(generation) == [LINES[0]]
    assert engine.asked == generation.tried == 192
    assert generation.shortfall == (
        "google_rsa.headline: 1 of 3 lines after 192 candidates (96 held words to avoid, "
        "95 repeated another line). Ask for fewer lines, or give the brief more messages."
    )


def test_many_lines_are_drafted_block_by_block_so_that_the_first_are_seen_early() -> None:
    words = ("amber", "brisk", "cedar", "dusky", "early", "frost", "grain", "hazel")
    lines = [f"{one} {other} mornings" for one in words for other in words if one < other]
    engine = scripted(*lines, *(line.replace("mornings", "evenings") for line in lines))
    drafts = iter(drafting(engine, 40))
    next(drafts)
    assert engine.asked == 64


def test_lines_that_are_taken_and_past_ads_are_not_written_again() -> None:
    brand = BrandSpec("Nordlys Coffee", exemplars=(ExemplarSpec(HEADLINE, LINES[1]),))
    brief = replace(BRIEF, brand=brand)
    written = texts(drafting(scripted(*LINES), 3, brief=brief, taken=(LINES[0],)))
    assert len(written) == 3
    assert set(written).isdisjoint(LINES[:2])


def test_words_that_must_be_in_are_demanded_first_and_then_given_up() -> None:
    brief = replace(BRIEF, must_include=("half price",))
    assert texts(drafting(scripted(*LINES), 1, brief=brief)) == ["First bag half price"]
    engine = scripted("Skip any month")
    assert texts(drafting(engine, 1, brief=brief)) == ["Skip any month"]
    assert engine.asked > 96 // 2


def test_how_far_it_is_can_be_read_while_a_minibatch_runs() -> None:
    seen: list[tuple[int, int]] = []

    class Slow(ScriptedEngine):
        def sample(self, *args: Any, **options: Any) -> list[Sample]:
            for _ in range(10):
                assert not options["should_stop"]()
            return super().sample(*args, **options)

    def look() -> bool:
        seen.append((generation.sampled, generation.planned))
        return False

    engine = Slow(ChatCodec(byte_tokenizer()), LINES, minibatch=4)
    generation = generate(engine, brief=BRIEF, slot=HEADLINE, count=4, seed=7, taken=(), should_stop=look)
    list(generation)
    sampled = [done for done, _ in seen]
    assert sampled == sorted(sampled)
    assert set(sampled) == {0, 1, 4, 5, 8}
    assert (seen[-1], generation.sampled) == ((8, 8), 8)


def test_a_stop_ends_it_before_any_draft() -> None:
    answers: Iterator[bool] = iter([False, True])
    generation = generate(
        scripted(*LINES, minibatch=2),
        brief=BRIEF,
        slot=HEADLINE,
        count=6,
        seed=7,
        taken=(),
        should_stop=lambda: next(answers),
    )
    with pytest.raises(WorkStopped):
        next(iter(generation))


def test_an_unknown_slot_is_refused_at_once() -> None:
    with pytest.raises(Invalid, match="Known slots"):
        drafting(scripted(*LINES), 1, slot="google_rsa.banner")
