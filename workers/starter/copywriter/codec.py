"""The starter copywriter's side of `workers.codec.Codec`: briefs to prompts, ids to clean lines and back."""

from __future__ import annotations

import re
import zlib
from collections.abc import Sequence
from dataclasses import fields as dataclass_fields
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import NamedTuple

from adgen.channels import SlotFormat, Unit, slot_formats, width
from adgen.spec import TONES, BriefSpec
from workers.codec import Prompt
from workers.starter.copywriter import (
    WEIGHTS,
    appeals,
    calls,
    fields,
    joins,
    language,
    lexicon,
    prompts,
    quality,
    style,
    wordlists,
)
from workers.starter.copywriter.fields import POINTERS, Value
from workers.starter.copywriter.gravity import LIGHT_TONE, LOUD_TONES, is_grave
from workers.starter.copywriter.pointers import put_together, take_apart
from workers.starter.copywriter.prompts import Wanted, known_limit
from workers.starter.copywriter.style import Style
from workers.starter.copywriter.vocabulary import END, PAD, Vocabulary

_LOWER_VOICE = re.compile(r"\b(all )?lower[- ]?case\b|\bno capitals\b", re.I)
_UPPER_VOICE = re.compile(r"\ball[- ]?caps\b|\bupper[- ]?case\b|\bin capitals\b", re.I)
_TITLE_VOICE = re.compile(r"\btitle[- ]?case\b", re.I)
_TONE_WORDS = {
    "plain": "plain simple clear direct honest straightforward neutral dry short factual",
    "friendly": "friendly warm kind caring welcoming cosy human personal gentle conversational",
    "playful": "playful fun funny witty cheeky humorous quirky young light-hearted",
    "premium": "premium luxury luxurious elegant refined exclusive sophisticated quiet calm considered",
    "urgent": "urgent now limited last-minute pressing energetic action",
    "professional": "professional expert formal serious corporate trustworthy business",
    "bold": "bold confident brave strong loud daring punchy assertive fearless",
    "inspiring": "inspiring inspirational uplifting hopeful ambitious aspirational optimistic encouraging",
}
# Prompts are asked for one by one; what so many briefs tell is remembered.
_REMEMBERED = 64


# Lines of this share of the limit are asked for: the model counts characters only roughly, and the strings of
# a brief take up most of a short line.
_ROOM, _SHORT_ROOM, _SHORT = 0.84, 0.7, 35
# A word that does not exist, or a call of another trade, is as bad as so many joins that nobody wrote.
_FAULT = 10
# A brief that says more than one prompt takes is told in so many ways.
_TURNS = 3
# Units that the space before a pointer, "an" for "a" and the forms of a verb may add to its string.
_JOINT, _FORMS = 2, {"<form:third>": 2, "<form:ing>": 4}


class _Told(NamedTuple):
    """What a prompt tells of a brief: ids, the strings behind pointers, the traits of the brand's lines."""

    prefix: tuple[int, ...]
    strings: dict[int, str]
    style: Style


class StarterCodec:
    """Pointer tokens for the strings of a brief. English; only brand and product must be there."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        self.vocab_size = vocabulary.size
        self.pad_id = vocabulary.ids[PAD]
        self.end_id = vocabulary.ids[END]
        self.lead = 1
        self._pointers = {name: vocabulary.ids[f"<to:{name}>"] for name in POINTERS}
        self._names = {id_: name for name, id_ in self._pointers.items()}
        self._roles = {vocabulary.ids[f"<role:{role}>"]: role for role in language.ROLES}
        self._numbers = {vocabulary.ids[f"<number:{number}>"]: number for number in language.NUMBERS}
        self._sells = {vocabulary.ids[f"<sells:{sold}>"]: sold for sold in ("goods", "services")}
        self._industries = {vocabulary.ids[f"<industry:{name}>"]: name for name in wordlists.industries()}
        self._upper = vocabulary.ids["<style:upper>"]
        self._light = vocabulary.ids[f"<tone:{LIGHT_TONE}>"]
        self._memory: dict[tuple[object, ...], _Told] = {}
        self._plain_widths = cache(self._widths_of_text)

    @classmethod
    def load(cls, folder: Path = WEIGHTS) -> StarterCodec:
        """The codec of a model folder; reads `tokenizer.json` and nothing else of it."""
        return cls(Vocabulary.load(folder / "tokenizer.json"))

    def angles(self, brief: BriefSpec, slot: SlotFormat) -> Sequence[str]:
        """Tones and appeals, "playful" or "playful, ease": the brief's own tone, else all in turn.

        The tone that the brand's voice comes nearest to is first. What only some brands can say, such as a
        good price, is an angle where the brief says it.
        """
        own = tone_of(brief.tone)
        near = tone_of(brief.brand.voice)
        tones = (own,) if own else tuple(sorted(TONES, key=lambda tone: tone != near))
        if tones[0] not in LOUD_TONES and fields.read(brief).is_grave:
            tones = tuple(tone for tone in tones if tone not in LOUD_TONES)
        said = {appeals.appeal(text) for text in (brief.offer, *brief.messages, brief.product)}
        open_to = [name for name in appeals.names() if name in said or name not in appeals.NEED_GROUNDS]
        wanted = ["", *open_to]
        turns = range(len(tones) * len(wanted))
        pairs = dict.fromkeys((tones[turn % len(tones)], wanted[turn % len(wanted)]) for turn in turns)
        return [f"{tone}, {appeal}" if appeal else tone for tone, appeal in pairs]

    def prompt(self, brief: BriefSpec, slot: SlotFormat, angle: str) -> Prompt:
        """The prompt for one line. An unknown angle counts as plain."""
        vocabulary = self._vocabulary
        prefix, strings, shared = self._told(brief, slot.kind, zlib.crc32(angle.encode()) % _TURNS)
        tone, _, appeal = angle.partition(", ")
        wanted = Wanted(
            tone=tone if tone in TONES else TONES[0],
            kind=slot.kind,
            limit=min(known_limit(_room(slot.limit)), known_limit(shared.longest or slot.limit)),
            case=shared.case or case_told(brief.brand.voice),
            appeal=appeal if appeal in appeals.names() else "",
            end=shared.end,
            person=shared.person,
        )
        writable = {self.end_id, *strings, *vocabulary.marks}
        return Prompt(
            prefix=prefix,
            suffix=tuple(prompts.suffix(vocabulary, wanted)),
            slot=slot,
            banned=frozenset(vocabulary.ids.values()) - writable,
            strings=dict(strings),
        )

    def _told(self, brief: BriefSpec, kind: str, turn: int) -> _Told:
        said = (getattr(brief, field.name) for field in dataclass_fields(brief) if field.name != "slots")
        key = (*said, kind, turn)
        if key not in self._memory:
            if len(self._memory) >= _REMEMBERED:
                self._memory.clear()
            self._memory[key] = self._read(brief, kind, turn)
        return self._memory[key]

    def _read(self, brief: BriefSpec, kind: str, turn: int) -> _Told:
        given = fields.read(brief, turn)
        strings = {self._pointers[name]: value.text for name, value in given.values.items()}
        formats, brand = slot_formats(), given.values["brand"].text
        listed = brief.brand.exemplars
        alike = [one.text for one in listed if one.slot not in formats or formats[one.slot].kind == kind]
        alike = alike[: prompts.EXEMPLARS_AT_MOST]
        cased = style.measure([one.text for one in listed], brand).case
        spelled = [_sentence(text, brand) if cased == "upper" else text for text in alike]
        exemplars = [self._vocabulary.encode(take_apart(text, given.values)) for text in spelled]
        prefix = prompts.prefix(given, self._vocabulary, exemplars=exemplars)
        return _Told(tuple(prefix), strings, replace(style.measure(alike, brand), case=cased))

    def unbriefed(self, prompt: Prompt) -> Prompt:
        """`prompt` after no brief at all."""
        return replace(prompt, prefix=tuple(prompts.unbriefed(self._vocabulary)))

    def widths(self, prompt: Prompt) -> Sequence[int]:
        """Units of the slot by id: literal text counts itself, a pointer the string that it stands for."""
        widths = list(self._plain_widths(prompt.slot.unit))
        for id_, text in prompt.strings.items():
            widths[id_] = prompt.slot.width(text) + _JOINT
        return widths

    def _widths_of_text(self, unit: Unit) -> tuple[int, ...]:
        marks = {self._vocabulary.ids[mark]: units for mark, units in _FORMS.items()}
        named = {id_: marks.get(id_, 0) for id_ in self._vocabulary.ids.values()}
        return tuple(
            named[id_] if id_ in named else width(self._vocabulary.spelled(id_), unit)
            for id_ in range(self.vocab_size)
        )

    def target(self, text: str, prompt: Prompt) -> list[int]:
        """A brand's own line as ids: mentions of the brief's strings become pointers, the rest is spelled."""
        values = self._values(prompt)
        line = " ".join(text.split())
        if self._upper in prompt.suffix:
            line = _sentence(line, values["brand"].text)
        return [*self._vocabulary.encode(take_apart(line, values)), self.end_id]

    def text(self, ids: Sequence[int], prompt: Prompt) -> str | None:
        """The line that `ids` spell; None for a pointer without a string, a lone word, a line with faults."""
        pieces = self._vocabulary.decode([id_ for id_ in ids if id_ != self.end_id])
        values = self._values(prompt)
        line = put_together(pieces, values) if pieces else None
        if not pieces or not line or " " not in line or not quality.clean(pieces, values):
            return None
        return _spelt_as(line.upper(), values["brand"].text) if self._upper in prompt.suffix else line

    def doubts(self, ids: Sequence[int], prompt: Prompt) -> int:
        """Joins that nobody wrote for the brief's trade or for any, and graver faults, ten times as heavy."""
        pieces = self._vocabulary.decode([id_ for id_ in ids if id_ != self.end_id])
        industry = next((self._industries[id_] for id_ in prompt.prefix if id_ in self._industries), "")
        sells = next((self._sells[id_] for id_ in prompt.prefix if id_ in self._sells), "")
        if not pieces:
            return 0
        said = " ".join(piece for piece in pieces if isinstance(piece, str))
        told = map(self._vocabulary.spelled, prompt.prefix)
        faults = lexicon.strange(said, told) + calls.unsuited(said, industry, sells)
        light = self._light in prompt.suffix or not is_grave(industry, prompt.strings.values())
        return joins.unknown(pieces, self._values(prompt), industry, sells, light=light) + _FAULT * faults

    def _values(self, prompt: Prompt) -> dict[str, Value]:
        """What the pointers of a prompt stand for, with the grammar that the prompt states."""
        values = {}
        for at, id_ in enumerate(prompt.prefix):
            if id_ in prompt.strings and id_ in self._names and self._names[id_] not in values:
                stated = prompt.prefix[at + 1 : at + 4]
                role = next((self._roles[near] for near in stated if near in self._roles), None)
                number = next((self._numbers[near] for near in stated if near in self._numbers), None)
                values[self._names[id_]] = Value(prompt.strings[id_], role, number)
        return values


def _room(limit: int) -> float:
    return limit * (_SHORT_ROOM if limit <= _SHORT else _ROOM)


def tone_of(words: str) -> str:
    """The tone that a free description comes nearest to, or "" where it says nothing known."""
    said = set(re.findall(r"[a-z]+(?:-[a-z]+)?", words.lower()))
    near = {tone: len(said & set(known.split())) for tone, known in _TONE_WORDS.items()}
    best = max(TONES, key=near.__getitem__)
    return best if near[best] else ""


def case_told(voice: str) -> str:
    """How a brand's voice has lines cased: as sentences, unless it says otherwise."""
    if _LOWER_VOICE.search(voice):
        return "lower"
    if _UPPER_VOICE.search(voice):
        return "upper"
    return "title" if _TITLE_VOICE.search(voice) else "sentence"


def _sentence(line: str, brand: str) -> str:
    """A line in capitals as a sentence; the brand is spelt as it spells itself."""
    return _spelt_as(line.capitalize(), brand)


def _spelt_as(line: str, brand: str) -> str:
    return re.sub(rf"(?<!\w){re.escape(brand)}(?!\w)", lambda _: brand, line, flags=re.I)
