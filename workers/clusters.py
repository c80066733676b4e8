"""Which lines are near-duplicates: alike in words or in meaning, and with the same numbers."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

import numpy as np
import torch
from rapidfuzz import fuzz, process
from torch import Tensor

from adgen.models import Chunk, Cluster, Variant
from adgen.selectors.clusters import newest_clusters, unplaced
from adgen.services.clusters import clusters_write
from adgen.services.work import Lease
from workers.embeddings import SIZE, embed
from workers.generation.pool import plain_words

# A person looks at the lines before they share a decision, so this is looser than what makes a draft a
# repetition. Words: rapidfuzz's token_sort_ratio, 0 to 100; meaning: cosine.
SAME_WORDS = 85.0
SAME_MEANING = 0.90
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")


def cluster_chunk(lease: Lease, chunk: Chunk) -> None:
    """Put the lines of `chunk` into clusters."""
    lines = list(unplaced(chunk))
    clusters = Clusters(chunk.batch.brand_id, chunk.slot, list(newest_clusters(chunk)))
    clusters_write(lease=lease, chunk=chunk, placed=clusters.place(lines, chunk.batch.brand.language))


class Clusters:
    """The clusters of a brand and slot, and new ones for lines that none of them is like.

    Compared is with a cluster's first line only: so no chain of small steps joins two lines that are unlike.
    """

    def __init__(self, brand: int, slot: str, known: Sequence[Cluster]) -> None:
        self._brand, self._slot = brand, slot
        self._known = list(known)
        self._words = [plain_words(cluster.text) for cluster in known]
        self._numbers = [numbers(cluster.text) for cluster in known]
        stored = np.frombuffer(b"".join(bytes(cluster.vector) for cluster in known), np.float16)
        self._vectors = torch.tensor(stored.astype(np.float32)).view(len(known), SIZE)

    def place(self, lines: Sequence[Variant], language: str) -> list[tuple[Variant, Cluster]]:
        """Each line with its cluster, which is unsaved where it is new.

        The model reads English alone; lines of another `language` are compared by their words.
        """
        texts = [line.text for line in lines]
        found = embed(texts) if language.startswith("en") else torch.zeros(len(texts), SIZE)
        return [
            (line, self._nearest(line.text, vector) or self._add(line.text, vector))
            for line, vector in zip(lines, found, strict=True)
        ]

    def _nearest(self, text: str, vector: Tensor) -> Cluster | None:
        worded = process.extract(
            plain_words(text), self._words, scorer=fuzz.token_sort_ratio, score_cutoff=SAME_WORDS, limit=None
        )
        cosines = self._vectors @ vector
        like = {index for *_, index in worded} | set((cosines >= SAME_MEANING).nonzero().flatten().tolist())
        like = {index for index in like if self._numbers[index] == numbers(text)}
        return self._known[max(like, key=lambda index: float(cosines[index]))] if like else None

    def _add(self, text: str, vector: Tensor) -> Cluster:
        cluster = Cluster(
            brand_id=self._brand,
            slot=self._slot,
            text=text,
            vector=vector.numpy().astype(np.float16).tobytes(),
        )
        self._known.append(cluster)
        self._words.append(plain_words(text))
        self._numbers.append(numbers(text))
        self._vectors = torch.cat([self._vectors, vector[None]])
        return cluster


def numbers(text: str) -> list[str]:
    """The numbers in a text, in any order: lines that differ in one say different things."""
    return sorted(_NUMBER.findall(unicodedata.normalize("NFKC", text)))
