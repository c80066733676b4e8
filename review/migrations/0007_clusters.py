from __future__ import annotations

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("adgen", "0006_clusters"), ("review", "0006_second_looks")]

    operations = [
        migrations.AddField(
            model_name="claim",
            name="beside",
            field=models.ForeignKey(
                help_text="The line in hand of which this one is a near-duplicate; both have the same token.",
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="adgen.variant",
            ),
        ),
        migrations.AddField(
            model_name="decision",
            name="lead",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                help_text="The first of the decisions that were made in one step, and are taken back in one.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="followers",
                to="review.decision",
            ),
        ),
        migrations.AddIndex(
            model_name="decision",
            index=models.Index(
                fields=["lead"], name="decision_by_lead", condition=models.Q(("lead__isnull", False))
            ),
        ),
    ]
