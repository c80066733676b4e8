from __future__ import annotations

import django.db.models.deletion
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

from adgen.append_only import protect, unprotect

TABLE = "adgen_auditevent"


def forwards(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    protect(schema_editor.connection, TABLE)


def backwards(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    unprotect(schema_editor.connection, TABLE)


class Migration(migrations.Migration):
    dependencies = [('adgen', '0002_quality_and_progress')]

    operations = [
        migrations.CreateModel(
            name='AuditChain',
            fields=[
                ('key', models.PositiveBigIntegerField(help_text="The brand's; 0 for the installation.", primary_key=True, serialize=False)),
                ('sequence', models.PositiveBigIntegerField(default=0)),
                ('hash', models.CharField(blank=True, max_length=64)),
            ],
        ),
        migrations.CreateModel(
            name='AuditEvent',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('brand', models.ForeignKey(db_index=False, help_text='None for the installation.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='adgen.brand')),
                ('sequence', models.PositiveBigIntegerField(help_text='1, 2, 3, … within the chain, without gaps.')),
                ('at', models.DateTimeField()),
                ('actor', models.CharField(help_text='`user:7`, `key:<prefix>` or `system`.', max_length=60)),
                ('actor_name', models.CharField(max_length=150)),
                ('action', models.CharField(max_length=20)),
                ('subject_type', models.CharField(max_length=40)),
                ('subject_id', models.CharField(max_length=64)),
                ('details', models.JSONField(default=dict)),
                ('prev_hash', models.CharField(blank=True, max_length=64)),
                ('hash', models.CharField(max_length=64)),
            ],
            options={
                'ordering': ['brand', 'sequence'],
            },
        ),
        migrations.AddIndex(
            model_name='auditevent',
            index=models.Index(fields=['brand', 'at'], name='audit_by_time'),
        ),
        migrations.AddIndex(
            model_name='auditevent',
            index=models.Index(fields=['brand', 'action', 'sequence'], name='audit_by_action'),
        ),
        migrations.AddIndex(
            model_name='auditevent',
            index=models.Index(fields=['brand', 'actor_name', 'sequence'], name='audit_by_actor'),
        ),
        migrations.AddIndex(
            model_name='auditevent',
            index=models.Index(fields=['brand', 'subject_type', 'subject_id', 'sequence'], name='audit_by_subject'),
        ),
        migrations.AddConstraint(
            model_name='auditevent',
            constraint=models.UniqueConstraint(fields=('brand', 'sequence'), name='audit_sequence_once'),
        ),
        migrations.AddConstraint(
            model_name='auditevent',
            constraint=models.UniqueConstraint(condition=models.Q(('brand', None)), fields=('sequence',), name='audit_own_sequence_once'),
        ),
        migrations.RunPython(forwards, backwards),
    ]
