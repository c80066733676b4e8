"""How a brand's lines look: the traits that its exemplars share, and lines made to show them."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from workers.starter.copywriter import wordlists
from workers.starter.copywriter.pointers import Piece

CASES = ("sentence", "title", "lower", "upper")
# How a line ends: without a mark, or with one.
ENDS = ("none", ".", "!", "?")
PERSONS = ("we", "you", "we and you", "nobody")

# A trait is the brand's where so many of its exemplars show it.
_SHARED = 0.8
_WE = re.compile(r"\b(we|we're|we've|we'll|us|our|ours)\b", re.I)
_YOU = re.compile(r"\b(you|you're|you've|you'll|your|yours)\b", re.I)


@dataclass(frozen=True)
class Style:
    """Traits that all lines of a brand show; "" and 0 where they differ. `longest` is in characters."""

    case: str = ""
    end: str = ""
    person: str = ""
    longest: int = 0


def measure(lines: Sequence[str], brand: str = "") -> Style:
    """The traits that four in five of `lines` share; none for no lines. How `brand` is cased says nothing."""
    if not lines:
        return Style()
    bare = [re.sub(rf"(?<!\w){re.escape(brand)}(?!\w)", "", line) for line in lines] if brand else list(lines)
    return Style(
        _shared(case_of, bare), _shared(end_of, lines), _shared(person_of, lines), max(map(len, lines))
    )


def _shared(trait: Callable[[str], str], lines: Sequence[str]) -> str:
    """What four in five of the lines that show anything show; "" where most show nothing."""
    shown = [one for one in map(trait, lines) if one]
    if 2 * len(shown) < len(lines):
        return ""
    return next((one for one in dict.fromkeys(shown) if shown.count(one) >= _SHARED * len(shown)), "")


def case_of(line: str) -> str:
    """One of CASES, or "" for a line that keeps to none or is too short to tell."""
    words = re.findall(r"[^\W\d_][\w'’]*", line)
    if not words:
        return ""
    if line in {line.lower(), line.upper()}:
        return "lower" if line == line.lower() else "upper"
    later = [word for word in words[1:] if word.lower() not in wordlists.load("grammar")["small"]]
    raised = sum(word[0].isupper() for word in later)
    if not words[0][0].isupper() or not later:
        return ""
    if raised == len(later):
        return "title" if len(later) > 1 else ""
    return "sentence"


def end_of(line: str) -> str:
    """The mark that a line ends with, or "none"."""
    last = line.rstrip()[-1:]
    return last if last in ENDS else "none"


def person_of(line: str) -> str:
    """Whether a line speaks as we, to you, as both or as nobody."""
    we, you = bool(_WE.search(line)), bool(_YOU.search(line))
    return "we and you" if we and you else "we" if we else "you" if you else "nobody"


def ended(pieces: Sequence[Piece], end: str) -> list[Piece] | None:
    """`pieces` with the end mark `end`; None where it takes other words, as a question does."""
    last = pieces[-1]
    shown = end_of(last) if isinstance(last, str) else "none"
    if shown == end:
        return list(pieces)
    if "?" in (shown, end):
        return None
    bare = last.rstrip()[:-1] if isinstance(last, str) and shown != "none" else last
    mark = "" if end == "none" else end
    if isinstance(bare, str):
        return [*pieces[:-1], bare + mark] if bare + mark else list(pieces[:-1])
    return [*pieces, mark]
