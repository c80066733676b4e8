"""Claims remember with which screening their line was handed out."""

from __future__ import annotations

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("adgen", "0008_table"),
        ("review", "0007_clusters"),
    ]

    operations = [
        migrations.AddField(
            model_name="claim",
            name="seen",
            field=models.ForeignKey(
                db_index=False,
                help_text="The latest screening when the line was last handed out.",
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to="adgen.screening",
            ),
        ),
    ]
