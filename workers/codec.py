"""What stands between briefs and token ids. One codec per kind of base model.

The starter copywriter has its own (pointer tokens, `workers.starter.copywriter`); every other causal LM
uses its chat template (`workers.chat`). The engine and the trainer know only this interface.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from adgen.channels import SlotFormat
from adgen.spec import BriefSpec


@dataclass(frozen=True)
class Prompt:
    """The ids that a line continues.

    `prefix` is shared by all lines of a brief, so it is run through the model once; `suffix` is what
    differs by line (slot, angle). `slot` says how long the line may be. `banned` ids may not be sampled.
    `strings` is what pointer ids stand for, empty for codecs that spell everything.
    """

    prefix: tuple[int, ...]
    suffix: tuple[int, ...]
    slot: SlotFormat
    banned: frozenset[int] = frozenset()
    strings: dict[int, str] = field(default_factory=dict)


class Codec(Protocol):
    """Turns a brief into a prompt, and ids into a line. Holds a tokenizer, never a model.

    `lead` is what the first token of every line counts too much in `widths`: the space before a word.
    """

    vocab_size: int
    pad_id: int
    end_id: int
    lead: int

    def angles(self, brief: BriefSpec, slot: SlotFormat) -> Sequence[str]:
        """The angles (tones) this codec can ask for, the brief's own first; never empty."""

    def prompt(self, brief: BriefSpec, slot: SlotFormat, angle: str) -> Prompt:
        """The prompt for one line of `slot`."""

    def unbriefed(self, prompt: Prompt) -> Prompt:
        """`prompt` as it would be without a brief: how likely is a line whatever it is about?"""

    def widths(self, prompt: Prompt) -> Sequence[int]:
        """For each id below `vocab_size` the units of `prompt.slot` that it adds to a line, at most."""

    def target(self, text: str, prompt: Prompt) -> list[int]:
        """`text` as the ids the model should have emitted after `prompt`, ending with `end_id`."""

    def text(self, ids: Sequence[int], prompt: Prompt) -> str | None:
        """The line that `ids` (without `end_id`) spell, or None where they spell none."""

    def doubts(self, ids: Sequence[int], prompt: Prompt) -> int:
        """How many signs a line of the base model has that it reads wrongly; 0 where there is no telling."""
