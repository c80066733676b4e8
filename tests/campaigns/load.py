"""The load of a campaign: what marketers, reviewers and operators would ask for, through the services."""

from __future__ import annotations

import itertools
from collections.abc import Callable

from django.contrib.auth.models import User
from django.db.models import QuerySet

from adgen.models import Batch, Brand, Brief, Chunk, ChunkKind, LeasedWork, Role, TrainingRun, WorkState
from adgen.services.batches import batch_request, chunk_retry
from adgen.services.brands import PastLine, exemplars_add, membership_add
from adgen.services.training import training_run_request, training_run_retry
from review.demo.seed import demo_seed
from review.models import Action
from review.selectors.training import examples_of
from review.services.claims import claim_next
from review.services.decisions import decision_record
from tests.factories import BriefFactory

TRAIN = "train"
KINDS = (*(str(kind) for kind in ChunkKind), TRAIN)
OPEN = (WorkState.QUEUED, WorkState.RUNNING)
SLOTS = {"google_rsa.headline": 8, "google_rsa.description": 4}
_LITTLE_TRAINING = {"epochs": 2}


def rows_of(kind: str) -> QuerySet[LeasedWork]:
    """All work of one kind."""
    if kind == TRAIN:
        return TrainingRun._default_manager.all()
    return Chunk._default_manager.filter(kind=kind)


class Load:
    """Two brands that always have work of every kind."""

    def __init__(self) -> None:
        demo = demo_seed()
        self._reviewer: User = demo.manager
        self._briefs = [demo.briefs[0], self._second_brand(demo.brand)]
        self._turns = itertools.count()
        self._ask: dict[str, Callable[[], object]] = {
            "generate": self._batch,
            "screen": self._edit,
            "publish": self._edit,
            TRAIN: self._training,
        }

    def ask(self, kind: str) -> None:
        """Make sure that work of `kind` is open or on its way."""
        if not rows_of(kind).filter(state__in=OPEN).exists():
            self._ask[kind]()
        if Chunk.objects.filter(kind=ChunkKind.GENERATE, state__in=OPEN).count() < 2:
            self._batch()

    def approve(self) -> None:
        """Approve the next line that waits, if any."""
        self._decide(Action.APPROVE)

    def retry_dead(self) -> int:
        """What an operator does about dead work; returns how much there was."""
        chunks = list(Chunk.objects.filter(state=WorkState.DEAD))
        runs = list(TrainingRun.objects.filter(state=WorkState.DEAD))
        for chunk in chunks:
            chunk_retry(chunk=chunk)
        for run in runs:
            training_run_retry(run=run)
        return len(chunks) + len(runs)

    def _batch(self) -> Batch:
        brief = self._briefs[next(self._turns) % len(self._briefs)]
        return batch_request(brief=brief, requested_by=self._reviewer, counts=SLOTS)

    def _edit(self) -> None:
        for _ in range(3):
            self._decide(Action.EDIT, text=f"Fresh beans, week {next(self._turns)}")

    def _decide(self, action: Action, text: str = "") -> None:
        claim = claim_next(reviewer=self._reviewer)
        if claim is not None:
            decision_record(
                reviewer=self._reviewer, variant=claim.variant, token=claim.token, action=action, text=text
            )

    def _training(self) -> None:
        brand = self._briefs[next(self._turns) % len(self._briefs)].brand
        training_run_request(
            brand=brand, examples=examples_of(brand), requested_by=self._reviewer, recipe=_LITTLE_TRAINING
        )

    def _second_brand(self, first: Brand) -> Brief:
        brand = Brand.objects.create(name="Fjell Coffee", slug="fjell", voice=first.voice)
        membership_add(user=self._reviewer, brand=brand, role=Role.MANAGER)
        lines = [PastLine(row.slot, row.text, row.ad, row.product) for row in first.exemplars.all()]
        exemplars_add(brand=brand, lines=lines)
        return BriefFactory.create(brand=brand)
