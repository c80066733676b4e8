"""Cheap signs that a line is no clean English. The same rules choose training lines and samples."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import pairwise

from workers.starter.copywriter import language, roles
from workers.starter.copywriter.fields import Value
from workers.starter.copywriter.language import Role
from workers.starter.copywriter.pointers import Piece, Pointer, put_together

_DOUBLED = re.compile(r"\b(\w+) \1\b", re.I)
_ARTICLE = re.compile(r"\b(an?) ([\w'-]+)", re.I)
_NOISE = re.compile(r"\s{2}| [.,!?;:]|[,;:]{2}|[.,;:][!?]|[!?][.,;:]|^[\s.,!?;:)-]|[,;:(-]$")
_ENDED = re.compile(r"([.!?]) ([\"'“(]?)(\w)")
_NOW = re.compile(r"\b(now|today|online)\b[^.!?]*\b(now|today|right now)\b|\b(now|today)\b.*\b\3\b", re.I)
_FOR_TWICE = re.compile(
    r"(?<!looking )(?<!ready )\bfor( (?!and\b|or\b|not\b|call\b|looking\b)[\w'-]+){1,4} for\b", re.I
)
# A sentence that hangs on nothing: "Hi, parents. With six sessions."
_HANGS = re.compile(r"[.!?] (With|From|For|By|Because|Made for)( (?!you\b|we\b)[\w&'’-]+){1,5}([.!?]|$)")
# Words that add to something said, and cannot follow a question.
_ADDS_TO_QUESTION = re.compile(r"\? (plus|oh, and|and|in short|p\.s\.)\b", re.I)
_ASKS_TWICE = re.compile(
    r"\b((to|with) us( today)?|for yourself) (with|at)\b|\ba look with\b|\btoday now\b", re.I
)
# Who acts is the brand, so that nobody acts with it: "With Orla, we plant a tree".
_WITH_US = re.compile(r"\bwith [^,.!?:]+, (we|our)\b", re.I)
# A question that closes a line.
_CLOSED = re.compile(r"\bwhy not [^?]+\? \w", re.I)
# Words that one thing cannot follow without its article: "about fencing course".
_WANTS_ARTICLE = re.compile(
    r"\b(about|with|for|of|in|on|from|choose|discover|get|try|book|want|love|need|offers?|has|have) $",
    re.I,
)
# Words that a message of a role cannot follow: "with we plant a tree", "a save time".
_BEFORE_NOUNS = frozenset(
    {"with", "of", "about", "a", "an", "the", "your", "our", "from", "for", "by", "more"}
)
_NEVER_AFTER: dict[Role, frozenset[str]] = {
    "verb": _BEFORE_NOUNS,
    "does": _BEFORE_NOUNS,
    "clause": _BEFORE_NOUNS | {"to"},
    "participle": _BEFORE_NOUNS | {"to"},
}
_GETS = re.compile(r"\b(get|enjoy|miss|plus) $", re.I)
_OF_ONE = re.compile(r"(doesn't|isn't|hasn't|does|is|has)\b")
# What a message such as "kit included" may stand between.
_BEFORE_ASIDE = re.compile(r"(^|[.,:;!?)]|[–—-]|\b(and|plus|yes|bonus)) ?[(\"“]?$", re.I)
_BEHIND_ASIDE = re.compile(r"$|[.,:;!?)]|\s?[–—-]| and ")

_FAULTS = {
    "now said twice": _NOW,
    "for said twice": _FOR_TWICE,
    "an addition to a question": _ADDS_TO_QUESTION,
    "with us, we": _WITH_US,
    "more after a closing question": _CLOSED,
    "half a sentence": _HANGS,
    "call that cannot take a name": _ASKS_TWICE,
}


def faults(line: str) -> list[str]:
    """What is wrong with a line, in words; empty for a clean one."""
    found = []
    if not line or not re.search(r"\w", line):
        return ["empty"]
    if _NOISE.search(line):
        found.append("stray mark or space")
    if _DOUBLED.search(line):
        found.append("doubled word")
    if (
        any(line.count(left) != line.count(right) for left, right in ("()", "[]", "“”"))
        or line.count('"') % 2
    ):
        found.append("unbalanced brackets or quotes")
    if any(not _article_fits(article.lower(), word) for article, word in _ARTICLE.findall(line)):
        found.append("wrong article")
    found += [fault for fault, pattern in _FAULTS.items() if pattern.search(line)]
    if mixed_case(line):
        found.append("sentence in lower case")
    # Short ones may: "Deep pockets? Check. Free returns? Check."
    sentences = [said for said in re.split(r"[.!?]+(?:\s|$)", line.lower()) if len(said.split()) > 2]
    if len(set(sentences)) < len(sentences):
        found.append("a sentence said twice")
    return found


def _article_fits(article: str, word: str) -> bool:
    plural = len(word) > 3 and word.endswith("s") and language.number(word) == "many"
    return article == language.article(word) and (not plural or language.is_attributive(word))


def mixed_case(line: str) -> bool:
    """Some sentences open with a capital and some do not. A voice without capitals is no fault."""
    openings = [line[:1], *(letter for _, _, letter in _ENDED.findall(line))]
    letters = [letter for letter in openings if letter.isalpha()]
    return any(letter.isupper() for letter in letters) and any(letter.islower() for letter in letters)


def clean(pieces: Sequence[Piece], values: Mapping[str, Value]) -> bool:
    """Whether a line has no fault. How a brief spells its own strings is no fault of the line."""
    masked = {name: Value(_masked(value.text), value.role) for name, value in values.items()}
    masked["brand"] = Value(language.raise_first(masked["brand"].text))
    line = put_together(pieces, masked)
    return line is not None and not misplaced(pieces, values) and not faults(line)


def _masked(text: str) -> str:
    """One word that sounds like `text`: the same first word and last word, hyphens between."""
    return re.sub(r"[^\w'-]+", "-", text).strip("-")


def misplaced(pieces: Sequence[Piece], values: Mapping[str, Value]) -> bool:
    """Whether a message stands where its role cannot, or any but the product stands twice."""
    told = Counter(piece.name for piece in pieces if isinstance(piece, Pointer))
    if any(count > 1 for name, count in told.items() if name != "product"):
        return True
    if _only_greets(pieces) or _speaks_of_one(pieces, values):
        return True
    if "audience" in told and "product" in told and " for " in values["product"].text:
        return True  # "tax returns for landlords for owners of flats"
    if any(_speaks_past(*three, values) for three in zip(pieces, pieces[1:], pieces[2:], strict=False)):
        return True
    return any(_follows_wrongly(before, piece, values) for before, piece in pairwise(["", *pieces, ""]))


def _only_greets(pieces: Sequence[Piece]) -> bool:
    """Whether a line of several sentences names only whom it is for."""
    names = {piece.name for piece in pieces if isinstance(piece, Pointer)}
    said = (piece for piece in pieces if isinstance(piece, str))
    return names == {"audience"} and any(re.search(r"[.!?] \w", text) for text in said)


def _speaks_of_one(pieces: Sequence[Piece], values: Mapping[str, Value]) -> bool:
    """Whether a line names many things and says of one: "Reading lamps. Doesn't flicker."."""
    told = [values[piece.name] for piece in pieces if isinstance(piece, Pointer)]
    named_many = any(value is values.get("product") and value.number == "many" for value in told)
    return named_many and any(value.role == "aside" and _OF_ONE.match(value.text) for value in told)


def _speaks_past(people: Piece, between: Piece, verb: Piece, values: Mapping[str, Value]) -> bool:
    """Whether a line tells of people and, in one breath, of "your": "helps runners beat your best time"."""
    return (
        isinstance(people, Pointer)
        and isinstance(verb, Pointer)
        and people.name == "audience"
        and values[verb.name].role == "verb"
        and between in {" ", " can ", " to ", " who ", " who want to "}
        and bool(re.search(r"\b(you|your|yourself|us)\b", values[verb.name].text))
    )


def _follows_wrongly(before: Piece, piece: Piece, values: Mapping[str, Value]) -> bool:
    """Whether `piece` cannot stand right behind `before`."""
    if isinstance(before, Pointer):
        return isinstance(piece, str) and _stops_wrongly(values[before.name], before.name, piece)
    value = values[piece.name] if isinstance(piece, Pointer) else None
    if isinstance(piece, Pointer) and value is not None and _disagrees(before, piece, value, values):
        return True
    if isinstance(piece, Pointer) and piece.name == "offer" and roles.is_sentence(values["offer"].text):
        return bool(re.search(r"\w $", before))  # not "say yes to kids go free"
    if isinstance(piece, Pointer) and piece.name == "offer" and _GETS.search(before):
        return not roles.can_be_got(values["offer"].text)  # not "get first lesson free"
    if value is not None and before.endswith(" with ") and " with " in value.text:
        return True
    if value is None or value.role is None or (isinstance(piece, Pointer) and piece.form == "ing"):
        return False
    if value.role == "aside":
        return not _BEFORE_ASIDE.search(before)
    words = re.findall(r"[a-z]+(?= $)", before.lower())
    return bool(words) and words[0] in _NEVER_AFTER.get(value.role, ())


def _disagrees(before: str, piece: Pointer, value: Value, values: Mapping[str, Value]) -> bool:
    """Whether one thing lacks its article, or a form or number is not that of a verb."""
    if piece.form and value.role not in {"verb", "does"}:
        return True
    if piece.name == "product":
        return value.number == "one" and bool(_WANTS_ARTICLE.search(before))
    many = "product" in values and values["product"].number == "many"
    return value.role == "does" and piece.form != ("" if many else "third")


def _stops_wrongly(value: Value, name: str, after: str) -> bool:
    """Whether `after` cannot stand behind a value: "no joining fee included", "20% off on coffee"."""
    if name == "offer":
        dated = re.search(r"\b(until|this week)\b", value.text) and re.match(
            r",? (today|right now|now)\b", after
        )
        return bool(dated) or (value.text.endswith(" off") and after.startswith(" on "))
    return value.role == "aside" and not _BEHIND_ASIDE.match(after)
