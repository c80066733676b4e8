"""The codec of every causal LM that is not the starter: its chat template, or plain text without one."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Self

from transformers import AutoTokenizer, PreTrainedTokenizerBase

from adgen.channels import SlotFormat, Unit, slot_format
from adgen.errors import ModelUnavailable
from adgen.spec import BrandSpec, BriefSpec
from workers.codec import Prompt
from workers.widths import token_widths

APPEALS = ("quality", "ease", "price", "trust", "speed", "novelty", "belonging")
_MOST_EXEMPLARS = 6
_ROLE = "You write advertising copy."
_TASK = "Write one line"
_THINKING = re.compile(r"<think>.*?(</think>|$)", re.DOTALL)
_QUOTES = {'"': '"', "'": "'", "“": "”", "‘": "’", "«": "»", "`": "`"}


class ChatCodec:
    """Spells everything: briefs as text, lines as text."""

    def __init__(self, tokenizer: PreTrainedTokenizerBase) -> None:
        self.tokenizer = tokenizer
        self.vocab_size: int = len(tokenizer)
        self.end_id = self._turn_end()
        # After a template an answer begins at once, after a colon with a space.
        self.lead = 0 if tokenizer.chat_template else 1
        self._widths: dict[Unit, list[int]] = {}
        # Padding is told apart by position, never by id, so a pad that equals the end is harmless.
        self.pad_id: int = self.end_id if tokenizer.pad_token_id is None else tokenizer.pad_token_id

    @classmethod
    def load(cls, folder: Path) -> Self:
        return cls(AutoTokenizer.from_pretrained(folder, trust_remote_code=False, local_files_only=True))

    @cached_property
    def banned(self) -> frozenset[int]:
        """Ids that would leave the line: roles, tools, thinking. The end stays allowed."""
        return frozenset(self._control.values()) - {self.end_id}

    @cached_property
    def _control(self) -> dict[str, int]:
        """The tokens that are markup, with their ids."""
        special = zip(self.tokenizer.all_special_tokens, self.tokenizer.all_special_ids, strict=True)
        added = self.tokenizer.get_added_vocab() | dict(special)
        # Some tokenizers add long runs of white space, which are text like any other.
        return {token: id_ for token, id_ in added.items() if token.strip(" ▁\n\t")}

    @cached_property
    def _control_in_text(self) -> re.Pattern[str]:
        longest_first = sorted(self._control, key=len, reverse=True)
        return re.compile("|".join(map(re.escape, longest_first)) or r"(?!)")

    def _turn_end(self) -> int:
        """What a model writes after its answer: for many chat models this is not the end of the sequence."""
        tokenizer, answer = self.tokenizer, "An answer."
        if tokenizer.chat_template:
            talk = [{"role": "user", "content": "A question."}, {"role": "assistant", "content": answer}]
            text = str(tokenizer.apply_chat_template(talk, tokenize=False, enable_thinking=False))
            after, control = self._ids(text[text.rindex(answer) + len(answer) :]), set(self._control.values())
            if ends := [id_ for id_ in after if id_ in control]:
                return ends[0]
        if tokenizer.eos_token_id is None:
            raise ModelUnavailable(
                "The tokenizer names no end-of-sequence token; set eos_token in its config."
            )
        return int(tokenizer.eos_token_id)

    def angles(self, brief: BriefSpec, slot: SlotFormat) -> Sequence[str]:
        return (brief.tone or "plain", *APPEALS)

    def prompt(self, brief: BriefSpec, slot: SlotFormat, angle: str) -> Prompt:
        """The brief and lines like the one wanted are the shared prefix; slot, limit and angle follow."""
        task = (
            f"{_TASK} for this slot: {slot.label}, at most {slot.limit} characters. Angle: {angle}. "
            "Reply with the line only."
        )
        # Control tokens spelt out in a brief would be read as the template's own.
        text = self._rendered(self._control_in_text.sub(" ", f"{_brief_text(brief, slot)}\n\n{task}"))
        cut = text.rindex(_TASK)
        return Prompt(
            prefix=tuple(self._ids(text[:cut])),
            suffix=tuple(self._ids(text[cut:])),
            slot=slot,
            banned=self.banned,
        )

    def unbriefed(self, prompt: Prompt) -> Prompt:
        return replace(prompt, prefix=self._no_brief)

    @cached_property
    def _no_brief(self) -> tuple[int, ...]:
        text = self._rendered(f"{_ROLE}\n\n{_TASK}")
        return tuple(self._ids(text[: text.rindex(_TASK)]))

    def widths(self, prompt: Prompt) -> Sequence[int]:
        unit = prompt.slot.unit
        if unit not in self._widths:
            self._widths[unit] = token_widths(self.tokenizer, unit)
            self._widths[unit][self.end_id] = 0
        return self._widths[unit]

    def target(self, text: str, prompt: Prompt) -> list[int]:
        return [*self._ids(text), self.end_id]

    def text(self, ids: Sequence[int], prompt: Prompt) -> str | None:
        """The first line, without thinking and quotes; None where nothing is left."""
        spelt = str(self.tokenizer.decode(list(ids)))
        spelt = _THINKING.sub("", spelt).strip()
        line = " ".join(spelt.split("\n", 1)[0].split())
        if len(line) > 1 and _QUOTES.get(line[0]) == line[-1]:
            line = line[1:-1].strip()
        return None if "\ufffd" in line else line or None

    def doubts(self, ids: Sequence[int], prompt: Prompt) -> int:
        return 0

    def _rendered(self, request: str) -> str:
        if not self.tokenizer.chat_template:
            return f"{self.tokenizer.bos_token or ''}{request}\n\nLine:"
        messages = [{"role": "user", "content": request}]
        return str(
            self.tokenizer.apply_chat_template(
                messages, tokenize=False, add_generation_prompt=True, enable_thinking=False
            )
        )

    def _ids(self, text: str) -> list[int]:
        return self.tokenizer.encode(text, add_special_tokens=False)


def _brief_text(brief: BriefSpec, slot: SlotFormat) -> str:
    """Every field that the brief has, one a line, and how the brand sounds in lines of the slot's kind."""
    brand = brief.brand
    fields = {
        "Brand": brand.name,
        "Voice": brand.voice,
        "Language": brand.language,
        "Special ad category": brand.special_category or "",
        "Campaign": brief.campaign,
        "Product": brief.product,
        "Audience": brief.audience,
        "Messages": "; ".join(brief.messages),
        "Offer": brief.offer,
        "Tone": brief.tone,
        "Keywords": ", ".join(brief.keywords),
        "Page": brief.url,
        "Must include": "; ".join((*brief.must_include, *brand.required_words)),
        "Never use": "; ".join((*brief.must_avoid, *brand.banned_words)),
        "Claims it may state": "; ".join(_claims(brand)),
        "Lines this brand has run": "".join(f"\n- {line}" for line in _exemplars(brand, slot)),
    }
    listed = "\n".join(f"{name}: {value}" for name, value in fields.items() if value)
    return f"{_ROLE} Spell names exactly as given. The brief:\n{listed}"


def _claims(brand: BrandSpec) -> list[str]:
    today = date.today()
    return [fact.statement for fact in brand.facts if fact.expires_on is None or fact.expires_on >= today]


def _exemplars(brand: BrandSpec, slot: SlotFormat) -> list[str]:
    """Lines of the slot itself first, then others of its kind."""
    alike = [one for one in brand.exemplars if not one.slot or slot_format(one.slot).kind == slot.kind]
    alike.sort(key=lambda one: one.slot != slot.slot)
    return [one.text for one in alike[:_MOST_EXEMPLARS]]
