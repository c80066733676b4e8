"""Candidates as a sampler would make them, for tests of what comes after it."""

from __future__ import annotations

from adgen.channels import slot_format
from workers.codec import Prompt
from workers.engines import Sample
from workers.generation.pool import Candidate

PROMPT = Prompt(prefix=(1,), suffix=(2,), slot=slot_format("google_rsa.headline"))


def candidate(
    text: str, number: int = 0, *, angle: str = "plain", likelihood: float = -1.0, is_complete: bool = True
) -> Candidate:
    """A candidate of four tokens, each with the logprob `likelihood`."""
    return Candidate(
        number=number,
        seed=number,
        angle=angle,
        prompt=PROMPT,
        sample=Sample([3, 4, 5, 0], logprob=4 * likelihood),
        text=text,
        is_complete=is_complete,
    )


def candidates(*texts: str) -> list[Candidate]:
    return [candidate(text, number) for number, text in enumerate(texts)]


def go_on() -> None:
    """A pause in which nobody wants the work to stop."""
