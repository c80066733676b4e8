from __future__ import annotations

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

from adgen.append_only import protect, unprotect

TABLE = "review_decision"


def unprotected(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    unprotect(schema_editor.connection, TABLE)


def protected(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    protect(schema_editor.connection, TABLE)


class Migration(migrations.Migration):

    dependencies = [
        ('adgen', '0004_screens'),
        ('review', '0003_screen_marks'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='DecisionDay',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('day', models.DateField()),
                ('by_hand', models.BooleanField(help_text="The lines were a person's wording, not the adapter's.")),
                ('approve', models.PositiveIntegerField()),
                ('edit', models.PositiveIntegerField()),
                ('reject', models.PositiveIntegerField()),
                ('skip', models.PositiveIntegerField()),
                ('flagged', models.PositiveIntegerField(help_text='Judged lines that the screen had marked.')),
                ('timed', models.PositiveIntegerField(help_text='Decisions that took a known time, and no pause.')),
                ('took_ms', models.PositiveBigIntegerField(help_text='The sum of those times.')),
                ('measured', models.PositiveIntegerField(help_text='Edits whose distance is known.')),
                ('distance', models.FloatField(help_text='The sum of those distances.')),
            ],
            options={
                'ordering': ['brand', 'day'],
            },
        ),
        migrations.CreateModel(
            name='RejectionDay',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('day', models.DateField()),
                ('reason', models.CharField(choices=[('off_brand', 'off-brand'), ('false_claim', 'false claim'), ('toxic', 'toxic'), ('biased', 'biased'), ('dull', 'dull'), ('duplicate', 'duplicate'), ('wrong_cta', 'wrong call to action'), ('policy', 'against policy'), ('other', 'other')], max_length=12)),
                ('count', models.PositiveIntegerField()),
            ],
            options={
                'ordering': ['brand', 'day'],
            },
        ),
        migrations.CreateModel(
            name='Tally',
            fields=[
                ('brand', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='tally', serialize=False, to='adgen.brand')),
                ('counted_at', models.DateTimeField(blank=True, null=True)),
                ('waiting', models.PositiveIntegerField(default=0)),
                ('oldest_at', models.DateTimeField(blank=True, null=True)),
                ('median_at', models.DateTimeField(blank=True, null=True)),
            ],
        ),
        migrations.AddField(
            model_name='decision',
            name='edit_distance',
            field=models.FloatField(blank=True, help_text='How much of the line an edit changed, 0 to 1 (Levenshtein).', null=True),
        ),
        # SQLite makes the table anew for this, and its triggers would be gone.
        migrations.RunPython(unprotected, protected),
        migrations.AlterField(
            model_name='decision',
            name='brand',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='decisions', to='adgen.brand'),
        ),
        migrations.RunPython(protected, unprotected),
        migrations.AddIndex(
            model_name='decision',
            index=models.Index(fields=['brand', 'created_at'], name='decision_by_time'),
        ),
        migrations.AddField(
            model_name='decisionday',
            name='adapter',
            field=models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='adgen.adapter'),
        ),
        migrations.AddField(
            model_name='decisionday',
            name='brand',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='adgen.brand'),
        ),
        migrations.AddField(
            model_name='decisionday',
            name='reviewer',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='rejectionday',
            name='brand',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='adgen.brand'),
        ),
        migrations.AddField(
            model_name='rejectionday',
            name='reviewer',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddIndex(
            model_name='decisionday',
            index=models.Index(fields=['brand', 'day'], name='decisionday_by_day'),
        ),
        migrations.AddIndex(
            model_name='rejectionday',
            index=models.Index(fields=['brand', 'day'], name='rejectionday_by_day'),
        ),
    ]
