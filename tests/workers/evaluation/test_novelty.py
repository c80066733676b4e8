"""Lines that were learnt by heart, and lines that were not."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from adgen.spec import BrandSpec, ExemplarSpec
from tests.fakes import BRIEF
from workers.evaluation.novelty import filled_skeletons, past_ads
from workers.starter.copywriter import fields, filling, skeletons
from workers.starter.copywriter.pointers import put_together


def filled(held_out: bool) -> list[str]:
    """Skeletons of any trade with the strings of BRIEF put in."""
    given, dice = fields.read(BRIEF), random.Random(1)
    pool = filling.pool(skeletons.of("", held_out=held_out), given)
    lines = []
    for skeleton in pool:
        pieces = filling.fill(skeleton.text, given, ["shop now"], dice)
        line = pieces and put_together(pieces, given.values)
        if line and skeleton.kind in {"headline", "description"} and line.count(" ") > 3:
            lines.append(line)
    return lines


def test_a_training_skeleton_is_known_again_when_it_is_filled_in() -> None:
    lines = filled(held_out=False)
    assert len(lines) > 100
    known = [line for line in lines if filled_skeletons(line, BRIEF) == 1]
    assert len(known) > 0.97 * len(lines)


def test_two_skeletons_joined_are_no_new_line() -> None:
    first, second = [line for line in filled(held_out=False) if line.endswith(".")][:2]
    assert filled_skeletons(f"{first} {second}", BRIEF) == 2
    assert filled_skeletons(f"{first} Nothing of this was ever written down.", BRIEF) == 0


def test_a_held_out_skeleton_is_new() -> None:
    lines = filled(held_out=True)
    assert len(lines) > 20
    assert sum(filled_skeletons(line, BRIEF) > 0 for line in lines) < 0.3 * len(lines)


@pytest.mark.parametrize(
    "line",
    [
        "The kettle knows your name",
        "Nordlys Coffee makes Tuesday taste of Sunday",
        "Espresso, skipped and roasted",
    ],
)
def test_what_was_never_written_is_new(line: str) -> None:
    assert filled_skeletons(line, BRIEF) == 0


def test_a_past_ad_is_copied_whatever_its_case_and_ending() -> None:
    brand = BrandSpec(
        "Nordlys Coffee", exemplars=(ExemplarSpec("meta.headline", "Slow mornings, good crema."),)
    )
    brief = replace(BRIEF, brand=brand)
    assert past_ads("Slow Mornings, good crema", brief) == 1
    assert past_ads("Slow mornings, better crema", brief) == 0
