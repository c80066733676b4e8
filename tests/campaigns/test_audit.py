"""The books of the kill campaign notice what they are there to notice."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User

from adgen.models import (
    AdapterStatus,
    Batch,
    Brand,
    Brief,
    Chunk,
    ChunkKind,
    Screening,
    TrainingRun,
    Variant,
    VariantState,
    WorkState,
)
from adgen.services.batches import batch_request
from review.models import Action, Publication
from review.services.claims import claim_next
from review.services.decisions import decision_record
from tests.campaigns.audit import Audit, audit, claims_and_reruns
from tests.factories import AdapterFactory, ScreeningFactory, TrainingRunFactory, VariantFactory
from tests.work import chunks_of, generate, screen

pytestmark = pytest.mark.django_db


@pytest.fixture
def books(brief: Brief, reviewer: User) -> Audit:
    """A batch that went as it should: three of four lines written, screened, one approved; one training."""
    batch = batch_request(brief=brief, requested_by=None, counts={"google_rsa.headline": 4})
    generate(chunks_of(batch.pk, ChunkKind.GENERATE)[0], lines=3)
    screen(Chunk.objects.get(kind=ChunkKind.SCREEN))
    claim = claim_next(reviewer=reviewer)
    assert claim is not None
    decision_record(reviewer=reviewer, variant=claim.variant, token=claim.token, action=Action.APPROVE)
    AdapterFactory.create(brand=brief.brand, status=AdapterStatus.CHAMPION)
    return audit()


def faults() -> dict[str, int]:
    return audit().faults


def test_books_in_order_have_no_faults(books: Audit) -> None:
    assert books.faults == {}
    assert (books.variants_expected, books.variants_written, books.shortfall_declared) == (3, 3, 1)
    assert (books.publications, books.training_runs) == (1, 1)
    assert claims_and_reruns() == (2, 0)


@pytest.mark.usefixtures("books")
class TestFaults:
    def test_a_line_that_is_gone(self) -> None:
        Variant.objects.filter(state=VariantState.PENDING).first().delete()  # type: ignore[union-attr]
        assert faults() == {"variants_lost": 1}

    def test_a_line_too_many(self) -> None:
        batch = Batch.objects.get()
        ScreeningFactory.create(variant=VariantFactory.create(batch=batch, index=3))
        assert faults() == {"variants_doubled": 1}

    def test_a_line_without_a_verdict(self) -> None:
        Screening.objects.filter(variant__index=1).delete()
        assert faults() == {"screenings_missing": 1}

    def test_a_line_with_two_verdicts(self) -> None:
        ScreeningFactory.create(variant=Variant.objects.get(index=1), version__digest="screen-2")
        assert faults() == {"screenings_doubled": 1}

    def test_an_approved_line_that_is_not_in_the_feed(self) -> None:
        Variant.objects.filter(index=1).update(state=VariantState.APPROVED)
        assert faults() == {"publications_missing": 1}

    def test_a_line_that_is_in_the_feed_twice(self, brand: Brand) -> None:
        first = Publication.objects.get()
        Publication.objects.create(
            brand=brand, seq=2, kind="retracted", variant=first.variant, decision=first.decision
        )
        Brand.objects.filter(pk=brand.pk).update(publication_seq=2)
        assert faults() == {"publications_doubled": 1}

    def test_a_gap_in_the_feed(self, brand: Brand) -> None:
        Brand.objects.filter(pk=brand.pk).update(publication_seq=3)
        assert faults() == {"feed_gaps": 2}

    def test_a_training_without_an_adapter(self, brand: Brand) -> None:
        TrainingRunFactory.create(brand=brand)
        assert faults() == {"trainings_lost": 1}
        assert TrainingRun.objects.count() == 2

    def test_work_that_never_ended(self) -> None:
        Chunk.objects.filter(kind=ChunkKind.SCREEN).update(state=WorkState.DEAD)
        assert faults() == {"work_unfinished": 1}
