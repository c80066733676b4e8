"""The corpus can be read aloud: every line parses, fits some brief, and says nothing that it must not."""

from __future__ import annotations

import random
import re

import pytest

from adgen.spec import TONES
from tests.workers.starter.copywriter.briefs import PRODUCTS, fields_for
from workers.starter.copywriter import fields, filling, quality, skeletons, wordlists
from workers.starter.copywriter.fields import Fields
from workers.starter.copywriter.invent import plural
from workers.starter.copywriter.pointers import put_together
from workers.starter.copywriter.skeletons import Skeleton

SKELETONS = skeletons.load()
BANNED = re.compile(
    r"\b(best-\w+|the best|finest|guaranteed?|proven|trusted|award\w*|experts?|world-class|number one"
    r"|(?<!in a )(?<!no )hurry|last chance|selling fast|click here|cures?|cheap\w*)\b|#1",
    re.I,
)


def test_there_are_many_skeletons_for_every_tone_and_kind() -> None:
    assert len(SKELETONS) > 4400
    for tone in TONES:
        for kind in ("headline", "long headline", "description", "opener", "closer"):
            fitting = [s for s in SKELETONS if tone in s.tones and s.kind == kind and not s.industry]
            assert len(fitting) >= 5, f"{tone} {kind}"


def test_every_file_of_skeletons_belongs_to_an_industry() -> None:
    assert {s.industry for s in SKELETONS} - {""} == set(wordlists.industries())


def test_no_skeleton_is_written_twice_in_one_kind() -> None:
    seen: set[tuple[str, str, str]] = set()
    for skeleton in SKELETONS:
        key = (skeleton.industry, skeleton.kind, skeleton.text.lower())
        assert key not in seen, skeleton.text
        seen.add(key)


@pytest.mark.parametrize("industry", sorted({s.industry for s in SKELETONS}))
def test_skeletons_have_known_places_and_make_no_claim(industry: str) -> None:
    for skeleton in _of(industry):
        assert skeleton.slots <= skeletons.SLOTS, skeleton.text
        assert not BANNED.search(skeleton.text), skeleton.text
        assert skeleton.text.count("!") <= (0 if "headline" in skeleton.kind else 1), skeleton.text
        assert "headline" in skeleton.kind or re.search(r"[.!?]$", skeleton.text), skeleton.text


@pytest.mark.parametrize("industry", sorted({s.industry for s in SKELETONS}))
def test_skeletons_read_well_with_a_product_of_each_number(industry: str) -> None:
    for skeleton in _of(industry):
        lines = [line for number in PRODUCTS for line in _filled(skeleton, number)]
        assert lines, f"no product fits {skeleton.text!r}"
        assert not {line: faults for line in lines if (faults := quality.faults(line))}


def _of(industry: str) -> list[Skeleton]:
    return [skeleton for skeleton in SKELETONS if skeleton.industry == industry]


def _filled(skeleton: Skeleton, number: str) -> list[str]:
    """Lines that the skeleton gives for a product of one number, if it fits such a product."""
    given = fields_for(skeleton, number)
    if not filling.fits(skeleton.slots, given):
        return []
    every = [filling.fill(skeleton.text, given, ["find out more"], random.Random(seed)) for seed in range(4)]
    fills = [pieces for pieces in every if pieces is not None]
    assert not any(quality.misplaced(pieces, given.values) for pieces in fills), skeleton.text
    return [put_together(pieces, given.values) or "" for pieces in fills]


@pytest.mark.parametrize(
    ("text", "offer", "line"),
    [
        ("{saving} on {products}", "20% off", "20% off fountain pens"),
        ("{saving} on {products}", "free delivery", "Free delivery on fountain pens"),
        ("{saving} on {products}", "your first month free", None),
        ("Get {an offer}", "a free trial", "Get a free trial"),
        ("Get {an offer}", "no deposit", None),
        ("Today: {offer}", "no deposit", "Today: no deposit"),
    ],
)
def test_an_offer_stands_only_where_it_reads_well(text: str, offer: str, line: str | None) -> None:
    skeleton = Skeleton(text, "headline", TONES, "", "")
    values = {**fields_for(skeleton, "many").values, "offer": fields.offer(offer)}
    pieces = filling.fill(text, Fields(values), [], random.Random(1))
    assert (put_together(pieces, values) if pieces else None) == line


@pytest.mark.parametrize(
    ("text", "body", "ends", "goes_on"),
    [
        ("Tea for two. {call}.", "Tea for two.", False, True),
        ("Why wait? {call}.", "Why wait?", True, False),
        ("Breathe out, then {call}.", "Breathe out, then {call}.", True, True),
        ("Hello, {people}. We have tea.", "Hello, {people}. We have tea.", False, False),
    ],
)
def test_a_line_knows_what_may_stand_around_it(text: str, body: str, ends: bool, goes_on: bool) -> None:
    skeleton = Skeleton(text, "description", TONES, "", "")
    assert (skeleton.body, skeleton.ends, skeleton.goes_on) == (body, ends, goes_on)


def test_invented_plurals_are_english() -> None:
    assert [plural(word) for word in ("tomato", "shelf", "dish", "berry", "roof")] == [
        "tomatoes", "shelves", "dishes", "berries", "roofs",
    ]  # fmt: skip


def test_a_file_that_starts_without_a_header_is_refused() -> None:
    with pytest.raises(ValueError, match="stands before the first header"):
        skeletons.read("food", "{brand} {product}\n")


def test_a_header_of_an_unknown_kind_is_refused() -> None:
    with pytest.raises(ValueError, match="is not '== kind: tone, tone'"):
        skeletons.read("food", "== jingle: plain\n{brand}\n")


@pytest.mark.parametrize("line", ["{brand} <come:noun> with {noun}", "<come:noun> {noun 2}"])
def test_a_word_that_agrees_with_no_noun_before_it_is_refused(line: str) -> None:
    with pytest.raises(ValueError, match="not yet named"):
        skeletons.read("food", f"== headline: plain\n{line}\n")
