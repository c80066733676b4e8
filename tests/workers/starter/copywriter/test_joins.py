"""Joins that somebody wrote, and those that only a model makes."""

from __future__ import annotations

import random

import pytest

from adgen.channels import slot_format
from tests.workers.starter.copywriter.briefs import brief
from workers.starter.copywriter import joins
from workers.starter.copywriter.codec import StarterCodec
from workers.starter.copywriter.invent import Inventor
from workers.starter.copywriter.lines import Writer

HEADLINE = slot_format("google_rsa.headline")


@pytest.fixture(scope="module")
def codec() -> StarterCodec:
    return StarterCodec.load()


def _doubts(codec: StarterCodec, line: str) -> int:
    prompt = codec.prompt(brief(), HEADLINE, "plain")
    return codec.doubts(codec.target(line, prompt), prompt)


@pytest.mark.parametrize(
    "line",
    [
        "Espresso subscription: roasted on Mondays",
        "Meet Nordlys Coffee",
        "Looking for an espresso subscription?",
        "Roasted on Mondays. Simple as that.",
    ],
)
def test_what_skeletons_say_is_not_doubted(codec: StarterCodec, line: str) -> None:
    assert _doubts(codec, line) == 0


@pytest.mark.parametrize(
    "line",
    [
        "Say roasted on Mondays",  # a participle where a noun belongs
        "Your espresso subscription are here",  # number
        "The dog has agree on espresso subscription",  # of no trade
        "Espresso subscription, unid quietly",  # no word
        "Espresso subscription from Nordlys Coffee. Ask for a valuation.",  # a call of another trade
        "Skip any month. Fact.",  # a remark on what is no fact
    ],
)
def test_what_nobody_wrote_is_doubted(codec: StarterCodec, line: str) -> None:
    assert _doubts(codec, line) > 0


def test_lines_of_the_corpus_are_hardly_ever_doubted() -> None:
    rng = random.Random(4)
    doubted = []
    for _ in range(40):
        invented = Inventor(rng).brief()
        told = invented.fields
        sells = {True: "goods", False: "services", None: ""}[told.goods]
        lines = Writer(invented, rng).lines(6)
        doubted += [joins.unknown(line.pieces, told.values, told.industry, sells) > 0 for line in lines]
    assert len(doubted) > 150
    assert sum(doubted) <= 0.03 * len(doubted)


@pytest.mark.parametrize(("audience", "doubted"), [("home baristas", False), ("team days", True)])
def test_only_people_are_spoken_to(codec: StarterCodec, audience: str, doubted: bool) -> None:
    prompt = codec.prompt(brief(audience=audience), HEADLINE, "plain")
    line = f"{audience.capitalize()}, this is for you"
    assert (codec.doubts(codec.target(line, prompt), prompt) > 0) == doubted


@pytest.mark.parametrize(
    ("product", "tone", "doubted"),
    [
        ("espresso cups", "plain", False),
        ("funeral flowers", "plain", True),
        ("funeral flowers", "playful", False),
    ],
)
def test_nothing_jokes_about_a_funeral_unless_it_is_asked_to(
    codec: StarterCodec, product: str, tone: str, doubted: bool
) -> None:
    told = brief(product=product, tone=tone, audience="", messages=(), offer="")
    prompt = codec.prompt(told, HEADLINE, tone)
    line = f"{product.capitalize()}? Sorted"
    assert (codec.doubts(codec.target(line, prompt), prompt) > 0) == doubted


def test_a_phrase_of_one_trade_is_doubted_in_another(codec: StarterCodec) -> None:
    pets = brief(product="dog food", audience="", messages=())
    other = brief(product="payroll software", audience="", messages=())
    spelt = [codec.prompt(one, HEADLINE, "plain") for one in (pets, other)]
    line = "{} for happy animals"
    told = [
        codec.doubts(codec.target(line.format(one.product), prompt), prompt)
        for one, prompt in zip((pets, other), spelt, strict=True)
    ]
    assert told[0] == 0
    assert told[1] > 0
