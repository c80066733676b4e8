"""Every rule of every policy pack, by its own examples; and what a pack may be."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from adgen.channels import slot_format, slot_formats
from adgen.policy.lines import Line
from adgen.policy.packs import packs, packs_version, rules_for
from adgen.policy.packs.model import Pack, Rule, read_pack
from adgen.spec import BrandSpec, BriefSpec
from tests.processes import ROOT

BRIEF = BriefSpec(brand=BrandSpec(name="Nordlys Coffee"), product="espresso subscription", slots={})


def line(text: str) -> Line:
    return Line(text, BRIEF, slot_format("google_rsa.headline"), date(2026, 11, 24))


@pytest.mark.parametrize("pack", packs(), ids=lambda pack: pack.id)
class TestTheRulesOfAPack:
    def test_find_what_they_must(self, pack: Pack) -> None:
        missed = [
            (rule.id, text) for rule in pack.rules for text in rule.match if not list(rule.hits(line(text)))
        ]
        assert missed == []

    def test_let_be_what_they_must(self, pack: Pack) -> None:
        found = [
            (rule.id, text, text[start:end])
            for rule in pack.rules
            for text in rule.passes
            for start, end, _ in rule.hits(line(text))
        ]
        assert found == []

    def test_say_in_words_what_to_mend_and_where_that_is_written(self, pack: Pack) -> None:
        for rule in pack.rules:
            text = rule.match[0]
            finding = rule.finding(line(text), next(rule.hits(line(text))))
            assert finding.rule == rule.id
            assert finding.message.endswith(".")
            assert finding.source_url.startswith("https://")
            assert 0 <= finding.start < finding.end <= len(text)

    def test_never_pass_over_a_phrase_that_would_match(self, pack: Pack) -> None:
        rejected = [line(text) for text in _rejected_texts()]
        for rule in pack.rules:
            for sample in [*map(line, rule.match), *rejected]:
                for phrase in rule.phrases:
                    if not phrase.may_match(sample.words):
                        found = [phrase.pattern.search(reading.text) for reading in sample.folded]
                        assert not any(found), (sample.text, phrase.pattern.pattern)


def _rejected_texts() -> list[str]:
    file = Path(ROOT, "tests/fixtures/ads/rejected.jsonl")
    return [json.loads(row)["text"] for row in file.read_text(encoding="utf-8").splitlines()]


def test_no_pack_was_checked_in_the_future() -> None:
    assert all(pack.checked_on <= date.today() and pack.version >= 1 for pack in packs())


class TestWhichPacksHold:
    def ids(self, slot: str | None, *categories: str) -> set[str]:
        form = slot_format(slot) if slot else None
        return {rule.id.split(".")[0] for rule in rules_for(form, frozenset(categories))}

    def test_some_hold_everywhere(self) -> None:
        assert self.ids(None) == {"text", "claims"}

    def test_a_channel_has_its_own(self) -> None:
        assert self.ids("google_rsa.headline") == {"text", "claims", "google_editorial"}
        assert self.ids("meta_reels.primary_text") == {
            "text",
            "claims",
            "meta_health",
            "meta_personal_attributes",
        }

    def test_a_special_category_switches_its_own_on(self) -> None:
        assert self.ids("x.post", "housing", "finance") == {"text", "claims", "x", "housing", "finance"}

    def test_every_channel_named_in_a_pack_has_slots(self) -> None:
        known = {slot.split(".")[0] for slot in slot_formats()}
        for pack in packs():
            for channel in pack.channels:
                assert any(pack.holds_for(slot, frozenset()) for slot in known), (pack.id, channel)


def test_the_version_is_that_of_the_files() -> None:
    assert packs_version() == packs_version()
    assert len(packs_version()) == 12


PACK: Mapping[str, Any] = {
    "id": "house",
    "version": 1,
    "title": "House rules",
    "source_url": "https://example.com/rules",
    "checked_on": date(2026, 11, 1),
    "words": {"fruit": ["pears?", "plum"]},
    "rules": [
        {
            "id": "fruit",
            "severity": "flag",
            "phrases": ["<fruit> juice"],
            "message": "No “{found}”.",
            "match": ["Pear juice"],
            "pass": ["Pears"],
        }
    ],
}
RULE: Mapping[str, Any] = PACK["rules"][0]


class TestReadingAPack:
    def read(self, **changes: object) -> list[Rule]:
        return list(read_pack({**PACK, **changes}, {}, "house.yaml").rules)

    def test_a_pack_without_channels_and_categories_holds_everywhere(self) -> None:
        [rule] = self.read()
        text = "Fresh plum-juice"
        assert [rule.finding(line(text), hit).message for hit in rule.hits(line(text))] == [
            "No “plum-juice”."
        ]

    @pytest.mark.parametrize(
        ("changes", "said"),
        [
            ({"colour": "red"}, "unknown field 'colour'"),
            ({"title": None, "rules": [{**RULE, "colour": "red"}]}, "rule 'fruit': unknown field 'colour'"),
            ({"rules": [RULE, RULE]}, "two rules have one id"),
            ({"rules": [{**RULE, "severity": "bad"}]}, "severity 'bad'"),
            ({"rules": [{**RULE, "match": []}]}, "`match` and `pass` need an example each"),
            ({"rules": [{**RULE, "regex": "x"}]}, "expected one of phrases, regex, check, found 2"),
            ({"rules": [{**RULE, "phrases": ["<nuts>"]}]}, "unknown word list <nuts>; known: fruit"),
            ({"rules": [{**RULE, "phrases": ["(open"]}]}, "rule 'fruit'"),
            ({"rules": [{**RULE, "message": "No {what}."}]}, "rule 'fruit': 'what'"),
            ({"rules": [{key: RULE[key] for key in RULE if key != "message"}]}, "'message'"),
        ],
    )
    def test_a_fault_is_named_with_its_file_and_rule(self, changes: dict[str, object], said: str) -> None:
        with pytest.raises(ValueError, match=r"house\.yaml") as fault:
            self.read(**changes)
        assert said in str(fault.value)
