"""Clusters that a new line may belong to, and lines that have no place in one yet."""

from __future__ import annotations

from django.db.models import QuerySet

from adgen.models import Chunk, Cluster, Variant, VariantState

# What a new line is compared with: so its cost does not grow with the queue.
NEWEST = 1000


def newest_clusters(chunk: Chunk) -> QuerySet[Cluster]:
    """The newest NEWEST clusters of the chunk's brand and slot, the newest first."""
    return Cluster.objects.filter(brand=chunk.batch.brand_id, slot=chunk.slot).order_by("-id")[:NEWEST]


def unplaced(chunk: Chunk) -> QuerySet[Variant]:
    """The chunk's lines that wait for a reviewer and have no cluster; a person's wordings never have one."""
    return Variant.objects.filter(
        batch=chunk.batch_id,
        index__gte=chunk.start,
        index__lt=chunk.start + chunk.count,
        state=VariantState.PENDING,
        edited_from=None,
        cluster_line=None,
    ).order_by("index")
