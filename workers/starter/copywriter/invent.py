"""Invents briefs to learn from: brands, products, messages and people, believable or composed of plain words.

Composed strings are there so that copying is learned and not remembered; some hold words that do not exist.
"""

from __future__ import annotations

import random
import re
import zlib
from collections.abc import Sequence
from dataclasses import dataclass

from workers.starter.copywriter import fields, language, wordlists
from workers.starter.copywriter.calls import listed as trade_calls
from workers.starter.copywriter.fields import MESSAGES, Fields, Value
from workers.starter.copywriter.language import ROLES

_ROLE_ODDS = (0.28, 0.14, 0.11, 0.1, 0.11, 0.07, 0.19)
_COUNTS, _COUNT_ODDS = (0, 1, 2, 3, 4), (0.06, 0.16, 0.26, 0.32, 0.2)
_FIGURES = (2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 14, 15, 20, 24, 25, 30, 40, 48, 50, 60, 75, 80, 90, 100, 120, 365)
_PERCENTS = (5, 10, 12, 15, 20, 25, 30, 35, 40, 50, 60)
_ARTICLE = re.compile(r"\ban? (?=([\w'-]+))")
_GAP = re.compile(r"\{(\w+)(\+s)?\}")


@dataclass(frozen=True)
class Invented:
    """Fields of an invented brief, and the calls to action that suit it where the brief names none."""

    fields: Fields
    calls: tuple[str, ...]


def kept_back(text: str) -> bool:
    """One product or message in nine is kept for evaluation, by its text alone."""
    return zlib.crc32(f"item {text}".encode()) % 9 == 0


class Inventor:
    """Draws briefs from a random stream. With `held_out`, only from what training never sees."""

    def __init__(self, rng: random.Random, *, held_out: bool = False) -> None:
        self._rng = rng
        self._held_out = held_out
        self._words = wordlists.load("words")
        self._common = wordlists.load("common")
        self._brands = wordlists.load("brands")
        self._composed = wordlists.load("composed")

    def brief(self, industry: str = "") -> Invented:
        """One brief. A composed product has no trade, and a trade is left out now and then on purpose."""
        rng = self._rng
        industry = industry or rng.choice(sorted(wordlists.industries()))
        lists = wordlists.industries()[industry]
        composed = self._composes(0.2)
        product, goods = self._composed_product() if composed else self._listed_product(lists)
        values = {"brand": Value(self._brand()), "product": fields.product(product)}
        values |= self._messages(lists)
        if rng.random() < 0.68:
            values["audience"] = fields.audience(self._text("audience", lists["audiences"], 0.25))
        if rng.random() < 0.4:
            values["offer"] = fields.offer(self._text("offer", self._common["offers"], 0.3))
        if rng.random() < 0.15:
            values["place"] = Value(self._pick(self._common["places"]))
        known = not composed and rng.random() < 0.8
        calls = trade_calls(industry if known else "")
        if rng.random() < 0.1:
            values["call"] = Value(rng.choice(calls))
        sells = goods if known or rng.random() < 0.5 else None
        return Invented(Fields(values, industry if known else "", sells), calls)

    def _composes(self, odds: float) -> bool:
        return not self._held_out and self._rng.random() < odds

    def _text(self, name: str, texts: Sequence[str], odds: float) -> str:
        """A listed text, or with `odds` a composed one."""
        return self._compose(name) if self._composes(odds) else self._pick(texts)

    def _pick(self, texts: Sequence[str]) -> str:
        kept = [text for text in texts if kept_back(text) == self._held_out]
        return self._rng.choice(kept or texts)

    def _compose(self, name: str) -> str:
        template = self._rng.choice(self._composed[name])
        said: set[str] = set()

        def filled(gap: re.Match[str]) -> str:
            word = self._gap(gap[1], bool(gap[2]))
            while word in said:
                word = self._gap(gap[1], bool(gap[2]))
            said.add(word)
            return word

        return _ARTICLE.sub(lambda found: f"{language.article(found[1])} ", _GAP.sub(filled, template))

    def _gap(self, name: str, several: bool) -> str:
        """What stands in one gap of a pattern; now and then a word that does not exist."""
        rng = self._rng
        if name == "figure":
            return str(rng.choice(_FIGURES))
        if name == "percent":
            return str(rng.choice(_PERCENTS))
        if name == "place":
            return rng.choice(self._common["places"])
        if name.lower() in {"made", "code"}:
            word = self._made_up()
            return {"made": word, "Made": word.capitalize(), "CODE": word.upper()[:6]}[name]
        if name in {"noun", "noun_low", "adjective", "endings"}:
            listed = {"noun": "nouns", "noun_low": "nouns", "adjective": "adjectives"}.get(name, name)
            word = rng.choice(self._brands[listed])
            return word.lower() if name == "noun_low" else word
        word = self._made_up() if rng.random() < 0.06 else rng.choice(self._words[name])
        return plural(word) if several else word

    def _made_up(self) -> str:
        rng, parts = self._rng, self._brands
        count = rng.choice((1, 2, 2, 2, 3))
        word = ""
        for index in range(count):
            word += rng.choice(parts["onsets"]) + rng.choice(parts["vowels"])
            if index == count - 1 or rng.random() < 0.3:
                word += rng.choice([*parts["codas"], "", "", "", ""])
        return word[:12]

    def _listed_product(self, lists: dict[str, list[str]]) -> tuple[str, bool]:
        kind = self._rng.choices(("goods", "services"), (len(lists["goods"]), len(lists["services"])))[0]
        name = self._pick(lists[kind])
        if self._rng.random() < 0.3:
            said = _words(name)
            name = (
                f"{self._rng.choice([one for one in lists['qualifiers'] if not _words(one) & said])} {name}"
            )
        return name, kind == "goods"

    def _composed_product(self) -> tuple[str, bool]:
        name = self._compose("product")
        return name, not name.endswith("ing")

    def _messages(self, lists: dict[str, list[str]]) -> dict[str, Value]:
        """Up to four messages in any order; now and then one bears a wrong role, as taggers do."""
        rng = self._rng
        told: list[Value] = []
        for _ in range(rng.choices(_COUNTS, _COUNT_ODDS)[0]):
            role = rng.choices(ROLES, _ROLE_ODDS)[0]
            name = role if role == "does" else f"{role}s"
            own = name in lists and rng.random() < 0.72
            text = self._text(role, lists[name] if own else self._common[name], 0.2)
            if all(text != value.text for value in told):
                told.append(Value(text, role, fields.noun_number(text) if role == "noun" else None))
        return dict(zip(MESSAGES, told, strict=False))

    def _brand(self) -> str:
        if self._held_out:
            return self._rng.choice(self._brands["held_out"])
        return (
            self._compose("brand") if self._rng.random() < 0.85 else self._rng.choice(self._brands["names"])
        )


def _words(text: str) -> set[str]:
    return set(re.findall(r"[\w']+", text.lower()))


def plural(word: str) -> str:
    """The plural of an English noun of the lists, or the regular one of a made-up word."""
    irregular = wordlists.load("words")["irregular_plurals"]
    if word in irregular:
        return irregular[word]
    if re.search(r"(s|sh|ch|x|z)$", word):
        return word + "es"
    if re.search(r"[^aeiou]y$", word):
        return word[:-1] + "ies"
    return word[:-2] + "ves" if re.search(r"[^f]fe$", word) else word + "s"
