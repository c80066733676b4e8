"""Lines that are so much alike that a person decides on them together."""

from __future__ import annotations

from django.db import models

from adgen.models.brands import Brand
from adgen.models.variants import Variant


class Cluster(models.Model):
    """Lines of one brand and slot that are near-duplicates of its first line, whose `text` this is."""

    # Its index is `cluster_newest`.
    brand = models.ForeignKey(Brand, on_delete=models.CASCADE, related_name="+", db_index=False)
    slot = models.CharField(max_length=60)
    text = models.CharField(max_length=1000)
    vector = models.BinaryField(help_text="The text's sentence embedding, as float16.")

    class Meta:
        ordering = ["id"]
        indexes = [models.Index(fields=["brand", "slot", "-id"], name="cluster_newest")]

    def __str__(self) -> str:
        return self.text


class ClusterLine(models.Model):
    """A line's place in its cluster. A line that a person reworded has none: it is read by itself."""

    variant = models.OneToOneField(
        Variant, primary_key=True, on_delete=models.CASCADE, related_name="cluster_line"
    )
    cluster = models.ForeignKey(Cluster, on_delete=models.CASCADE, related_name="lines")

    def __str__(self) -> str:
        return f"variant {self.variant_id} in cluster {self.cluster_id}"
