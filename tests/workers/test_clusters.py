"""Which lines share a cluster, and that a worker is asked to find them once they are screened."""

from __future__ import annotations

import pytest

from adgen.models import Batch, Brand, Brief, Chunk, ChunkKind, Cluster, ClusterLine, VariantState, WorkState
from adgen.services.batches import chunk_screened
from tests.factories import BatchFactory, ChunkFactory, screened_variant
from tests.work import claim, expire
from workers.tasks import cluster_task

pytestmark = pytest.mark.django_db


def clustered(batch: Batch, *texts: str, slot: str = "google_rsa.headline") -> list[int]:
    """Put these lines into the queue as `batch` and have a worker look at them: the cluster of each."""
    start = batch.variants.count()
    for index, text in enumerate(texts, start):
        screened_variant(batch=batch, index=index, text=text, slot=slot)
    run(ChunkFactory.create(batch=batch, kind=ChunkKind.CLUSTER, slot=slot, start=start, count=len(texts)))
    return list(
        ClusterLine.objects.filter(variant__batch=batch, variant__index__gte=start)
        .order_by("variant__index")
        .values_list("cluster", flat=True)
    )


def run(chunk: Chunk) -> None:
    cluster_task.apply(args=(chunk.pk,))
    chunk.refresh_from_db()
    assert (chunk.state, chunk.error) == (WorkState.DONE, "")


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        ("Skip any month", "SKIP: any  month?", True),
        ("Need espresso subscription?", "Fancy espresso subscription?", True),
        ("Skip any month? You bet", "Skip any month. Fancy that.", True),
        ("Roasted on Mondays", "Free delivery to Bergen", False),
        ("First bag at 20% off", "First bag at 30% off", False),
        ("Kaffee frisch geröstet", "Kaffee frisch geliefert", False),
    ],
)
def test_lines_are_alike_in_words_or_meaning_and_have_the_same_numbers(
    batch: Batch, one: str, other: str, alike: bool
) -> None:
    first, second = clustered(batch, one, other)
    assert (first == second) is alike


def test_only_english_is_compared_by_meaning(batch: Batch, brand: Brand) -> None:
    Brand.objects.update(language="de")
    first, second, third = clustered(
        batch, "Skip any month? You bet", "Skip any month. Fancy that.", "Skip any month, you bet"
    )
    assert first == third != second


def test_later_batches_join_the_clusters_of_their_brand_and_slot(brief: Brief, batch: Batch) -> None:
    (first,) = clustered(batch, "Skip any month? You bet")
    later = BatchFactory.create(brief=brief)
    assert clustered(later, "Skip any month. Fancy that.") == [first]
    assert clustered(later, "Skip any month? You bet", slot="meta.headline") != [first]
    assert clustered(BatchFactory.create(), "Skip any month? You bet") != [first]


def test_a_chain_of_small_steps_joins_nothing_that_is_unlike(batch: Batch) -> None:
    Brand.objects.update(language="de")
    slot = "google_rsa.description"
    steps = ["Kaffee {} zum Abholen früh", "Kaffee {} zum Abholen spät", "Kuchen {} zum Abholen spät"]
    first, second, third = clustered(batch, *(step.format("guter jeden Montag") for step in steps), slot=slot)
    assert first == second != third


def test_blocked_lines_and_a_persons_wordings_are_in_no_cluster(batch: Batch) -> None:
    line = screened_variant(batch=batch, index=0, text="Skip any month")
    screened_variant(batch=batch, index=1, text="Skip any month!", edited_from=line)
    screened_variant(batch=batch, index=2, text="Skip any month.x", state=VariantState.BLOCKED)
    run(ChunkFactory.create(batch=batch, kind=ChunkKind.CLUSTER, start=0, count=3))
    assert [row.variant for row in ClusterLine.objects.all()] == [line]


def test_screened_lines_are_looked_at_and_the_batch_does_not_wait_for_it(brief: Brief) -> None:
    batch = BatchFactory.create(brief=brief, requested=1)
    screened_variant(batch=batch, index=0)
    chunk = ChunkFactory.create(batch=batch, kind=ChunkKind.SCREEN, start=0, count=1)
    chunk_screened(lease=claim(chunk), chunk=chunk)
    batch.refresh_from_db()
    assert batch.state == "done"
    wanted = Chunk.objects.get(kind=ChunkKind.CLUSTER)
    assert (wanted.state, wanted.start, wanted.count) == (WorkState.QUEUED, 0, 1)
    run(wanted)
    assert ClusterLine.objects.count() == 1


def test_a_chunk_that_is_run_again_places_no_line_twice(batch: Batch) -> None:
    clustered(batch, "Skip any month")
    chunk = Chunk.objects.get(kind=ChunkKind.CLUSTER)
    Chunk.objects.filter(pk=chunk.pk).update(state=WorkState.RUNNING)
    expire(chunk)
    run(chunk)
    assert (Cluster.objects.count(), ClusterLine.objects.count()) == (1, 1)
