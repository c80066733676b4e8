"""A brief (and its brand) as JSON, read into a `BriefSpec`: the one reader for API, forms, imports, commands.

Every fault is collected before anything is refused, so that one round mends them all.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date
from difflib import get_close_matches
from typing import Any
from urllib.parse import urlsplit

from adgen.channels import slot_formats
from adgen.errors import Invalid
from adgen.policy.normalise import normalise
from adgen.policy.words import contains
from adgen.spec import BrandSpec, BriefSpec, ExemplarSpec, FactSpec

# Most characters of each text field.
TEXT_LIMITS: Mapping[str, int] = {
    "brand.name": 80,
    "brand.voice": 400,
    "brand.facts.statement": 482,
    "brand.facts.evidence": 500,
    "brand.exemplars.text": 1000,
    "campaign": 120,
    "product": 120,
    "audience": 160,
    "offer": 160,
    "tone": 40,
    "url": 2000,
}
# Most items of each list field, and most characters of one item.
LIST_LIMITS: Mapping[str, tuple[int, int]] = {
    "brand.banned_words": (200, 80),
    "brand.required_words": (30, 80),
    "brand.competitors": (200, 80),
    "messages": (12, 160),
    "keywords": (50, 80),
    "must_include": (30, 80),
    "must_avoid": (30, 80),
}
MAX_LINES_PER_SLOT = 500
MAX_FACTS = 200
MAX_EXEMPLARS = 60
# What ads may be for where the law asks for more.
SPECIAL_CATEGORIES = ("housing", "employment", "finance")

_BRAND_FIELDS = (
    *("name", "language", "voice", "special_category", "banned_words"),
    *("required_words", "competitors", "facts", "exemplars"),
)
_FACT_FIELDS = ("statement", "evidence", "expires_on")
_EXEMPLAR_FIELDS = ("slot", "text")
_BRIEF_FIELDS = (
    *("brand", "campaign", "special_category", "product", "audience", "messages", "offer", "tone"),
    *("keywords", "url", "must_include", "must_avoid", "slots"),
)
_LANGUAGE = re.compile(r"[a-z]{2}(-[A-Z]{2})?")


def brief_from_json(data: object) -> BriefSpec:
    """The brief that `data`, a decoded JSON object, spells.

    Raises Invalid with every fault under its field's name (`product`, `brand.name`, `slots`, ...).
    """
    if not isinstance(data, Mapping):
        raise Invalid("A brief is a JSON object.", fields={"brief": ["Expected an object of fields."]})
    reader = _Reader()
    reader.refuse_unknown(data, _BRIEF_FIELDS, prefix="")
    brand = _brand(reader, data.get("brand"))
    brief = BriefSpec(
        brand=brand,
        product=reader.text(data, "product", required=True),
        slots=_slots(reader, data.get("slots")),
        campaign=reader.text(data, "campaign"),
        audience=reader.text(data, "audience"),
        messages=reader.texts(data, "messages"),
        offer=reader.text(data, "offer"),
        tone=reader.text(data, "tone"),
        keywords=reader.texts(data, "keywords"),
        url=_url(reader, data),
        must_include=reader.texts(data, "must_include"),
        must_avoid=reader.texts(data, "must_avoid"),
        special_category=_category(reader, data, "special_category"),
    )
    _refuse_contradictions(reader, brief)
    reader.raise_if_faulty("brief")
    return brief


def brief_of_brand(spec: BriefSpec, brand: BrandSpec) -> BriefSpec:
    """The brief with its brand as stored; raises Invalid where it asks for what that brand never says."""
    brief = replace(spec, brand=brand)
    reader = _Reader()
    _refuse_contradictions(reader, brief)
    reader.raise_if_faulty("brief")
    return brief


def brand_from_json(data: object) -> BrandSpec:
    """The brand that `data`, a decoded JSON object, spells; raises Invalid as `brief_from_json` does."""
    reader = _Reader()
    brand = _brand(reader, data)
    _refuse_torn_brand(reader, brand)
    reader.raise_if_faulty("brand")
    return brand


class _Reader:
    """Takes fields out of JSON objects and remembers what was wrong with them."""

    def __init__(self) -> None:
        self.faults: dict[str, list[str]] = {}

    def fault(self, field: str, message: str) -> None:
        self.faults.setdefault(field, []).append(message)

    def raise_if_faulty(self, what: str) -> None:
        if self.faults:
            listed = "; ".join(f"{field}: {' '.join(faults)}" for field, faults in self.faults.items())
            raise Invalid(f"The {what} cannot be used. {listed}", fields=self.faults)

    def refuse_unknown(self, data: Mapping[str, Any], known: tuple[str, ...], *, prefix: str) -> None:
        for name in data:
            if name not in known:
                near = get_close_matches(str(name), known, n=1)
                hint = f" Did you mean {near[0]!r}?" if near else f" Known fields: {', '.join(known)}."
                self.fault(f"{prefix}{name}", f"Unknown field.{hint}")

    def text(self, data: Mapping[str, Any], name: str, *, prefix: str = "", required: bool = False) -> str:
        """The stripped text of a field; empty where it is absent or null."""
        field = prefix + name
        value = data.get(name)
        if value is None:
            value = ""
        if not isinstance(value, str):
            self.fault(field, f"Expected text, got {_json_type(value)}.")
            return ""
        value = value.strip()
        # Rows share the limit of their list: `brand.facts.3.evidence` has that of `brand.facts.evidence`.
        longest = TEXT_LIMITS[re.sub(r"\.\d+", "", field)]
        if required and not value:
            self.fault(field, f"Required: 1 to {longest} characters.")
        self._check_text(field, value, longest)
        return value

    def rows(self, data: Mapping[str, Any], name: str, *, most: int, prefix: str) -> list[tuple[str, object]]:
        """The items of a list field, each with its name: `brand.facts.0`."""
        field = prefix + name
        value = data.get(name)
        if value is None:
            return []
        if not isinstance(value, list | tuple):
            self.fault(field, f"Expected a list, got {_json_type(value)}.")
            return []
        if len(value) > most:
            self.fault(field, f"Has {len(value)} items; at most {most} are allowed.")
            return []
        return [(f"{field}.{number}", item) for number, item in enumerate(value)]

    def texts(self, data: Mapping[str, Any], name: str, *, prefix: str = "") -> tuple[str, ...]:
        """The stripped items of a list field, repeats dropped; empty where it is absent or null."""
        field = prefix + name
        value = data.get(name)
        if value is None:
            return ()
        if not isinstance(value, list | tuple):
            self.fault(field, f"Expected a list of texts, got {_json_type(value)}.")
            return ()
        most, longest = LIST_LIMITS[field]
        if len(value) > most:
            self.fault(field, f"Has {len(value)} items; at most {most} are allowed.")
            return ()
        items = [self._item(field, number, item, longest) for number, item in enumerate(value, start=1)]
        return tuple(dict.fromkeys(item for item in items if item))

    def _item(self, field: str, number: int, item: object, longest: int) -> str:
        if not isinstance(item, str):
            self.fault(field, f"Item {number}: expected text, got {_json_type(item)}.")
            return ""
        item = item.strip()
        if not item:
            self.fault(field, f"Item {number} is empty; remove it or fill it in.")
        self._check_text(field, item, longest, where=f"Item {number}: ")
        return item

    def _check_text(self, field: str, value: str, longest: int, *, where: str = "") -> None:
        if len(value) > longest:
            self.fault(field, f"{where}Has {len(value)} characters; at most {longest} are allowed.")
        # Control characters and lone surrogates: no advertisement holds them, and databases refuse some.
        if unwanted := next((char for char in value if unicodedata.category(char) in {"Cc", "Cs"}), None):
            self.fault(field, f"{where}Holds the control character U+{ord(unwanted):04X}; remove it.")


def _brand(reader: _Reader, value: object) -> BrandSpec:
    if isinstance(value, str) or value is None:
        value = {"name": value}
    if not isinstance(value, Mapping):
        reader.fault("brand", f"Expected a name or an object with a name, got {_json_type(value)}.")
        return BrandSpec(name="")
    reader.refuse_unknown(value, _BRAND_FIELDS, prefix="brand.")
    return BrandSpec(
        name=reader.text(value, "name", prefix="brand.", required=True),
        language=_language(reader, value.get("language")),
        voice=reader.text(value, "voice", prefix="brand."),
        special_category=_category(reader, value, "special_category", prefix="brand."),
        banned_words=reader.texts(value, "banned_words", prefix="brand."),
        required_words=reader.texts(value, "required_words", prefix="brand."),
        competitors=reader.texts(value, "competitors", prefix="brand."),
        facts=_facts(reader, value),
        exemplars=_exemplars(reader, value),
    )


def _category(reader: _Reader, data: Mapping[str, Any], name: str, *, prefix: str = "") -> str | None:
    category = data.get(name)
    if category in (None, ""):
        return None
    if category not in SPECIAL_CATEGORIES:
        known = ", ".join(SPECIAL_CATEGORIES)
        reader.fault(
            prefix + name, f"Unknown special ad category {category!r}. Known: {known}; null for none."
        )
        return None
    return str(category)


def _facts(reader: _Reader, brand: Mapping[str, Any]) -> tuple[FactSpec, ...]:
    facts = []
    for field, row in reader.rows(brand, "facts", most=MAX_FACTS, prefix="brand."):
        if not isinstance(row, Mapping):
            reader.fault(field, f'Expected {{"statement", "evidence", "expires_on"}}, got {_json_type(row)}.')
            continue
        reader.refuse_unknown(row, _FACT_FIELDS, prefix=f"{field}.")
        fact = FactSpec(
            statement=reader.text(row, "statement", prefix=f"{field}.", required=True),
            evidence=reader.text(row, "evidence", prefix=f"{field}.", required=True),
            expires_on=_day(reader, f"{field}.expires_on", row.get("expires_on")),
        )
        facts.append(fact)
    return tuple(dict.fromkeys(facts))


def _day(reader: _Reader, field: str, value: object) -> date | None:
    if value is None:
        return None
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        reader.fault(field, "Expected a day such as 2027-06-30, or null for a fact that does not expire.")
        return None


def _exemplars(reader: _Reader, brand: Mapping[str, Any]) -> tuple[ExemplarSpec, ...]:
    """Lines with their slot; a plain text is a line of any slot."""
    exemplars = []
    for field, row in reader.rows(brand, "exemplars", most=MAX_EXEMPLARS, prefix="brand."):
        given = {"text": row} if isinstance(row, str) else row
        if not isinstance(given, Mapping):
            reader.fault(field, f'Expected a text or {{"slot", "text"}}, got {_json_type(row)}.')
            continue
        reader.refuse_unknown(given, _EXEMPLAR_FIELDS, prefix=f"{field}.")
        slot = str(given.get("slot") or "")
        if slot and slot not in slot_formats():
            reader.fault(f"{field}.slot", f"Unknown slot {slot!r}. Known slots: {', '.join(slot_formats())}.")
        text = reader.text(given, "text", prefix=f"{field}.", required=True)
        exemplars.append(ExemplarSpec(slot, text))
    return tuple(dict.fromkeys(exemplars))


def _language(reader: _Reader, value: object) -> str:
    if value is None:
        return "en"
    if not isinstance(value, str) or not _LANGUAGE.fullmatch(value):
        reader.fault("brand.language", "Expected a two-letter code such as 'en', or 'en-GB' with a region.")
        return "en"
    return value


def _url(reader: _Reader, data: Mapping[str, Any]) -> str:
    url = reader.text(data, "url")
    if url and not _is_web_address(url):
        reader.fault("url", "Expected a web address such as https://example.com/page.")
    return url


def _is_web_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.hostname) and not re.search(r"\s", url)


def _slots(reader: _Reader, value: object) -> dict[str, int]:
    if not isinstance(value, Mapping) or not value:
        reader.fault("slots", 'Required: how many lines per slot, such as {"google_rsa.headline": 30}.')
        return {}
    for slot, count in value.items():
        if slot not in slot_formats():
            reader.fault("slots", f"Unknown slot {slot!r}. Known slots: {', '.join(slot_formats())}.")
        # JSON's true is an int in Python.
        if not isinstance(count, int) or isinstance(count, bool) or not 1 <= count <= MAX_LINES_PER_SLOT:
            reader.fault("slots", f"{slot}: expected a whole number from 1 to {MAX_LINES_PER_SLOT}.")
    return dict(value)


def _refuse_contradictions(reader: _Reader, brief: BriefSpec) -> None:
    """A phrase that must be in cannot be written without a word that must be out."""
    for phrase, word in _held(brief.must_include, (*brief.must_avoid, *brief.brand.banned_words)):
        reader.fault("must_include", f"{phrase!r} holds {word!r}, which must be avoided; drop one.")
    for phrase, word in _held(brief.brand.required_words, brief.must_avoid):
        reader.fault("must_avoid", f"{word!r} is in {phrase!r}, which the brand requires; drop one.")
    _refuse_torn_brand(reader, brief.brand)


def _refuse_torn_brand(reader: _Reader, brand: BrandSpec) -> None:
    for phrase, word in _held(brand.required_words, brand.banned_words):
        reader.fault("brand.required_words", f"{phrase!r} holds the banned word {word!r}; drop one.")


def _held(phrases: Iterable[str], words: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Each of `phrases` with each of `words` that it holds."""
    for phrase in phrases:
        folded = normalise(phrase).casefold()
        for word in words:
            if contains(word, folded):
                yield phrase, word


def _json_type(value: object) -> str:
    names = {bool: "true/false", int: "a number", float: "a number", str: "text", type(None): "null"}
    if isinstance(value, list | tuple):
        return "a list"
    return names.get(type(value), "an object")
