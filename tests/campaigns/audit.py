"""The books at the end of a campaign: what was asked for against what is in the database."""

from __future__ import annotations

from dataclasses import dataclass, fields

from django.db.models import Count, F, Sum

from adgen.models import Adapter, Batch, BatchState, Brand, Chunk, ChunkKind, TrainingRun, Variant, WorkState
from adgen.models import VariantState as State
from review.models import Action, Decision, Publication


@dataclass(frozen=True)
class Faults:
    """Counts of what must not be."""

    variants_lost: int
    variants_doubled: int
    texts_doubled: int
    screenings_missing: int
    screenings_doubled: int
    publications_missing: int
    publications_doubled: int
    feed_gaps: int
    trainings_lost: int
    work_unfinished: int


@dataclass(frozen=True)
class Audit(Faults):
    """Faults, and what there was to go wrong."""

    batches: int
    variants_expected: int
    variants_written: int
    shortfall_declared: int
    edits: int
    publications: int
    training_runs: int

    @property
    def faults(self) -> dict[str, int]:
        """The faults that there are."""
        counts = {field.name: getattr(self, field.name) for field in fields(Faults)}
        return {name: count for name, count in counts.items() if count}


def audit() -> Audit:
    """Count everything. Expected variants are those requested less the shortfall that chunks declare."""
    generated = Variant.objects.filter(edited_from=None)
    requested = Batch.objects.aggregate(total=Sum("requested"))["total"] or 0
    shortfall = Chunk.objects.aggregate(total=Sum("shortfall"))["total"] or 0
    lost, doubled = _lines()
    return Audit(
        batches=Batch.objects.count(),
        variants_expected=requested - shortfall,
        variants_written=generated.count(),
        shortfall_declared=shortfall,
        edits=Decision.objects.filter(action=Action.EDIT).count(),
        publications=Publication.objects.count(),
        training_runs=TrainingRun.objects.count(),
        variants_lost=lost,
        variants_doubled=doubled,
        texts_doubled=generated.values("batch", "slot", "text_key")
        .annotate(n=Count("id"))
        .filter(n__gt=1)
        .count(),
        screenings_missing=Variant.objects.filter(screenings=None).count(),
        screenings_doubled=Variant.objects.annotate(n=Count("screenings")).filter(n__gt=1).count(),
        publications_missing=_publications_missing(),
        publications_doubled=Variant.objects.annotate(n=Count("publications")).filter(n__gt=1).count(),
        feed_gaps=sum(_feed_gaps(brand) for brand in Brand.objects.all()),
        trainings_lost=TrainingRun.objects.count()
        - Adapter.objects.values("training_run").distinct().count(),
        work_unfinished=_unfinished(),
    )


def _lines() -> tuple[int, int]:
    """Lines missing in, and lines beyond, the range that each generate chunk owes."""
    lost = doubled = 0
    for chunk in Chunk.objects.filter(kind=ChunkKind.GENERATE):
        owed = set(range(chunk.start, chunk.start + chunk.count - chunk.shortfall))
        there = Variant.objects.filter(batch=chunk.batch_id, edited_from=None)
        indexes = list(
            there.filter(index__gte=chunk.start, index__lt=chunk.start + chunk.count).values_list(
                "index", flat=True
            )
        )
        lost += len(owed - set(indexes))
        doubled += len(indexes) - len(owed & set(indexes))
    return lost, doubled


def _publications_missing() -> int:
    """Approved lines without an entry in the feed, and edited lines that passed and got stuck."""
    unpublished = Variant.objects.filter(state=State.APPROVED, publications=None).count()
    stuck = Variant.objects.filter(state=State.CLEARED).count()
    passed = Variant.objects.filter(edited_from__isnull=False, screenings__verdict="pass")
    return unpublished + stuck + passed.exclude(state__in=[State.APPROVED, State.CLEARED]).count()


def _feed_gaps(brand: Brand) -> int:
    """Sequence numbers up to the brand's counter that no entry has, and entries beyond it."""
    numbers = set(Publication.objects.filter(brand=brand).values_list("seq", flat=True))
    return len(numbers ^ set(range(1, brand.publication_seq + 1)))


def _unfinished() -> int:
    chunks = Chunk.objects.exclude(state=WorkState.DONE).count()
    runs = TrainingRun.objects.exclude(state=WorkState.DONE).count()
    return chunks + runs + Batch.objects.exclude(state=BatchState.DONE).count()


def claims_and_reruns() -> tuple[int, int]:
    """How often work was claimed, and how many of these claims took up work again."""
    claims = reruns = 0
    for model in (Chunk, TrainingRun):
        done = model._default_manager.filter(fence__gt=0)
        total = done.aggregate(claims=Sum("fence"), reruns=Sum(F("fence") - 1))
        claims, reruns = claims + (total["claims"] or 0), reruns + (total["reruns"] or 0)
    return claims, reruns
