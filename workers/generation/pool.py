"""The candidates that can become drafts, each different from all others and from what is known already."""

from __future__ import annotations

import re
import unicodedata
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache

import torch
from rapidfuzz import fuzz, process
from torch import Tensor

from workers.codec import Prompt
from workers.embeddings import SIZE, embed
from workers.engines import Sample

# Two lines are one to a reader where their words are this alike (rapidfuzz's token_set_ratio, 0 to 100) ...
SAME_WORDS = 90.0
# ... or their meaning (cosine).
SAME_MEANING = 0.95
_EMBEDDED_AT_ONCE = 64
# Vectors of texts that are compared again and again; of 384 floats each.
_REMEMBERED = 8192
_WORD = re.compile(r"\w+(?:['’]\w+)*")


@dataclass(frozen=True)
class Candidate:
    """One sampled line with its text as it may be drafted."""

    number: int
    seed: int
    angle: str
    prompt: Prompt
    sample: Sample
    text: str
    is_complete: bool
    doubts: int = 0

    @property
    def likelihood(self) -> float:
        """Mean logprob of a token under the brief."""
        return self.sample.logprob / len(self.sample.ids)


class Pool:
    """Takes candidates as long as they are new. `vectors` has a row for each of `candidates`."""

    def __init__(self, known: Sequence[str], pause: Callable[[], None]) -> None:
        self.candidates: list[Candidate] = []
        self.vectors = torch.empty(0, SIZE)
        self._known = vectors(known, pause)
        self._words = [plain_words(text) for text in known]
        self._pause = pause

    def add(self, candidates: Sequence[Candidate]) -> int:
        """Take those that are new; returns how many repeated another line."""
        worded = [candidate for candidate in candidates if self._has_new_words(candidate)]
        found = vectors([candidate.text for candidate in worded], self._pause)
        taken = 0
        for candidate, vector in zip(worded, found, strict=True):
            if not _is_near(vector, self.vectors) and not _is_near(vector, self._known):
                taken += 1
                self.candidates.append(candidate)
                self.vectors = torch.cat([self.vectors, vector[None]])
        return len(candidates) - taken

    def known_likeness(self) -> Tensor:
        """How like each candidate is to the nearest line known before: cosines [candidates]."""
        if not len(self._known):
            return torch.zeros(len(self.candidates))
        return (self.vectors @ self._known.T).amax(1)

    def _has_new_words(self, candidate: Candidate) -> bool:
        words = plain_words(candidate.text)
        if process.extractOne(words, self._words, scorer=fuzz.token_set_ratio, score_cutoff=SAME_WORDS):
            return False
        self._words.append(words)
        return True


def plain_words(text: str) -> str:
    """The words of a line, whatever their case and punctuation."""
    return " ".join(_WORD.findall(unicodedata.normalize("NFKC", text).casefold()))


def vectors(texts: Sequence[str], pause: Callable[[], None] = lambda: None) -> Tensor:
    """The embeddings of `texts` [texts, SIZE]; those of late are remembered. `pause` is called in between."""
    parts = [torch.empty(0, SIZE)]
    for start in range(0, len(texts), _EMBEDDED_AT_ONCE):
        pause()
        parts.append(_memory().vectors(texts[start : start + _EMBEDDED_AT_ONCE]))
    return torch.cat(parts)


class _Memory:
    """The vectors of the latest texts, all in one tensor, so that a long batch leaves no holes in memory."""

    def __init__(self, size: int) -> None:
        self._rows: OrderedDict[str, int] = OrderedDict()
        self._vectors = torch.empty(size, SIZE)

    def vectors(self, texts: Sequence[str]) -> Tensor:
        """The embeddings of `texts`, which are fewer than are remembered: [texts, SIZE]."""
        for text in texts:
            if text in self._rows:
                self._rows.move_to_end(text)
        new = [text for text in dict.fromkeys(texts) if text not in self._rows]
        for text, vector in zip(new, embed(new), strict=True):
            is_full = len(self._rows) == len(self._vectors)
            row = self._rows.popitem(last=False)[1] if is_full else len(self._rows)
            self._rows[text] = row
            self._vectors[row] = vector
        return self._vectors[[self._rows[text] for text in texts]]


@cache
def _memory() -> _Memory:
    return _Memory(_REMEMBERED)


def _is_near(vector: Tensor, others: Tensor) -> bool:
    return bool((others @ vector >= SAME_MEANING).any())
