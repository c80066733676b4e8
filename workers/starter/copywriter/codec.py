"""The starter copywriter's side of `workers.codec.Codec`: briefs to prompts, ids to clean lines and back."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from adgen.channels import SlotFormat
from adgen.spec import TONES, BriefSpec
from workers.codec import Prompt
from workers.starter.copywriter import WEIGHTS, fields, language, prompts, quality
from workers.starter.copywriter.fields import POINTERS, Value
from workers.starter.copywriter.pointers import put_together, take_apart
from workers.starter.copywriter.vocabulary import END, PAD, Vocabulary

_LOWER_VOICE = re.compile(r"\b(all )?lower[- ]?case\b|\bno capitals\b", re.I)
_TITLE_VOICE = re.compile(r"\btitle[- ]?case\b", re.I)
_TONE_WORDS = {
    "plain": "plain simple clear direct honest straightforward neutral dry short factual",
    "friendly": "friendly warm kind caring welcoming cosy human personal gentle conversational",
    "playful": "playful fun funny witty cheeky humorous quirky bold young light-hearted",
    "premium": "premium luxury luxurious elegant refined exclusive sophisticated quiet calm considered",
    "urgent": "urgent now limited last-minute pressing energetic action",
    "professional": "professional expert formal serious corporate trustworthy business confident",
}


class StarterCodec:
    """Pointer tokens for the strings of a brief. English; only brand and product must be there."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        self.vocab_size = vocabulary.size
        self.pad_id = vocabulary.ids[PAD]
        self.end_id = vocabulary.ids[END]
        self._pointers = {name: vocabulary.ids[f"<to:{name}>"] for name in POINTERS}
        self._names = {id_: name for name, id_ in self._pointers.items()}
        self._roles = {vocabulary.ids[f"<role:{role}>"]: role for role in language.ROLES}

    @classmethod
    def load(cls, folder: Path = WEIGHTS) -> StarterCodec:
        """The codec of a model folder; reads `tokenizer.json` and nothing else of it."""
        return cls(Vocabulary.load(folder / "tokenizer.json"))

    def angles(self, brief: BriefSpec, slot: SlotFormat) -> Sequence[str]:
        """The six tones, the one that the brief's tone (else the brand's voice) comes nearest to first."""
        first = tone_of(brief.tone) or tone_of(brief.brand.voice)
        return tuple(sorted(TONES, key=lambda tone: tone != first))

    def prompt(self, brief: BriefSpec, slot: SlotFormat, angle: str) -> Prompt:
        """The prompt for one line. An unknown angle counts as plain."""
        vocabulary = self._vocabulary
        given = fields.read(brief)
        strings = {self._pointers[name]: value.text for name, value in given.values.items()}
        writable = {self.end_id, *strings, *vocabulary.marks}
        suffix = prompts.suffix(
            vocabulary,
            tone=angle if angle in TONES else TONES[0],
            kind=slot.kind,
            style=style_of(brief.brand.voice),
            limit=slot.limit,
        )
        return Prompt(
            prefix=tuple(prompts.prefix(given, vocabulary)),
            suffix=tuple(suffix),
            slot=slot,
            banned=frozenset(vocabulary.ids.values()) - writable,
            strings=strings,
        )

    def target(self, text: str, prompt: Prompt) -> list[int]:
        """A brand's own line as ids: mentions of the brief's strings become pointers, the rest is spelled."""
        line = " ".join(text.split())
        return [*self._vocabulary.encode(take_apart(line, self._values(prompt))), self.end_id]

    def text(self, ids: Sequence[int], prompt: Prompt) -> str | None:
        """The line that `ids` spell; None for a pointer without a string, a lone word, a line with faults."""
        pieces = self._vocabulary.decode([id_ for id_ in ids if id_ != self.end_id])
        values = self._values(prompt)
        line = put_together(pieces, values) if pieces else None
        return line if pieces and line and " " in line and quality.clean(pieces, values) else None

    def _values(self, prompt: Prompt) -> dict[str, Value]:
        """What the pointers of a prompt stand for, with the roles that the prompt states."""
        values = {}
        for at, id_ in enumerate(prompt.prefix):
            if id_ in prompt.strings and id_ in self._names and self._names[id_] not in values:
                stated = [self._roles[near] for near in prompt.prefix[at + 1 : at + 3] if near in self._roles]
                values[self._names[id_]] = Value(prompt.strings[id_], stated[0] if stated else None)
        return values


def tone_of(words: str) -> str:
    """The tone that a free description comes nearest to, or "" where it says nothing known."""
    said = set(re.findall(r"[a-z]+(?:-[a-z]+)?", words.lower()))
    near = {tone: len(said & set(known.split())) for tone, known in _TONE_WORDS.items()}
    best = max(TONES, key=near.__getitem__)
    return best if near[best] else ""


def style_of(voice: str) -> str:
    """How a brand's voice has lines cased: as sentences, unless it says otherwise."""
    if _LOWER_VOICE.search(voice):
        return "lower"
    return "title" if _TITLE_VOICE.search(voice) else "sentence"
