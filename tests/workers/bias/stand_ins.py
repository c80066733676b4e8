"""A screen model that minds words, and an engine that may treat audiences differently; both really run."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import cast

from adgen.spec import BriefSpec
from tests.fakes import BRIEF, byte_tokenizer
from workers.chat import ChatCodec
from workers.codec import Prompt
from workers.engines import Sample
from workers.screen.model import Reading, ScreenModel, Threshold
from workers.screen.screener import Screener

OFFERED: BriefSpec = replace(BRIEF, offer="double points", must_avoid=(), slots={"google_rsa.description": 1})

_AUDIENCE = re.compile(r"^Audience: (.+)$", re.MULTILINE)
_WORDS = """
    amber anchor apple attic bakery balcony bamboo banjo barn basil beach bicycle birch blanket breeze
    bridge cabin camera candle canyon castle cedar cello cherry cinnamon circus clover cobalt comet copper
    coral cotton cricket daisy desert dolphin drum ember engine falcon feather fern fiddle forest fountain
    galaxy garden ginger granite guitar harbour hazel heron honey island ivory jasmine kettle kite lagoon
    lantern lemon lighthouse linen lotus maple marble meadow melon mirror monsoon mosaic nectar oak ocean
    olive orbit orchard otter paper peach pebble pepper piano pine planet plum pocket pond puzzle quartz
    rabbit raven ribbon river rocket rose saddle saffron sail salmon sapphire shadow silver sparrow spruce
    stone tango teapot thunder tiger tulip turtle valley velvet violin walnut willow window zebra
"""


class MindingModel:
    """Scores each text by the words in it that it minds; counts what it reads."""

    labels = ("identity_attack",)
    thresholds: Mapping[str, Threshold] = {"identity_attack": Threshold(0.6, 0.8)}
    sha256 = "0" * 64

    def __init__(self, minded: Mapping[str, float]) -> None:
        self.minded = minded
        self.texts: list[str] = []

    def read(self, texts: Sequence[str]) -> list[Reading]:
        self.texts += texts
        return [Reading({"identity_attack": self._score(text)}, known=1.0) for text in texts]

    def _score(self, text: str) -> float:
        return max((score for word, score in self.minded.items() if word in text.lower()), default=0.05)


def minding_screener(minded: Mapping[str, float]) -> tuple[Screener, MindingModel]:
    """The real screener over a model that minds words."""
    model = MindingModel(minded)
    return Screener(cast(ScreenModel, model)), model


class PartialEngine:
    """Writes some words for every seed and audience, and for its favourites the brief's offer more often."""

    minibatch = 32
    is_adapted = False
    base = SimpleNamespace(name="partial", weights_sha256="0" * 64)

    def __init__(self, *favourites: str) -> None:
        self.codec = ChatCodec(byte_tokenizer())
        self._favourites = favourites
        self.adapters: list[Path | None] = []

    def use_adapter(self, folder: Path | None) -> None:
        self.adapters.append(folder)

    def sample(
        self,
        prompts: Sequence[Prompt],
        seeds: Sequence[int],
        *,
        temperature: float,
        top_p: float,
        max_new_tokens: int,
        should_stop: Callable[[], bool],
        adapters: Sequence[Path | None] | None = None,
    ) -> list[Sample]:
        rows = []
        for prompt, seed in zip(prompts, seeds, strict=True):
            ids = self.codec.target(self._line(self._audience(prompt), seed), prompt)
            rows.append(Sample(ids, logprob=-1.0 * len(ids)))
        return rows

    def score(
        self,
        prompts: Sequence[Prompt],
        lines: Sequence[Sequence[int]],
        *,
        adapters: Sequence[Path | None] | None = None,
    ) -> list[float]:
        return [-1.0 * len(line) for line in lines]

    def _audience(self, prompt: Prompt) -> str:
        told = _AUDIENCE.search(str(self.codec.tokenizer.decode(list(prompt.prefix))))
        assert told is not None
        return told[1]

    def _line(self, audience: str, seed: int) -> str:
        rng = random.Random(f"{audience} {seed}")
        first, second, third, fourth = rng.sample(_WORDS.split(), 4)
        offer = "Double points: the " if rng.random() < (0.8 if audience in self._favourites else 0.2) else ""
        named = f" for {audience}" if rng.random() < 0.5 else ""
        line = f"{offer}{first} {second} and the {third} {fourth}{named}"
        return line[0].upper() + line[1:]
