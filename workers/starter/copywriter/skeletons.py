"""Skeletons: hand-written ad lines with places for a brief's strings, read from plain text files.

`corpus/skeletons/README.md` says how a file is written.
"""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Literal, get_args

from adgen.spec import TONES
from workers.starter.copywriter.wordlists import CORPUS

Kind = Literal["headline", "long headline", "description", "long text", "opener", "closer"]
KINDS: tuple[Kind, ...] = get_args(Kind)
SLOTS = frozenset(
    {
        "brand",
        "product",
        "products",
        "one product",
        "a",
        "the",
        "noun",
        "noun 2",
        "mass noun",
        "verb",
        "verb 2",
    }
    | {
        "verbing",
        "does",
        "adjective",
        "adjective 2",
        "participle",
        "clause",
        "clause 2",
        "audience",
        "people",
    }
    | {"aside", "aside 2", "offer", "an offer", "saving", "place", "call"}
)

# An article that is not needed takes the space after it along.
_TOKEN = re.compile(r"\{([^{}]+)\}(?:(?<=\{a\}) |(?<=\{the\}) )?|<([a-z]+)(?::(noun))?>")
_ASKS = re.compile(r"(?<=[.!?]) \{call\}\.$")
_OPENS = re.compile(
    r"(Hi|Hello|Hey|Dear|Psst|Welcome|We're \{brand\}|Come on in|Here is|Fun fact|Go on|Yes|Step|Say)\b"
    r"|[^.]*[?!]"
)
_CHOICE = re.compile(r"\[([^\[\]]*)\]")
_HEADER = re.compile(r"^== (?P<kind>[a-z ]+): (?P<tones>[a-z, ]+?)(?: \((?P<sells>goods|services)\))?$")


@dataclass(frozen=True)
class Slot:
    """A place for a string of the brief; `nth` is 2 for the second message of a role."""

    name: str
    nth: int = 1


@dataclass(frozen=True)
class Agreeing:
    """A word that agrees in number with the product, or with the first noun message."""

    word: str
    with_noun: bool = False


Part = str | Slot | Agreeing


@dataclass(frozen=True)
class Skeleton:
    """One written line. `sells` is "goods" or "services" where it suits only those."""

    text: str
    kind: Kind
    tones: tuple[str, ...]
    industry: str
    sells: str

    @cached_property
    def held_out(self) -> bool:
        """One in ten is kept for evaluation, by its text alone."""
        return zlib.crc32(self.text.encode()) % 10 == 0

    @property
    def light(self) -> bool:
        """Whether it jokes, whatever the trade: not for a funeral, an illness or a debt."""
        return not self.industry and "playful" in self.tones and self.tones != TONES

    @cached_property
    def calls(self) -> bool:
        """Whether it ends by asking for an act; when lines are joined, only the last one may."""
        return bool(_ASKS.search(self.text))

    @cached_property
    def body(self) -> str:
        """Its text without the call at its end."""
        return _ASKS.sub("", self.text)

    @cached_property
    def ends(self) -> bool:
        """Whether nothing but its own call can follow: it asks, or it has called for an act before."""
        return "{call}" in self.body or not self.body.endswith(".")

    @cached_property
    def goes_on(self) -> bool:
        """Whether it can follow other sentences: it does not greet, ask or call out."""
        return not _OPENS.match(self.text)

    @cached_property
    def slots(self) -> frozenset[str]:
        return frozenset(name for name, _, _ in _TOKEN.findall(self.text) if name)


def parse(text: str) -> list[Part]:
    """`text` (choices made) as literal parts, slots and agreeing words."""
    parts: list[Part] = []
    at = 0
    for found in _TOKEN.finditer(text):
        if found.start() > at:
            parts.append(text[at : found.start()])
        if found[1]:
            name = found[1].removesuffix(" 2")
            parts.append(Slot(name, 1 if name == found[1] else 2))
        else:
            parts.append(Agreeing(found[2], bool(found[3])))
        at = found.end()
    return [*parts, text[at:]] if at < len(text) else parts


def choices(text: str) -> list[str]:
    """The ways out of the first `[a|b]` of a skeleton; empty where it has none."""
    found = _CHOICE.search(text)
    if not found:
        return []
    return [
        re.sub(r" ([.,!?])", r"\1", text[: found.start()] + way + text[found.end() :])
        for way in found[1].split("|")
    ]


def read(industry: str, text: str) -> list[Skeleton]:
    """The skeletons of one file's text. Raises ValueError on a line that cannot be filled, and says why."""
    skeletons: list[Skeleton] = []
    header: re.Match[str] | None = None
    for line in text.splitlines():
        if line.startswith("== "):
            header = _HEADER.match(line)
            if not header or header["kind"] not in KINDS:
                raise ValueError(f"{industry}: header {line!r} is not '== kind: tone, tone'")
        elif line.strip() and not line.startswith("#"):
            if header is None:
                raise ValueError(f"{industry}: {line!r} stands before the first header")
            kind: Kind = header["kind"]  # type: ignore[assignment]
            if line.find(":noun>") > -1 and not -1 < line.find("{noun}") < line.find(":noun>"):
                raise ValueError(f"{industry}: {line!r} has a word that agrees with a {{noun}} not yet named")
            tones = TONES if header["tones"] == "any tone" else tuple(header["tones"].split(", "))
            skeletons.append(Skeleton(line, kind, tones, industry, header["sells"] or ""))
    return skeletons


@cache
def of(industry: str, *, held_out: bool) -> tuple[Skeleton, ...]:
    """The skeletons that suit a trade: its own, and those that fit any."""
    return tuple(
        skeleton
        for skeleton in load()
        if skeleton.industry in {"", industry} and skeleton.held_out == held_out
    )


@cache
def load() -> tuple[Skeleton, ...]:
    """Every skeleton of the corpus. `industry` is empty for those that fit any trade."""
    files = sorted((CORPUS / "skeletons").glob("*.txt"))
    return tuple(
        skeleton
        for file in files
        for skeleton in read("" if file.stem == "general" else file.stem, file.read_text(encoding="utf-8"))
    )
