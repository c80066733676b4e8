"""What English the copywriter needs to know: number, articles, verb forms, capitals.

The rules read part-of-speech tags from HanTa and word forms from lemminflect; both carry their data.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import Any, Literal, get_args

from workers.starter.copywriter import wordlists

Role = Literal["noun", "verb", "does", "adjective", "participle", "clause", "aside"]
Number = Literal["one", "many", "mass"]
ROLES: tuple[Role, ...] = get_args(Role)
NUMBERS: tuple[Number, ...] = get_args(Number)

# "A4", "B2B", and days, which the tagger takes for no names in the plural: "Thursdays at 7".
_KEEPS_CAPITAL = re.compile(r"\w*\d|(Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)days?\b")
_DOUBLING = re.compile(r"[^aeiou][ae]l$")  # British "travelling"
DETERMINERS = {"AT0", "DT0", "DPS", "CRD", "NP0", "ORD"}


@cache
def word_class(name: str) -> frozenset[str]:
    """A closed class of words from `corpus/grammar.yaml`."""
    return frozenset(wordlists.load("grammar")[name])


@cache
def tagger() -> Any:
    from HanTa.HanoverTagger import HanoverTagger

    return HanoverTagger("morphmodel_en.pgz")


@lru_cache(maxsize=10_000)
def tags(text: str) -> tuple[str, ...]:
    """Part-of-speech tags (CLAWS5) of the words of `text`."""
    return tuple(tag for _, _, tag in tagger().tag_sent(text.split()))


def agreeing(phrase: str, *, one: bool) -> str:
    """A verb phrase that speaks of its own subject, one thing or many: "keep their edge", "washes itself"."""
    words = phrase.split(" ")
    own = {"their": "its", "themselves": "itself"} if one else {"its": "their", "itself": "themselves"}
    for at in (1, 2):
        if len(words) > at and words[at] in own and (at == 1 or tags(phrase)[1] in {"PRP", "AVP"}):
            words[at] = own[words[at]]
            break
    return " ".join(words)


def lemma(word: str) -> str:
    """The base form of a verb."""
    from lemminflect import getLemma

    return (getLemma(word, upos="VERB") or (word,))[0]


def verb_form(phrase: str, tag: Literal["VB", "VBZ", "VBG"]) -> str:
    """A verb phrase with its verb in the base, third-person or -ing form. Leading adverbs stay."""
    from lemminflect import getInflection

    words = phrase.split(" ")
    at = 1 if len(words) > 1 and words[0].lower() in {"just", "always", "never"} else 0
    base = lemma(words[at].lower())
    words[at] = base if tag == "VB" else (getInflection(base, tag) or (base,))[0]
    if tag == "VBG" and _DOUBLING.search(base):
        words[at] = f"{base}ling"
    return " ".join(words)


@lru_cache(maxsize=10_000)
def number(phrase: str) -> Number:
    """Whether a noun phrase is one thing, many or a mass, told by its head noun."""
    words = phrase.lower().split()
    if words[0] in {"a", "an", "one"}:
        return "one"
    if words[0].endswith("ing") and tags(phrase.lower())[-1] == "AV0":
        return "mass"  # "moving abroad"
    cut = _head_end(words)
    head = _head(words)
    if is_plural(head):
        return "many"
    if not _is_mass(head):
        return "one"
    # "warmth and light" are two; "painting and decorating" is one trade.
    return "many" if "and" in words[:cut] and not head.endswith("ing") else "mass"


def _head_end(words: list[str]) -> int:
    """Where the head of a noun phrase ends: "warden" of "warden who knows your name"."""
    ends = word_class("head_ends") | word_class("aside_ends")
    marks = tags(" ".join(words))

    def behind(at: int) -> bool:
        """Whether word `at` follows the head: "near" in "families near the lake"."""
        followed = is_plural(words[at - 1]) and not is_attributive(words[at - 1])
        return words[at] in ends or (followed and not marks[at].startswith(("N", "CJ")))

    return next((at for at in range(1, len(words)) if behind(at)), len(words))


def _head(words: list[str]) -> str:
    return words[_head_end(words) - 1].strip(",.;:").rsplit("-", 1)[-1]


@cache
def _countable() -> frozenset[str]:
    """Nouns that the corpus counts: one of them needs an article."""
    every = [*wordlists.industries().values(), wordlists.load("common")]
    told = (message.split() for group in every for message in group.get("nouns", ()))
    return frozenset(wordlists.load("words")["things"]) | {
        _head(words) for words in told if words[0] in {"a", "an"}
    }


@cache
def _persons() -> frozenset[str]:
    """Heads of the audiences that the corpus lists."""
    every = [*wordlists.industries().values(), wordlists.load("common")]
    return frozenset(_head(people.split()) for group in every for people in group["audiences"])


def are_people(phrase: str) -> bool:
    """Whether the head of a plural names people, or bodies that can be spoken to like people."""
    head = _head(phrase.lower().split())
    return head in _persons() - word_class("not_greeted") or head.endswith(
        tuple(word_class("people_endings"))
    )


def with_article(phrase: str) -> str:
    """A noun phrase with the article that it lacks where its head is surely one thing: "patch test" does."""
    words = phrase.lower().split()
    bare = tags(phrase.lower())[0] not in DETERMINERS | {"PNP"} and not words[0][0].isdigit()
    counted = _countable() - word_class("meals")
    sure = bare and _head(words) in counted and number(phrase) == "one" and not _is_mass(_head(words))
    return f"{article(phrase)} {phrase}" if sure and "and" not in words[: _head_end(words)] else phrase


def is_attributive(word: str) -> bool:
    """Whether a word in -s stands before a noun as it is: "a sales target", "a host's table"."""
    return "'" in word or word.lower() in word_class("attributive")


def is_plural(head: str) -> bool:
    from lemminflect import getLemma

    if head in word_class("plurals"):
        return True
    if not head.endswith("s") or head.endswith(("ss", "us", "is", "ics")):
        return False
    return (getLemma(head, upos="NOUN") or (head.removesuffix("s"),))[0] != head


def _is_mass(head: str) -> bool:
    """Whether a noun takes no article: a listed one, or one made like those: "tuning", "digitisation"."""
    if head.endswith("ing"):
        return head not in word_class("countable_in_ing")
    return head in mass_heads() or head.endswith(tuple(word_class("mass_endings")))


@cache
def mass_heads() -> frozenset[str]:
    every = [*wordlists.industries().values(), wordlists.load("common")]
    told = [message.split() for group in every for message in group.get("nouns", ())]
    bare = {_head(words) for words in told if words[0] not in {"a", "an"} and "and" not in words}
    return frozenset(wordlists.load("words")["mass_heads"]) | {
        head for head in bare if not is_plural(head) and head not in _countable()
    }


def wants_article(phrase: str) -> bool:
    """Whether an offer such as "free trial" needs "a" in running text."""
    head = _head(phrase.lower().split())
    return head in word_class("countable_offers") and not re.search(r"%|\boff\b|^(an?|your|the|no)\b", phrase)


def article(phrase: str) -> str:
    """ "a" or "an", by the sound that `phrase` starts with."""
    word = re.sub(r"[^\w]", "", phrase.split(" ", 1)[0].split("-", 1)[0])
    lower = word.lower()
    if re.match(r"uni(?!n|m)|eu|u[bcfhjkqrst][aeiou]|one", lower):
        return "a"
    if word.isupper() and (len(word) < 4 or not re.match(r"[^AEIOU][AEIOU]", word)):
        return "an" if word[0] in "AEFHILMNORSX" else "a"  # said letter by letter
    return "an" if re.match(r"[aeiou]|hour|honest|heir|8|11$|18$", lower) else "a"


def raise_first(text: str) -> str:
    """`text` with its first letter raised; text that starts with a digit stays as it is."""
    return text[:1].upper() + text[1:]


def lower_first(text: str) -> str:
    """`text` in running case: a sentence's capital goes, a name's or an acronym's stays."""
    first = text.split(" ", 1)[0]
    only_first = first[:1].isupper() and first[1:] == first[1:].lower()
    # The tagger takes a contraction it has not met for a name.
    named = len(first) > 1 and tags(text)[0] == "NP0" and first.lower() not in word_class("aside_starts")
    goes_on = bool(re.match(r"[A-Z]", text[len(first) + 1 :]))  # "Gas Safe registered"
    keeps = first in {"I", "I'm"} or bool(_KEEPS_CAPITAL.match(first))
    if not only_first or keeps or named or goes_on:
        return text
    return text[:1].lower() + text[1:]


def titled(text: str, *, opening: bool) -> str:
    """`text` in title case. Small words stay low, but for one that opens the line, a sentence or an aside."""
    words: list[str] = []
    for word in text.split(" "):
        opens = words[-1].endswith((".", ":", "!", "?")) if words else opening
        words.append(word if word.lower() in word_class("small") and not opens else raise_first(word))
    return " ".join(words)
