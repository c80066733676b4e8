from __future__ import annotations

from datetime import date

import django.db.models.deletion
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps
from django.db.models import Exists, F, OuterRef, Q, Subquery, Value
from django.db.models.functions import Coalesce

ORDER = ["flagged", "due", "turn", "id"]
QUEUED = Q(state="pending")


def place(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Give the lines that are there already their place in the queue."""
    Variant, Brief = apps.get_model("adgen", "Variant"), apps.get_model("adgen", "Brief")
    Campaign, Screening = apps.get_model("adgen", "Campaign"), apps.get_model("adgen", "Screening")
    brief = Brief.objects.filter(batches=OuterRef("batch"))
    Variant.objects.update(campaign=Subquery(brief.values("campaign")[:1]), turn=F("index"))
    deadline = Campaign.objects.filter(pk=OuterRef("campaign")).values("deadline")
    latest = Screening.objects.filter(variant=OuterRef("variant")).order_by("-id").values("pk")[:1]
    marked = Screening.objects.filter(variant=OuterRef("pk"), verdict="flag", pk=Subquery(latest))
    Variant.objects.filter(state="pending").update(
        due=Coalesce(Subquery(deadline), Value(date.max)), flagged=Exists(marked)
    )


class Migration(migrations.Migration):
    dependencies = [("adgen", "0004_screens")]
    operations = [
        migrations.RemoveIndex(model_name="variant", name="variant_queue"),
        migrations.AddField(
            model_name="batch",
            name="turn",
            field=models.IntegerField(default=0, help_text="The turn of its first line in the queue."),
        ),
        migrations.AddField(
            model_name="campaign",
            name="deadline_moved",
            field=models.BooleanField(
                default=False,
                editable=False,
                help_text="Lines in the queue have the former deadline still.",
            ),
        ),
        migrations.AlterField(
            model_name="campaign",
            name="deadline",
            field=models.DateField(
                blank=True, help_text="Lines of the earliest deadline are reviewed first.", null=True
            ),
        ),
        migrations.AddField(
            model_name="variant",
            name="campaign",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="variants",
                to="adgen.campaign",
            ),
        ),
        migrations.AddField(
            model_name="variant",
            name="due",
            field=models.DateField(default=date.max, help_text="The campaign's deadline, if it has one."),
        ),
        migrations.AddField(
            model_name="variant",
            name="flagged",
            field=models.BooleanField(default=False, help_text="The screen marked it."),
        ),
        migrations.AddField(
            model_name="variant",
            name="turn",
            field=models.IntegerField(default=0, help_text="Batches take turns in the queue."),
        ),
        migrations.RunPython(place, migrations.RunPython.noop),
        migrations.AlterField(
            model_name="variant",
            name="campaign",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="variants",
                to="adgen.campaign",
            ),
        ),
        *(
            migrations.AddIndex(
                model_name="variant", index=models.Index(fields=fields, name=name, condition=QUEUED)
            )
            for name, fields in (
                ("variant_queue", ["brand", *ORDER]),
                ("variant_queue_slot", ["brand", "slot", *ORDER]),
                ("variant_queue_adapter", ["brand", "adapter", *ORDER]),
                ("variant_queue_campaign", ["campaign", "slot", *ORDER]),
            )
        ),
    ]
