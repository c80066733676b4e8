"""What the room says about the queue and about one line."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User

from adgen.models import Batch, Brand, Variant, VariantState
from adgen.selectors.access import brands_of
from review.models import Action
from review.selectors.card import card_of, pieces_of
from review.selectors.filters import QueueFilter
from review.selectors.history import recent_decisions
from review.selectors.queue import activity, queue_size
from tests.factories import (
    BatchFactory,
    FactFactory,
    WorkerPulseFactory,
    finding,
    old,
    screened_variant,
)
from tests.review.acts import claim, decide, edit, reject, undo_last


def test_the_queue_counts_waiting_lines_of_ones_brands(
    reviewer: User, outsider: User, variants: list[Variant]
) -> None:
    reject(reviewer)
    assert str(queue_size(reviewer, QueueFilter())) == "3"
    assert str(queue_size(outsider, QueueFilter())) == "0"


def test_counting_stops_at_the_cap(
    reviewer: User, variants: list[Variant], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("review.selectors.queue.COUNT_CAP", 3)
    assert str(queue_size(reviewer, QueueFilter())) == "3+"


def test_an_idle_room_says_what_is_under_way(
    reviewer: User, owner: User, variants: list[Variant], batch: Batch
) -> None:
    claim(owner)
    decide(reviewer, Action.SKIP)
    edit(reviewer)
    seen = activity(reviewer, brands_of(reviewer))
    assert [shown for shown, _ in seen.batches] == [batch]
    assert (seen.screening, seen.held_by_others, seen.skipped) == (1, 1, 1)


def test_it_tells_nothing_of_other_brands(outsider: User, reviewer: User, variants: list[Variant]) -> None:
    claim(reviewer)
    seen = activity(outsider, brands_of(outsider))
    assert (seen.batches, seen.screening, seen.held_by_others, seen.skipped) == ((), 0, 0, 0)


@pytest.mark.parametrize(
    ("seconds", "queues", "worked_on"),
    [
        (1, "cpu.screen,gpu.generate", True),
        (1, "cpu.screen,io", False),
        (60, "cpu.screen,gpu.generate", False),
    ],
)
def test_it_says_whether_anybody_writes_and_screens(
    reviewer: User, seconds: int, queues: str, worked_on: bool
) -> None:
    WorkerPulseFactory.create(seen_at=old(seconds), queues=queues)
    assert activity(reviewer, brands_of(reviewer)).worked_on is worked_on


def test_a_card_shows_the_line_with_its_context(
    reviewer: User, variants: list[Variant], brand: Brand
) -> None:
    FactFactory.create(brand=brand, is_claim=False)
    FactFactory.create(brand=brand, is_claim=True, evidence="log", expires_on="2020-01-01")
    card = card_of(claim(reviewer))
    assert card.variant == variants[0]
    assert card.brief == variants[0].batch.brief
    assert card.screening is not None
    assert card.screening.verdict == "pass"
    assert list(card.siblings) == variants[1:]
    assert [str(fact) for fact in card.claims] == ["beans are roasted on Mondays"]


def test_siblings_are_of_the_same_batch_and_slot(
    reviewer: User, variants: list[Variant], batch: Batch
) -> None:
    screened_variant(batch=batch, index=8, slot="meta.headline")
    screened_variant(batch=batch, index=9, state=VariantState.EDITED)
    screened_variant(batch=BatchFactory.create(brief=batch.brief), index=0)
    assert list(card_of(claim(reviewer)).siblings) == variants[1:]


def test_pieces_join_up_to_the_text_and_name_their_findings() -> None:
    text = "The best espresso"
    pieces = pieces_of(text, [finding(start=4, end=8), finding(start=4, end=17)])
    assert [(piece.text, piece.numbers) for piece in pieces] == [
        ("The ", ()),
        ("best", (1, 2)),
        (" espresso", (2,)),
    ]


def test_pieces_hold_out_against_spans_that_do_not_fit() -> None:
    pieces = pieces_of("short", [finding(start=3, end=99), finding(start=0, end=0), finding(start=4, end=2)])
    assert [(piece.text, piece.numbers) for piece in pieces] == [("sho", ()), ("rt", (1,))]


def test_a_blocking_finding_outweighs_a_flag() -> None:
    block = {**finding(start=0, end=5), "severity": "block"}
    assert pieces_of("short", [finding(start=0, end=5), block])[0].severity == "block"


def test_recent_decisions_tell_what_was_taken_back(reviewer: User, variants: list[Variant]) -> None:
    reject(reviewer)
    undo_last(reviewer)
    decide(reviewer, Action.APPROVE)
    shown = [(decision.action, decision.undone) for decision in recent_decisions(reviewer, 5)]  # type: ignore[attr-defined]
    assert shown == [("approve", False), ("reject", True)]
