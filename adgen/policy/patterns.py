"""The little language that policy packs write their phrases in, made into regular expressions.

A phrase is matched as whole words, without regard to case. A space stands for white space or a hyphen, ` ?`
for the same or nothing, ` ... ` for up to four words of the same sentence, `^ ` for the start of a sentence,
`<name>` for any entry of the word list `name`, and an apostrophe for either form. All else is a regular
expression, so `(kid|child)s?` and `\\?` mean what they mean there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

Words = frozenset[str]

_GAP = r"(?:[^\w.!?\n]{1,3}[\w'’%]+){0,4}?[^\w.!?\n]{1,3}"
_SENTENCE_START = r"(?:^|(?<=[.!?:;] )|(?<=\n))"
_LIST = re.compile(r"<([a-z_]+)>")
_LOOKBEHIND = re.compile(r"(\(\?<[!=][^)]*\))")
# A part of a phrase whose words can be told: a word, perhaps with "s?", or a group that must be there.
_LITERAL = re.compile(r"([a-z]+?)(s\?)?(?![a-z])")
_STOP = re.compile(r"$|[,']|\\\?|\[[,:!?]+\]")
_QUANTIFIER = re.compile(r"\?|\{0,\d\}\??")


@dataclass(frozen=True)
class Phrase:
    """A pattern for case-folded text. A text without a word of each set in `needs` cannot match it.

    Trying patterns only where the words are there is what makes hundreds of phrases cheap.
    """

    pattern: re.Pattern[str]
    needs: tuple[Words, ...] = ()

    def may_match(self, words: Words) -> bool:
        for need in self.needs:  # noqa: SIM110 - runs hundreds of times a line, and all() is twice as slow
            if need.isdisjoint(words):
                return False
        return True


def compile_phrase(phrase: str, lists: Mapping[str, Sequence[str]]) -> Phrase:
    """Raises ValueError for an unknown word list, re.error for what is no regular expression."""

    def listed(match: re.Match[str]) -> str:
        if match[1] not in lists:
            raise ValueError(f"unknown word list <{match[1]}>; known: {', '.join(sorted(lists))}")
        return "(?:" + "|".join(expanded(entry) for entry in lists[match[1]]) + ")"

    def expanded(text: str) -> str:
        return _LIST.sub(listed, text)

    full = expanded(phrase)
    # Spaces in a lookbehind stand for themselves: it must have one length.
    parts = _LOOKBEHIND.split(full)
    regex = "".join(part if part.startswith("(?<") else _spaced(part) for part in parts)
    return Phrase(re.compile(rf"(?<!\w)(?:{regex})(?!\w)"), tuple(_needs(full)))


def _spaced(text: str) -> str:
    text = text.replace("'", "['’]")
    for written, meant in (
        (" ... ", _GAP),
        ("^ ", _SENTENCE_START),
        (" ?", r"[\s-]{0,3}"),
        (" ", r"[\s-]{1,3}"),
    ):
        text = text.replace(written, meant.replace(" ", "\0"))
    return text.replace("\0", " ")


def _needs(phrase: str) -> Iterator[Words]:
    """For each part of `phrase` that must be there and can be told: the words of which one must be there."""
    if len(_split(phrase, "|")) > 1:
        return
    for part in _split(phrase.replace(" ?", "\0"), " "):
        words = _words(part)
        if words:
            yield words


def _words(part: str) -> Words:
    """The words that a part can be; none where that cannot be told."""
    part = _without_options(part)
    literal = _LITERAL.match(part)
    if literal:
        words = {literal[1], literal[1] + "s"} if literal[2] else {literal[1]}
        return frozenset(words) if _stands_apart(part[literal.end() :]) else frozenset()
    if not part.startswith("(") or not _stands_apart(part[_group_end(part) :]):
        return frozenset()
    choices = [list(_needs(choice)) for choice in _choices(part)]
    return frozenset().union(*(min(sets, key=len) for sets in choices)) if all(choices) else frozenset()


def _without_options(part: str) -> str:
    """The part without the lookarounds and the optional words, as in `(very |quite )?good`, before it."""
    while part.startswith("("):
        rest = part[_group_end(part) :]
        option = _QUANTIFIER.match(rest)
        if part.startswith(("(?<", "(?!", "(?=")):
            part = rest
        elif option and all(choice.endswith(" ") for choice in _choices(part)):
            part = rest[option.end() :]
        else:
            break
    return part


def _stands_apart(rest: str) -> bool:
    """True if what follows a word in its part leaves it a word of its own, bound to be there."""
    while rest.startswith(("(?!", "( ")):
        rest = rest[_group_end(rest) :].removeprefix("?")
    return bool(_STOP.match(rest))


def _choices(group: str) -> list[str]:
    return _split(group[1 : _group_end(group) - 1].removeprefix("?:"), "|")


def _split(text: str, sign: str) -> list[str]:
    """`text` in parts at every `sign` outside brackets."""
    parts, depth, start = [], 0, 0
    for i, char in enumerate(text):
        escaped = i > 0 and text[i - 1] == "\\"
        if char in "([" and not escaped:
            depth += 1
        elif char in ")]" and not escaped:
            depth -= 1
        elif char == sign and not depth:
            parts.append(text[start:i])
            start = i + 1
    return [*parts, text[start:]]


def _group_end(text: str) -> int:
    """The offset after the group that `text` starts with."""
    depth = 0
    for i, char in enumerate(text):
        if char in "()" and (i == 0 or text[i - 1] != "\\"):
            depth += 1 if char == "(" else -1
            if not depth:
                return i + 1
    return len(text)
