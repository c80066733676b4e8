"""What English the copywriter needs to know: roles of messages, number, articles, verb forms.

The rules read part-of-speech tags from HanTa and word forms from lemminflect; both carry their data.
"""

from __future__ import annotations

import math
import re
from functools import cache, lru_cache
from typing import Any, Literal, get_args

from workers.starter.copywriter import wordlists

Role = Literal["noun", "verb", "does", "adjective", "participle", "clause"]
Number = Literal["one", "many", "mass"]
ROLES: tuple[Role, ...] = get_args(Role)
NUMBERS: tuple[Number, ...] = get_args(Number)

_FINITE = re.compile(r"V[VBHD][BZDG]$|VM0$")
_DOUBLING = re.compile(r"[^aeiou][ae]l$")  # British "travelling"
_LINKS = {"PRP", "PRF", "CJT", "PNQ", "DTQ", "TO0", "CJS", "AVQ"}
# What follows a verb and hardly ever a plural noun: "names the species", "sleeps six", "texts if it rains".
_AFTER_DOES = {"AT0", "DPS", "CRD", "PNX", "CJS"}
# Before a preposition such a word counts as a verb unless the tagger, on its logarithmic scale, takes it so
# much rather for a plural: "cures without an oven", but "repairs for life".
_NOUN_MARGIN = 1.6
_AFTER_VERB = {"AV0", "DPS", "AT0", "DT0", "PNP", "PNX", "PNI", "CRD", "AJC", "AVP", "AJ0"}


@cache
def _class(name: str) -> frozenset[str]:
    """A closed class of words from `corpus/grammar.yaml`."""
    return frozenset(wordlists.load("grammar")[name])


@cache
def _tagger() -> Any:
    from HanTa.HanoverTagger import HanoverTagger

    return HanoverTagger("morphmodel_en.pgz")


@cache
def _starters(lists: tuple[str, ...]) -> frozenset[str]:
    """First words of the corpus's messages of some roles: verbs that the tagger may take for nouns."""
    every = [*wordlists.industries().values(), wordlists.load("common")]
    return frozenset(
        message.split()[0] for group in every for name in lists for message in group.get(name, ())
    )


@lru_cache(maxsize=10_000)
def _verbness(word: str) -> float:
    """How much likelier a word in -s is a verb than a plural, as a logarithm; minus infinity if never."""
    seen = dict(_tagger().tag_word(word, cutoff=15))
    if "VVZ" not in seen:
        return -math.inf
    return float(seen["VVZ"]) - max(
        (float(seen[tag]) for tag in ("NN2", "NN0") if tag in seen), default=-99.0
    )


@lru_cache(maxsize=10_000)
def tags(text: str) -> tuple[str, ...]:
    """Part-of-speech tags (CLAWS5) of the words of `text`."""
    return tuple(tag for _, _, tag in _tagger().tag_sent(text.split()))


def role(text: str) -> Role:
    """The part that a message can play in a sentence. A phrase that fits no rule is a noun phrase."""
    words, marks = text.lower().split(), tags(text)
    if is_aside(text):
        return "noun"
    if words[0] in _class("irregular_participles") and len(words) > 1 and words[1] in _class("ways"):
        return "participle"  # "cut to your height", "wound in Mittenwald"
    if _is_clause(words, marks):
        return "clause"
    verbal = _verb_role(words, marks)
    if verbal:
        return verbal
    done = marks[0] in {"VVN", "VVD", "VDN", "VDD"} or re.search(r"-\w+(ed|wn|en)$", words[0])
    if done and len(words) > 1 and not marks[1].startswith(("NN", "AJ")):
        return "participle"
    return "adjective" if _is_adjective(words, marks) else "noun"


def is_sentence(text: str) -> bool:
    """Whether a text is a sentence, or tells somebody to do something: "kids go free", "buy four"."""
    return role(text) in {"clause", "verb"} and not re.match(r"free\b|\d", text)


def is_aside(text: str) -> bool:
    """Whether a message says that something is there or not: "kit included", "no fee", "won't shrink".

    It goes with "with" or stands alone; nobody can want, get or deserve it.
    """
    words = text.lower().split()
    stands_apart = words[0] in _class("aside_starts") or words[-1] in _class("aside_ends")
    return len(words) > 1 and stands_apart


def _is_clause(words: list[str], marks: tuple[str, ...]) -> bool:
    """A subject, then a finite verb that no relative word governs."""
    if len(words) < 3 or words[0] in _starters(("verbs",)):
        return False
    if marks[0] == "PNP" or _tells(words, marks):
        return True
    if marks[0] in {"VVB", "VVI", "VVZ", "AV0", "VVN"}:
        return False
    for index, mark in enumerate(marks):
        if mark in _LINKS or (index and mark == "PNP"):
            return False
        full = not mark.startswith("VV") or mark == "VVZ" or marks[0] in {"DPS", "NN2"} or marks[1] == "DPS"
        if index and full and _FINITE.match(mark):
            return True
    return False


def _tells(words: list[str], marks: tuple[str, ...]) -> bool:
    """ "our vets answer in ten minutes", "every order ships today": a verb that may look like a noun."""
    if len(words) < 4:
        return False
    if marks[0] in {"DPS", "DT0"} and marks[1] == "NN2":
        return marks[2] in {"VVI", "VVB"}
    after = marks[3] in _AFTER_VERB | {"PRP"} and words[3] not in {"of", "for"}
    return words[0] in {"every", "each"} and marks[2] == "NN2" and lemma(words[2]) != words[2] and after


def _verb_role(words: list[str], marks: tuple[str, ...]) -> Role | None:
    adverb = len(words) > 1 and marks[0] in {"AV0", "XX0"} and marks[1] in {"VVZ", "VVB"}
    start = 1 if adverb else 0
    first, after = words[start], marks[start + 1] if len(words) > start + 1 else ""
    if marks[start] == "VVZ":
        return "does"
    following = words[start + 1] if after else ""
    if first == "live" and after not in {"PRP", "AV0"}:
        return None
    if first == "back" or following in {"you", "we", "they"}:
        return None  # "back in October", "cover you can wash"
    if first == "open" and (after in {"AV0", "PRP", "AJ0", "CRD"} or not after):
        return None  # "open late on Thursdays"
    if first.endswith("s") and following in {"as", "into", "onto"} and lemma(first) != first:
        return "does"  # "doubles as a desk", "folds into a bag"
    unmarked = (
        marks[start] == "VVN" and lemma(first) == first and after in _AFTER_VERB
    )  # "set up", "cut your"
    if (unmarked or marks[start] in {"VVB", "VVI", "VHB", "VDB"}) and following != "that":
        return "verb"
    if _does(first, following, after, last=len(words) == start + 2):
        return "does"
    if first in _starters(("verbs", "does")) and (
        after in _AFTER_VERB
        or marks[0] in {"PRP", "AV0"}
        or (after == "PRP" and following not in {"of", "for"})
    ):
        return None if following == "that" else "verb"
    return None


def _does(first: str, following: str, after: str, *, last: bool) -> bool:
    """Whether a word in -s, with the word and tag behind it, says what the product does."""
    if not after or not first.endswith("s") or lemma(first) == first or following in {"of", "for"}:
        return False
    if first in _class("plurals_like_verbs"):
        return False
    known = lemma(first) in _starters(("verbs", "does"))
    if after in _AFTER_DOES and following not in {"as", "than"}:
        return after != "AT0" or known or _verbness(first) > -math.inf  # not "photos the next day"
    if after in {"AJ0", "AV0"} and last:
        return known or _verbness(first) > -_NOUN_MARGIN  # "folds flat"
    if following in {"before", "after", "without", "until"}:
        return True
    if after == "PRP":
        return _verbness(first) > (-math.inf if following == "to" else -_NOUN_MARGIN)
    return known and not after.startswith(("CJ", "PNP", "PRF"))


def _is_adjective(words: list[str], marks: tuple[str, ...]) -> bool:
    known = _starters(("adjectives",))
    if words[-1].endswith(tuple(_class("adjective_endings"))) or (len(words) == 1 and words[0] in known):
        return True
    if words[1:2] == ["enough"] or (words[0] in {"back", "open", "kind"} and words[1:2] != ["of"]):
        return True
    if marks[0] in {"AJ0", "AJC", "AV0"} and len(words) > 1 and marks[1] in {"PRP", "TO0", "CJS", "AVQ"}:
        return True
    plain = all(mark[:2] in {"AJ", "AV", "CJ"} for mark in marks[1:])
    return (marks[-1] in {"AJ0", "AJC", "AV0"} and plain) or marks == ("AV0", "VVN")


def is_premodifier(adjective: str) -> bool:
    """Whether an adjective can stand before a noun: "light and quiet" can, "easy to clean" cannot."""
    words = adjective.lower().split()
    return len(words) < 5 and not any(
        word in _class("head_ends") or word in _class("closers") for word in words
    )


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
    if _is_plural(head):
        return "many"
    if not _is_mass(head):
        return "one"
    # "warmth and light" are two; "painting and decorating" is one trade.
    return "many" if "and" in words[:cut] and not head.endswith("ing") else "mass"


def _head_end(words: list[str]) -> int:
    """Where the head of a noun phrase ends: "warden" of "warden who knows your name"."""
    ends = _class("head_ends") | _class("aside_ends")
    return next((at for at, word in enumerate(words) if at and word in ends), len(words))


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


def with_article(phrase: str) -> str:
    """A noun phrase with the article that it lacks where its head is surely one thing: "patch test" does."""
    words = phrase.lower().split()
    bare = (
        tags(phrase.lower())[0] not in {"AT0", "DT0", "DPS", "CRD", "NP0", "PNP"}
        and not words[0][0].isdigit()
    )
    sure = bare and not is_aside(phrase) and _head(words) in _countable() and number(phrase) == "one"
    return f"{article(phrase)} {phrase}" if sure and "and" not in words[: _head_end(words)] else phrase


def is_attributive(word: str) -> bool:
    """Whether a word in -s stands before a noun as it is: "a sales target", "a host's table"."""
    return "'" in word or word.lower() in _class("attributive")


def _is_plural(head: str) -> bool:
    from lemminflect import getLemma

    if head in _class("plurals"):
        return True
    if not head.endswith("s") or head.endswith(("ss", "us", "is", "ics")):
        return False
    return (getLemma(head, upos="NOUN") or (head.removesuffix("s"),))[0] != head


def _is_mass(head: str) -> bool:
    """Whether a noun takes no article: a listed one, or one made like those: "tuning", "digitisation"."""
    if head.endswith("ing"):
        return head not in _class("countable_in_ing")
    return head in _mass_heads() or head.endswith(tuple(_class("mass_endings")))


@cache
def _mass_heads() -> frozenset[str]:
    return frozenset(wordlists.load("words")["mass_heads"])


def wants_article(phrase: str) -> bool:
    """Whether an offer such as "free trial" needs "a" in running text."""
    words = phrase.lower().split()
    return words[-1] in _class("countable_offers") and not re.search(r"%|\boff\b|^(your|the|no)\b", phrase)


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
    named = len(first) > 1 and tags(text)[0] == "NP0" and first.lower() not in _class("aside_starts")
    if not only_first or first in {"I", "I'm"} or named:
        return text
    return text[:1].lower() + text[1:]


def titled(text: str, *, opening: bool) -> str:
    """`text` in title case. Small words stay low, but for one that opens the line, a sentence or an aside."""
    words: list[str] = []
    for word in text.split(" "):
        opens = words[-1].endswith((".", ":", "!", "?")) if words else opening
        words.append(word if word.lower() in _class("small") and not opens else raise_first(word))
    return " ".join(words)
