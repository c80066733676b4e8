"""The part that a message of a brief can play in a sentence, told by the tags of its words (CLAWS5)."""

from __future__ import annotations

import math
import re
from functools import cache, lru_cache

from workers.starter.copywriter import wordlists
from workers.starter.copywriter.language import (
    DETERMINERS,
    Role,
    is_plural,
    lemma,
    mass_heads,
    number,
    tagger,
    tags,
    with_article,
    word_class,
)

# How offers start that can be got: "get a free trial", but not "get kids go free".
_GOT = re.compile(
    r"(up to )?([£$€]\d|[1-9])|(an?|your) \w+|two for one"
    r"|free (?!until|with|on|for|if|when)|half price (?!on)"
)
_FINITE = re.compile(r"V[VBHD][BZDG]$|VM0$")
_LINKS = {"PRP", "PRF", "CJT", "PNQ", "DTQ", "TO0", "CJS", "AVQ"}
# What follows a verb and hardly ever a plural noun: "names the species", "sleeps six", "texts if it rains".
_AFTER_DOES = {"AT0", "DPS", "CRD", "PNX", "CJS"}
# Before a preposition such a word counts as a verb unless the tagger, on its logarithmic scale, takes it so
# much rather for a plural: "cures without an oven", but "repairs for life".
_NOUN_MARGIN = 1.6
# What follows "boxes lent" or "tanks cleaned", where nobody is said to do it.
_AFTER_DONE = {"AV0", "PRP", "CJS", "AJ0", "CJC"}
# The first two letters of tags before the head of a noun phrase, and tags that a head never comes after.
_BEFORE_HEAD = {"AT", "DT", "DP", "CR", "OR", "AJ", "NN", "NP", "VV", "AV", "CJ", "PO"}
_BEHIND_HEAD = {"AT0", "DT0", "CRD", "VVN", "VVD", "VVG", "AV0", "AJ0", "ORD"}
_AFTER_VERB = {"AV0", "DPS", "AT0", "DT0", "PNP", "PNX", "PNI", "CRD", "AJC", "AVP", "AJ0"}


def role(text: str) -> Role:
    """The role of a message. A phrase that fits no rule is an aside: it stands alone."""
    words, marks = text.lower().split(), tags(text)
    if _stands_apart(words, marks):
        return "aside"
    if words[0] in word_class("irregular_participles") and len(words) > 1 and words[1] in word_class("ways"):
        return "participle"  # "cut to your height", "wound in Mittenwald"
    if _is_clause(words, marks):
        return "clause"
    verbal = _verb_role(words, marks)
    if verbal:
        return verbal
    if _is_participle(words, marks):
        return "participle"
    if _is_adjective(words, marks):
        return "adjective" if is_premodifier(text) else "aside"
    return "noun" if _is_noun_phrase(words, marks) else "aside"


def is_sentence(text: str) -> bool:
    """Whether a text is a sentence, or tells somebody to do something: "kids go free", "buy four"."""
    return role(text) in {"clause", "verb"} and not re.match(r"free\b|\d", text)


def can_be_got(offer: str) -> bool:
    """Whether an offer can follow "get" as it stands."""
    return bool(_GOT.match(offer))


def _stands_apart(words: list[str], marks: tuple[str, ...]) -> bool:
    """Whether a message says that something is so without a sentence: "kit included", "kegs swapped weekly".

    Nobody can want, get or deserve it.
    """
    if len(words) < 2 or {"is", "are"} & set(words):
        return False
    done = marks[0] == "NN2" and marks[1] in {"VVN", "VVD"} and (len(words) == 2 or marks[2] in _AFTER_DONE)
    far = (
        len(words) > 2 and words[1].rstrip("s") in {"mile", "minute", "hour"} and words[2] in {"away", "from"}
    )
    priced = bool(re.match(r"[£$€]\d", words[0]))
    weekly = words[0] in {"each", "every"} and marks[1] == "NP0"  # "every Friday at 8"
    ranged = bool(re.fullmatch(r"\w+s \d+ (to|or) \d+", " ".join(words)))  # "sizes 4 to 13"
    known = words[0] in word_class("aside_starts") or words[-1] in word_class("aside_ends")
    return done or far or priced or weekly or ranged or known


def _is_noun_phrase(words: list[str], marks: tuple[str, ...]) -> bool:
    """Whether a phrase is a head noun with what can stand before and behind it, and needs no article."""
    if any(word.endswith("?") for word in words) or ("," in " ".join(words) and "and" not in words):
        return False
    end = next((at for at in range(1, len(words)) if _ends_head(words, marks, at)), len(words))
    head = words[end - 1].strip(",.;:")
    named = marks[end - 1].startswith("N") or head in mass_heads() or is_plural(head)
    if not named or not all(mark[:2] in _BEFORE_HEAD for mark in marks[: end - 1]):
        return False
    phrase = " ".join(words)
    return number(phrase) != "one" or with_article(phrase) != phrase or marks[0] in DETERMINERS


def _ends_head(words: list[str], marks: tuple[str, ...], at: int) -> bool:
    """Whether what stands behind the head of a noun phrase starts at word `at`."""
    behind = marks[at] in _LINKS | {"PNP"} or words[at] in word_class("head_ends")
    return behind or (marks[at - 1].startswith("N") and marks[at] in _BEHIND_HEAD)


def _is_clause(words: list[str], marks: tuple[str, ...]) -> bool:
    """A subject, then a finite verb that no relative word governs."""
    if len(words) < 3 or words[0] in _starters(("verbs",)) or _feels(words):
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
    if first == "open" and (after in {"AV0", "PRP", "AJ0", "CRD", "CJS"} or not after):
        return None  # "open late on Thursdays"
    if _feels(words):
        return "does"
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


def _feels(words: list[str]) -> bool:
    """Whether a message says how a thing is: "stays sharp for years", "smells of tea"."""
    from lemminflect import getAllLemmas

    if len(words) < 2 or words[0] not in word_class("linking"):
        return False
    return words[1] in {"like", "of"} or "ADJ" in getAllLemmas(words[1])


def _does(first: str, following: str, after: str, *, last: bool) -> bool:
    """Whether a word in -s, with the word and tag behind it, says what the product does."""
    if not after or not first.endswith("s") or lemma(first) == first or following in {"of", "for"}:
        return False
    if first in word_class("plurals_like_verbs"):
        return False
    known = lemma(first) in _starters(("verbs", "does"))
    if after in _AFTER_DOES and following not in {"as", "than"}:
        return after != "AT0" or known or _verbness(first) > -math.inf  # not "photos the next day"
    if after in {"AJ0", "AV0"} and last:
        return known or _verbness(first) > -_NOUN_MARGIN  # "folds flat"
    if following in {"before", "after", "without", "until", "up", "down", "off", "away"}:
        return True
    if after == "PRP":
        return _verbness(first) > (-math.inf if following == "to" else -_NOUN_MARGIN)
    return known and not after.startswith(("CJ", "PNP", "PRF"))


def _is_participle(words: list[str], marks: tuple[str, ...]) -> bool:
    """Something done, and how: "roasted on Mondays", "repaired free for five years"."""
    if len(words) < 2:
        return False
    done = marks[0] in {"VVN", "VVD", "VDN", "VDD"} or re.search(r"-\w+(ed|wn|en)$", words[0])
    told = marks[1] in {"PRP", "CJS", "AVP"}
    if words[0].endswith("ed") and told:
        return True
    return bool(done) and (not marks[1].startswith(("NN", "AJ")) or marks[1:3] == ("AJ0", "PRP"))


def _is_adjective(words: list[str], marks: tuple[str, ...]) -> bool:
    known = _starters(("adjectives",))
    if words[-1].endswith(tuple(word_class("adjective_endings"))) or (len(words) == 1 and words[0] in known):
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
    ends = (
        word_class("head_ends") | word_class("closers") | word_class("aside_starts") | {"or", "never", "not"}
    )
    dated = any(tag == "NP0" for tag in tags(adjective)[1:])  # "open Sundays"
    return len(words) < 5 and not dated and not ends.intersection(words)


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
    seen = dict(tagger().tag_word(word, cutoff=15))
    if "VVZ" not in seen:
        return -math.inf
    return float(seen["VVZ"]) - max(
        (float(seen[tag]) for tag in ("NN2", "NN0") if tag in seen), default=-99.0
    )
