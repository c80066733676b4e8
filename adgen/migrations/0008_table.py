from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("adgen", "0007_four_eyes")]

    operations = [
        migrations.AddIndex(
            model_name="variant",
            index=models.Index(fields=["campaign", "state", "id"], name="variant_by_campaign"),
        )
    ]
