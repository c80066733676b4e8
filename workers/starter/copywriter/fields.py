"""What a brief gives the copywriter: one value behind each pointer, with the grammar it needs."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from adgen.spec import BriefSpec
from workers.starter.copywriter import calls, language, roles, wordlists
from workers.starter.copywriter.gravity import is_grave
from workers.starter.copywriter.industry import sold
from workers.starter.copywriter.language import Number, Role

MESSAGES = ("message1", "message2", "message3", "message4")
POINTERS = ("brand", "product", *MESSAGES, "audience", "offer", "place", "call")

_PLACE = re.compile(r"^(?P<rest>.+?) (?:in|near) (?P<place>[A-Z][\w'-]*(?: [A-Z][\w'-]*)*)$")


@dataclass(frozen=True)
class Value:
    """The string behind a pointer, in running case; a verb in its base form."""

    text: str
    role: Role | None = None
    number: Number | None = None


@dataclass(frozen=True)
class Fields:
    """Values by pointer (`brand` and `product` always there), and the trade where it is known."""

    values: Mapping[str, Value]
    industry: str = ""
    goods: bool | None = None

    @property
    def is_grave(self) -> bool:
        """Whether no line may joke about what is sold."""
        return is_grave(self.industry, (value.text for value in self.values.values()))

    def messages(self, role: Role) -> list[str]:
        """Pointers of the messages that have `role`, in order."""
        return [name for name in MESSAGES if name in self.values and self.values[name].role == role]


def message(text: str) -> Value:
    """A message of a brief, with its role found by the tagger."""
    text = language.lower_first(_plain(text))
    role = roles.role(text)
    if role in {"verb", "does"}:
        text = language.verb_form(text, "VB")
    if role == "does":
        text = language.agreeing(text, one=False)
    if role == "noun":
        text = language.with_article(text)
    return Value(text, role, noun_number(text) if role == "noun" else None)


def noun_number(text: str) -> Number:
    """Number of a noun phrase as it stands: without an article a singular reads like a mass."""
    number = language.number(text)
    return "mass" if number == "one" and not re.match(r"(an?|one|the|your|every|each) ", text) else number


def offer(text: str) -> Value:
    """An offer without its "a", where it reads well so; the number says whether running text puts it back."""
    text = language.lower_first(_plain(text))
    bare = re.sub(r"^an? (?=free\b|\W?\d)", "", text)  # "A month on the house" keeps it everywhere
    return Value(bare, number="one" if bare != text or language.wants_article(bare) else "mass")


def product(text: str) -> Value:
    """A product without its article, with its number."""
    text = re.sub(r"^([Aa]n?|the) ", "", _plain(text))
    if _common_words().intersection(_words(text.split(" ", 1)[0])):
        text = language.lower_first(text)  # a common word, and so no name
    return Value(text, number=language.number(text))


def audience(text: str) -> Value:
    """The people a brief speaks to; `many` where they can be greeted: "runners", not "office kitchens"."""
    text = re.sub(r"^for ", "", language.lower_first(_plain(text)))
    number = language.number(text)
    greeted = language.are_people(text) and "," not in text
    return Value(text, number="mass" if number == "many" and not greeted else number)


def read(brief: BriefSpec, turn: int = 0) -> Fields:
    """The fields of a brief. What has no room in one prompt takes turns.

    A prompt takes four messages, words that must be included first. A keyword with the product's head word
    is another name of the product and stands for it in every third turn.
    """
    given = [brief.brand.name, brief.product, brief.offer, brief.audience, *brief.messages]
    missing = [word for word in brief.must_include if not any(word.lower() in text.lower() for text in given)]
    messages = _turned([text for text in (*missing, *brief.messages) if re.search(r"\w", text)], turn)
    call = next((text for text in messages if calls.pattern().fullmatch(_plain(text))), "")
    values = {"brand": Value(" ".join(brief.brand.name.split())), "product": _product(brief, turn)}
    told = [message(text) for text in messages if text != call]
    values |= dict(zip(MESSAGES, told, strict=False))
    people, place = _split_place(_plain(brief.audience))
    if people:
        values["audience"] = audience(people)
    if brief.offer.strip():
        values["offer"] = offer(brief.offer)
    if place:
        values["place"] = Value(place)
    if call:
        values["call"] = Value(language.lower_first(_plain(call)))
    product_text = values["product"].text
    others = tuple(text for text in (*(value.text for value in told), people, *brief.keywords) if text)
    found = sold(product_text, others)
    return Fields(values, found.trade, found.goods)


def _turned(messages: list[str], turn: int) -> list[str]:
    """`messages` with those of this turn first."""
    start = turn * len(MESSAGES) % max(len(messages), 1) if len(messages) > len(MESSAGES) else 0
    return messages[start:] + messages[:start]


def _product(brief: BriefSpec, turn: int) -> Value:
    named = product(brief.product)
    head = _words(named.text)[-1:]
    names = [
        word
        for word in brief.keywords
        if head
        and _words(word)[-1:] == head
        and len(word.split()) < 5
        and product(word).number == named.number
    ]
    return product(names[turn // 3 % len(names)]) if names and turn % 3 == 2 else named


def _plain(text: str) -> str:
    """One line without a closing full stop; text that is nothing but marks stays."""
    line = " ".join(text.split())
    return line.strip(" .!;,") or line


def _split_place(people: str) -> tuple[str, str]:
    """ "homeowners in Leeds" as people and place."""
    found = _PLACE.match(people)
    return (found["rest"], found["place"]) if found else (people, "")


def _words(text: str) -> list[str]:
    """Content words, plurals cut short so that "boot" meets "boots"."""
    common = wordlists.load("grammar")["common"]
    return [word.removesuffix("s") for word in re.findall(r"[a-z]{3,}", text.lower()) if word not in common]


@cache
def _common_words() -> frozenset[str]:
    """Words of the products that the corpus lists."""
    sold = (lists[key] for lists in wordlists.industries().values() for key in ("goods", "services", "words"))
    return frozenset(word for texts in sold for text in texts for word in _words(text))
