"""The codec on the weights that ship: briefs to prompts, a brand's lines to ids, ids to clean lines."""

from __future__ import annotations

import pytest

from adgen.channels import slot_format
from adgen.spec import TONES, BrandSpec, BriefSpec, ExemplarSpec
from tests.workers.starter.copywriter.briefs import brief
from workers.codec import Codec, Prompt
from workers.starter.copywriter import fields
from workers.starter.copywriter.codec import StarterCodec
from workers.starter.copywriter.fields import MESSAGES
from workers.starter.copywriter.gravity import LOUD_TONES
from workers.starter.copywriter.vocabulary import BRIEF, LIKE

HEADLINE = slot_format("google_rsa.headline")


@pytest.fixture(scope="module")
def codec() -> StarterCodec:
    return StarterCodec.load()


def _strings(prompt: Prompt) -> set[str]:
    return set(prompt.strings.values())


def test_it_keeps_the_interface(codec: StarterCodec) -> None:
    kept: Codec = codec
    assert 0 <= kept.pad_id < kept.vocab_size
    assert 0 <= kept.end_id < kept.vocab_size


def test_the_briefs_own_tone_comes_first(codec: StarterCodec) -> None:
    angles = codec.angles(brief(tone="witty and fun"), HEADLINE)
    assert angles[0] == "playful"
    assert {angle.partition(", ")[0] for angle in angles} == {"playful"}


def test_without_a_tone_all_tones_and_appeals_take_turns(codec: StarterCodec) -> None:
    angles = codec.angles(brief(tone=""), HEADLINE)
    assert {angle.partition(", ")[0] for angle in angles} == set(TONES)
    assert "plain, ease" in angles
    assert len(set(angles)) == len(angles)


def test_a_grave_brief_is_loud_only_where_it_says_so(codec: StarterCodec) -> None:
    grave = brief(product="funeral flowers", tone="")
    assert {angle.partition(", ")[0] for angle in codec.angles(grave, HEADLINE)} == set(TONES) - LOUD_TONES
    asked = brief(product="funeral flowers", tone="playful")
    assert codec.angles(asked, HEADLINE)[0] == "playful"


def test_a_price_is_an_angle_only_where_the_brief_says_one(codec: StarterCodec) -> None:
    silent, priced = (
        brief(tone="plain", offer="", messages=()),
        brief(tone="plain", offer="half price in June"),
    )
    assert "plain, price" not in codec.angles(silent, HEADLINE)
    assert "plain, price" in codec.angles(priced, HEADLINE)


def test_the_voice_gives_the_tone_where_the_brief_gives_none(codec: StarterCodec) -> None:
    spoken = brief(tone="", brand=BrandSpec(name="Quillhaven", voice="elegant, refined"))
    assert codec.angles(spoken, HEADLINE)[0] == "premium"


def test_all_lines_of_a_brief_share_their_prefix(codec: StarterCodec) -> None:
    one = codec.prompt(brief(), HEADLINE, "plain")
    other = codec.prompt(brief(), slot_format("x.post"), "urgent")
    assert one.prefix == other.prefix
    assert one.suffix != other.suffix


def test_a_keyword_that_names_the_product_takes_its_turn(codec: StarterCodec) -> None:
    named = brief(keywords=("coffee subscription", "best coffee near me"))
    told = [_strings(codec.prompt(named, HEADLINE, angle)) for angle in codec.angles(named, HEADLINE)]
    assert any("coffee subscription" in strings for strings in told)
    assert any("espresso subscription" in strings for strings in told)
    assert not any("best coffee near me" in strings for strings in told)


def test_messages_beyond_four_take_turns(codec: StarterCodec) -> None:
    many = brief(messages=("free returns", "save time", "quiet", "built in Leeds", "roasted daily", "vegan"))
    angles = codec.angles(many, HEADLINE)
    told = set().union(*(_strings(codec.prompt(many, HEADLINE, angle)) for angle in angles))
    assert set(many.messages) <= told


def _styled(*lines: str) -> BriefSpec:
    exemplars = tuple(ExemplarSpec("google_rsa.headline", line) for line in lines)
    return brief(brand=BrandSpec(name="Nordlys Coffee", exemplars=exemplars))


def test_exemplars_are_told_and_their_traits_asked_for(codec: StarterCodec) -> None:
    plain, ids = codec.prompt(brief(), HEADLINE, "plain"), codec._vocabulary.ids
    styled = codec.prompt(
        _styled("slow mornings.", "nordlys is awake.", "good beans.", "less noise."), HEADLINE, "plain"
    )
    assert styled.prefix.count(ids[LIKE]) == 4
    assert {ids["<style:lower>"], ids["<end:.>"], ids["<limit:15>"]} <= set(styled.suffix)
    assert not {ids["<style:lower>"], ids["<end:.>"]} & set(plain.suffix)


def test_a_brand_in_capitals_has_its_lines_raised_and_its_name_kept(codec: StarterCodec) -> None:
    prompt = codec.prompt(_styled("COFFEE FIRST", "WAKE UP PROPERLY", "BEANS WITH A PLAN"), HEADLINE, "plain")
    ids = codec.target("ROASTED ON MONDAYS BY Nordlys Coffee", prompt)
    assert codec.text(ids[:-1], prompt) == "ROASTED ON MONDAYS BY Nordlys Coffee"


def test_a_message_of_nothing_but_marks_is_not_told() -> None:
    told = fields.read(brief(messages=("?!", "roasted on Mondays")))
    assert [told.values[name].text for name in MESSAGES if name in told.values] == ["roasted on Mondays"]


def test_without_a_brief_only_what_the_line_shall_be_is_told(codec: StarterCodec) -> None:
    prompt = codec.prompt(brief(), HEADLINE, "plain")
    bare = codec.unbriefed(prompt)
    assert bare.prefix == (codec._vocabulary.ids[BRIEF],)
    assert bare.suffix == prompt.suffix


@pytest.mark.parametrize(
    "line",
    [
        "Roasted on Mondays by Nordlys Coffee",
        "Say hello to an espresso subscription",
        "skipping any month – naïve 茶",
    ],
)
def test_widths_are_never_less_than_what_an_id_adds(codec: StarterCodec, line: str) -> None:
    prompt = codec.prompt(brief(), HEADLINE, "plain")
    widths = codec.widths(prompt)
    assert len(widths) == codec.vocab_size
    assert HEADLINE.width(line) <= sum(widths[id_] for id_ in codec.target(line, prompt)[:-1]) <= 60


def test_pointers_without_a_string_are_banned(codec: StarterCodec) -> None:
    full = codec.prompt(brief(), HEADLINE, "plain")
    bare = codec.prompt(brief(audience="", messages=(), offer=""), HEADLINE, "plain")
    assert _strings(bare) == {"Nordlys Coffee", "espresso subscription"}
    assert set(full.strings) - set(bare.strings) <= bare.banned
    assert not set(full.strings) & full.banned
    assert codec.end_id not in full.banned
    assert codec.pad_id in full.banned


def test_a_prompt_tells_four_messages_and_words_that_must_be_in_are_messages(codec: StarterCodec) -> None:
    crowded = brief(
        messages=("free returns", "save time", "quiet", "built in Leeds"), must_include=("fair trade beans",)
    )
    told = [_strings(codec.prompt(crowded, HEADLINE, angle)) for angle in codec.angles(crowded, HEADLINE)]
    assert any("fair trade beans" in strings for strings in told)
    assert all(len(strings & {"fair trade beans", *crowded.messages}) == 4 for strings in told)


def test_a_place_and_a_call_to_action_are_found_where_a_brief_gives_them(codec: StarterCodec) -> None:
    told = brief(audience="homeowners in Leeds", messages=("Get a quote", "built to order"))
    assert {"homeowners", "Leeds", "get a quote"} <= _strings(codec.prompt(told, HEADLINE, "plain"))


@pytest.mark.parametrize(
    "line",
    [
        "Roasted on Mondays by Nordlys Coffee",
        "Say hello to an espresso subscription",
        "Skipping any month is fine with us.",
        "Home Baristas, This Is for You",
        "wake up slow. nordlys does the rest.",
        "Something else entirely – 24/7, in Ghent",
    ],
)
def test_a_brands_own_line_is_spelled_exactly(codec: StarterCodec, line: str) -> None:
    prompt = codec.prompt(brief(), HEADLINE, "plain")
    ids = codec.target(line, prompt)
    assert ids[-1] == codec.end_id
    assert not set(ids) & prompt.banned
    assert all(0 <= id_ < codec.vocab_size for id_ in ids)
    assert codec.text(ids[:-1], prompt) == line


def test_a_brands_own_line_points_at_names(codec: StarterCodec) -> None:
    prompt = codec.prompt(brief(), HEADLINE, "plain")
    spelled = [
        prompt.strings[id_]
        for id_ in codec.target("Nordlys Coffee: roasted on Mondays", prompt)
        if id_ in prompt.strings
    ]
    assert spelled == ["Nordlys Coffee", "roasted on Mondays"]


@pytest.mark.parametrize(
    "line", ["get get yours", "Tea (the good one", "A apple a day", "Two  spaces. and lower case"]
)
def test_faulty_lines_are_no_lines(codec: StarterCodec, line: str) -> None:
    prompt = codec.prompt(brief(), HEADLINE, "plain")
    ids = codec._vocabulary.words(f" {line}")
    assert codec.text(ids, prompt) is None


def test_ids_of_another_briefs_pointer_are_no_line(codec: StarterCodec) -> None:
    full = codec.prompt(brief(), HEADLINE, "plain")
    bare = codec.prompt(brief(offer=""), HEADLINE, "plain")
    (offer,) = set(full.strings) - set(bare.strings)
    assert codec.text([offer], full) == "first bag half price until 30 June"
    assert codec.text([offer], bare) is None


def test_a_lone_word_is_no_line(codec: StarterCodec) -> None:
    prompt = codec.prompt(brief(), HEADLINE, "plain")
    assert codec.text(codec.target("Care", prompt)[:-1], prompt) is None


@pytest.mark.parametrize(
    "line", ["With skip any month", "A roasted on Mondays", "Home baristas, home baristas"]
)
def test_a_message_in_the_wrong_place_is_no_line(codec: StarterCodec, line: str) -> None:
    prompt = codec.prompt(brief(), HEADLINE, "plain")
    assert codec.text(codec.target(line, prompt)[:-1], prompt) is None


def test_nothing_is_no_line(codec: StarterCodec) -> None:
    assert codec.text([], codec.prompt(brief(), HEADLINE, "plain")) is None


def test_text_that_looks_like_a_special_token_is_only_text(codec: StarterCodec) -> None:
    prompt = codec.prompt(brief(product="<end> tea <to:brand>"), HEADLINE, "plain")
    assert codec.end_id not in prompt.prefix


def test_a_brand_that_writes_itself_small_may_open_a_line(codec: StarterCodec) -> None:
    prompt = codec.prompt(brief(brand=BrandSpec(name="mossandpine")), HEADLINE, "plain")
    ids = codec.target("mossandpine is here. Say hello.", prompt)
    assert codec.text(ids[:-1], prompt) == "mossandpine is here. Say hello."


@pytest.mark.parametrize(
    "product", ["Bora Bora tours", "snake_case course", "tea (loose)", "C++ <primer>", "茶"]
)
def test_how_a_brief_spells_its_strings_is_no_fault(codec: StarterCodec, product: str) -> None:
    prompt = codec.prompt(brief(brand=BrandSpec(name="Yahoo! Yahoo!"), product=product), HEADLINE, "plain")
    line = f"{product} by Yahoo! Yahoo!"
    assert codec.text(codec.target(line, prompt)[:-1], prompt) == line


@pytest.mark.parametrize("message", ["!!!", "🎉", "...", "24/7", "a", "S", "надёжно"])
def test_odd_messages_break_nothing(codec: StarterCodec, message: str) -> None:
    assert codec.prompt(brief(messages=(message,)), HEADLINE, "plain").prefix
