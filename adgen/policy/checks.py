"""What a pattern cannot find: checks of characters and of how words are written, by their name in packs."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence

from adgen.policy.characters import character_names, hidden_spans, mixed_script_spans, undecodable_spans
from adgen.policy.disguises import Kind
from adgen.policy.lines import Line
from adgen.policy.vocabulary import is_word

# Start and end in the original text, and what to say about the place.
Hit = tuple[int, int, str]
WordLists = Mapping[str, Sequence[str]]
Check = Callable[[Line, WordLists], Iterator[Hit]]

_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_EMOJI = re.compile(
    "(?:[\U0001f000-\U0001faff\u2600-\u27bf\u231a-\u231b\u23e9-\u23fa\u25fb-\u25fe\u2b05-\u2b55]"
    "[\ufe0f\U0001f3fb-\U0001f3ff]*\u200d?)+|[0-9#*]\ufe0f?\u20e3"
)
_BACK_AND_FORTH = re.compile(r"(?:[a-z]{1,2}[A-Z]{1,2}){2}")
_REPEATABLE = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*|\d+|[^\w\s,.!?'’-]")
_LONGEST_REPEAT = 5
_CAPITALS = re.compile(r"(?<!\w)[A-Z]{3,}(?!\w)")
# Longer than acronyms are.
_LONG = 6


def _hidden(line: Line, words: WordLists) -> Iterator[Hit]:
    for start, end in hidden_spans(line.text):
        yield start, end, character_names(line.text[start:end])


def _undecodable(line: Line, words: WordLists) -> Iterator[Hit]:
    for start, end in undecodable_spans(line.text):
        yield start, end, ""


def _mixed_script(line: Line, words: WordLists) -> Iterator[Hit]:
    for start, end in mixed_script_spans(line.text):
        foreign = "".join(char for char in line.text[start:end] if not char.isascii())
        yield start, end, character_names(foreign)


def _disguised(kind: Kind) -> Check:
    def check(line: Line, words: WordLists) -> Iterator[Hit]:
        for disguise in line.decoding.disguises:
            written = line.text[disguise.start : disguise.end]
            if disguise.kind == kind and written not in line.brief_words:
                yield disguise.start, disguise.end, disguise.reads

    return check


def _emoji(line: Line, words: WordLists) -> Iterator[Hit]:
    if line.text.isascii():
        return
    for match in _EMOJI.finditer(line.text):
        yield *match.span(), ""


def _styled(line: Line, words: WordLists) -> Iterator[Hit]:
    """Letters of another style that NFKC takes for plain ones; superscripts but those of units."""
    if line.text.isascii():
        return
    for match in re.finditer(r"[^\x00-\x7f]+", line.text):
        for i in range(*match.span()):
            char = line.text[i]
            is_unit = char in "²³" and line.text[i - 1 : i].isalpha()
            is_styled = unicodedata.decomposition(char).startswith(
                ("<font", "<wide", "<circle", "<super", "<sq")
            )
            if (
                is_styled
                and not is_unit
                and char not in "ªº™℠"
                and unicodedata.normalize("NFKC", char).isascii()
            ):
                yield i, i + 1, ""


def _shouting(line: Line, words: WordLists) -> Iterator[Hit]:
    """Words in capitals, but acronyms, what the brief writes so, and short ones that are no English word."""
    for match in _CAPITALS.finditer(line.plain.text):
        word = match[0]
        known = word in words["acronyms"] or word in line.brief_words
        if not known and (len(word) >= _LONG or is_word(word)):
            yield *line.plain.span(*match.span()), ""


def _back_and_forth(line: Line, words: WordLists) -> Iterator[Hit]:
    for match in _WORD.finditer(line.plain.text):
        if _BACK_AND_FORTH.search(match[0]) and match[0] not in line.brief_words:
            yield *line.plain.span(*match.span()), ""


def _repeated(line: Line, words: WordLists) -> Iterator[Hit]:
    """Words or phrases of up to five words that come twice running, but for pairs that are said so."""
    reading = line.folded[0]
    found = list(_REPEATABLE.finditer(reading.text))
    said = [match[0] for match in found]
    if len(set(said)) == len(said):
        return
    done = 0
    for i in range(len(said) - 1):
        for length in range(1, min(_LONGEST_REPEAT, (len(said) - i) // 2) + 1):
            again = said[i : i + length] == said[i + length : i + 2 * length]
            if i >= done and again and not (length == 1 and said[i] in words["said_twice"]):
                done = i + 2 * length
                yield *reading.span(found[i].start(), found[done - 1].end()), ""
                break


CHECKS: Mapping[str, Check] = {
    "hidden": _hidden,
    "undecodable": _undecodable,
    "mixed_script": _mixed_script,
    "disguised_by_symbols": _disguised("symbols"),
    "disguised_by_spacing": _disguised("spacing"),
    "emoji": _emoji,
    "styled_letters": _styled,
    "shouting": _shouting,
    "back_and_forth_case": _back_and_forth,
    "repeated": _repeated,
}
