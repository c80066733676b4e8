"""From samples to drafts: what is dropped, what is mended, when it gives up, and that seeds decide."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from adgen.channels import slot_format
from adgen.errors import Invalid, WorkStopped
from adgen.spec import BrandSpec, BriefSpec, Draft
from tests.fakes import BRIEF, ScriptedEngine, byte_tokenizer, never
from workers.base import BaseModel
from workers.chat import ChatCodec
from workers.editing import Editor, Unusable
from workers.engines.transformers import TransformersEngine
from workers.generate import Generation, candidate_seed, generate

HEADLINE = "google_rsa.headline"
LINES = [
    "Roasted on Mondays",
    "Skip any month",
    "Espresso for home baristas",
    "First bag half price",
    "Your beans, your rhythm",
    "Wake up to better espresso",
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


def edited(
    text: str, *, brief: BriefSpec = BRIEF, taken: tuple[str, ...] = (), demanding: bool = True
) -> str:
    return Editor(brief, slot_format(HEADLINE), taken).edited(text, demanding=demanding)


def test_drafts_carry_slot_width_limit_seed_and_angle() -> None:
    engine = scripted(*LINES)
    first, second = drafting(engine, 2)
    angles = engine.codec.angles(BRIEF, slot_format(HEADLINE))
    assert first == Draft(HEADLINE, LINES[0], 18, 30, candidate_seed(7, HEADLINE, 0), angles[0])
    assert second == Draft(HEADLINE, LINES[1], 14, 30, candidate_seed(7, HEADLINE, 1), angles[1])


def test_as_many_as_asked_and_no_shortfall() -> None:
    generation = drafting(scripted(*LINES), 5)
    assert texts(generation) == LINES[:5]
    assert generation.shortfall == ""


def test_the_first_draft_does_not_wait_for_the_last() -> None:
    engine = scripted(*LINES, minibatch=2)
    drafts = iter(drafting(engine, 6))
    assert next(drafts).text == LINES[0]
    assert engine.asked == 2


def test_lines_are_topped_up_until_they_are_there() -> None:
    engine = scripted("x" * 31, LINES[0], None, LINES[0], LINES[1])
    generation = drafting(engine, 2)
    assert texts(generation) == LINES[:2]
    assert generation.dropped == {"were over the limit": 1, "never ended": 1, "repeated another line": 1}


def test_a_shortfall_is_explained_after_a_bounded_number_of_tries() -> None:
    engine = scripted(LINES[0], "Cheap beans")
    generation = drafting(engine, 3)
    assert texts(generation) == [LINES[0]]
    assert engine.asked == generation.tried == 96
    assert generation.shortfall == (
        "google_rsa.headline: 1 of 3 lines after 96 candidates (48 held words to avoid, "
        "47 repeated another line). Ask for fewer lines, or give the brief more messages."
    )


def test_soft_limits_are_kept_as_well() -> None:
    generation = drafting(scripted("word " * 30, LINES[0]), 1, slot="meta.primary_text")
    assert texts(generation) == [LINES[0]]


def test_wide_characters_count_two_where_the_channel_says_so() -> None:
    generation = drafting(scripted("焙" * 16, "焙" * 15), 1)
    assert [(draft.text, draft.width) for draft in generation] == [("焙" * 15, 30)]


@pytest.mark.parametrize("text", ["Cheap beans", "So CHEAP it hurts", "cheap"])
def test_words_to_avoid_stay_out_in_any_case(text: str) -> None:
    with pytest.raises(Unusable, match="words to avoid"):
        edited(text)


def test_words_that_only_contain_one_to_avoid_may_stay() -> None:
    assert edited("For cheapskates") == "For cheapskates"


def test_the_brands_own_banned_words_stay_out() -> None:
    brief = replace(BRIEF, brand=BrandSpec("Nordlys Coffee", banned_words=("finest",)))
    with pytest.raises(Unusable, match="words to avoid"):
        edited("The finest beans", brief=brief)


@pytest.mark.parametrize(
    "text", ["nordlys coffee at home", "NORDLYS COFFEE at home", "Nordlys coffee at home"]
)
def test_the_case_of_the_brands_name_is_mended(text: str) -> None:
    assert edited(text) == "Nordlys Coffee at home"


def test_a_product_is_mended_only_where_it_is_written_as_a_name() -> None:
    assert edited("Espresso Subscription") == "Espresso Subscription"
    assert edited("the aeropress go", brief=replace(BRIEF, product="AeroPress Go")) == "the AeroPress Go"


@pytest.mark.parametrize("text", ["Nordlis Coffee at home", "Try Nordlys Cofee", "Nordly Coffee's best"])
def test_a_misspelt_brand_is_dropped(text: str) -> None:
    with pytest.raises(Unusable, match="misspelt"):
        edited(text)


def test_words_of_the_brief_are_no_misspelling() -> None:
    brief = replace(BRIEF, brand=BrandSpec("Espressos"))
    assert edited("Espresso at home", brief=brief) == "Espresso at home"
    assert edited("Espressos' best", brief=brief) == "Espressos' best"


@pytest.mark.parametrize(
    "text", ["Roasted on Mondays", "roasted on Mondays!", "Mondays: roasted on", "Roasted on… Mondays"]
)
def test_near_repeats_of_taken_lines_are_dropped(text: str) -> None:
    with pytest.raises(Unusable, match="repeated"):
        edited(text, taken=("Roasted on Mondays.",))


def test_a_line_that_shares_some_words_is_new() -> None:
    assert edited("Roasted on Fridays", taken=("Roasted on Mondays",)) == "Roasted on Fridays"


@pytest.mark.parametrize("text", ["?!", "bid\u202eden", "zero\u200bwidth"])
def test_lines_without_words_or_with_hidden_characters_are_dropped(text: str) -> None:
    with pytest.raises(Unusable):
        edited(text)


def test_words_that_must_be_in_are_demanded_first_and_then_given_up() -> None:
    brief = replace(BRIEF, must_include=("half price",))
    assert texts(drafting(scripted(*LINES), 1, brief=brief)) == ["First bag half price"]
    without = drafting(scripted("Skip any month"), 1, brief=brief)
    assert texts(without) == ["Skip any month"]
    assert without.dropped["lacked words that must be in"] > 0


def test_a_stop_ends_the_drafts() -> None:
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
    drafts = iter(generation)
    assert [next(drafts).text, next(drafts).text] == LINES[:2]
    with pytest.raises(WorkStopped):
        next(drafts)


def test_an_unknown_slot_is_refused_at_once() -> None:
    with pytest.raises(Invalid, match="Known slots"):
        drafting(scripted(*LINES), 1, slot="google_rsa.banner")


class _Readable(ChatCodec):
    """Reads any ids as words, so that a random model writes lines."""

    def text(self, ids: object, prompt: object) -> str | None:
        return " ".join(f"w{number}" for number in ids)  # type: ignore[attr-defined]


def test_drafts_do_not_depend_on_the_minibatch(tiny_base: BaseModel) -> None:
    base = replace(tiny_base, codec=_Readable(byte_tokenizer()))

    def run(minibatch: int, seed: int) -> list[Draft]:
        engine = TransformersEngine(base, minibatch=minibatch)
        return list(
            generate(engine, brief=BRIEF, slot="x.post", count=4, seed=seed, taken=(), should_stop=never)
        )

    assert run(32, seed=1) == run(5, seed=1) != []
    assert run(32, seed=2) != run(32, seed=1)
