"""Storing which lines are much alike."""

from __future__ import annotations

from collections.abc import Sequence

from adgen.models import Chunk, Cluster, ClusterLine, Variant
from adgen.services.batches import settling
from adgen.services.work import Lease, lease_finish


def clusters_write(*, lease: Lease, chunk: Chunk, placed: Sequence[tuple[Variant, Cluster]]) -> None:
    """Put each line into its cluster, which may be new, and finish the chunk: all in one transaction.

    Two workers that do this for one brand and slot at the same moment do not see each other's new clusters:
    lines that are alike are in two then, and a person decides on each.
    """
    with settling(chunk.batch_id):
        lease_finish(lease)
        for _, cluster in placed:
            if cluster.pk is None:
                cluster.save(force_insert=True)
        ClusterLine.objects.bulk_create(
            ClusterLine(variant=variant, cluster=cluster) for variant, cluster in placed
        )
