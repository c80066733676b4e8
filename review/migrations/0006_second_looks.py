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
        ('adgen', '0007_four_eyes'),
        ('review', '0005_comments_and_keys'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Comparison',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('challenger_left', models.BooleanField()),
                ('shown_at', models.DateTimeField()),
                ('choice', models.CharField(blank=True, choices=[('left', 'the left one'), ('right', 'the right one'), ('equal', 'both are equally good'), ('neither', 'neither is good')], max_length=7)),
                ('chosen_at', models.DateTimeField(null=True)),
            ],
            options={
                'ordering': ['id'],
            },
        ),
        migrations.CreateModel(
            name='GoldItem',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('answer', models.CharField(choices=[('approve', 'approve'), ('reject', 'reject')], max_length=7)),
                ('active', models.BooleanField(default=True, help_text='Shown to reviewers from time to time.')),
                ('created_at', models.DateTimeField(auto_now_add=True)),
            ],
            options={
                'ordering': ['-id'],
            },
        ),
        migrations.CreateModel(
            name='GoldShowing',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('shown_at', models.DateTimeField()),
                ('right', models.BooleanField(null=True)),
            ],
            options={
                'ordering': ['id'],
            },
        ),
        migrations.CreateModel(
            name='SecondLook',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('state', models.CharField(choices=[('open', 'waits for the second look'), ('agreed', 'both said the same'), ('disputed', 'waits for a manager'), ('settled', 'a manager has decided')], default='open', max_length=8)),
            ],
            options={
                'ordering': ['id'],
            },
        ),
        migrations.CreateModel(
            name='Trial',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('is_open', models.BooleanField(default=True)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
            ],
            options={
                'ordering': ['-id'],
            },
        ),
        # SQLite makes the table anew for these, and its triggers would be gone.
        migrations.RunPython(unprotected, protected),
        migrations.RemoveConstraint(
            model_name='decision',
            name='decision_edit_has_text',
        ),
        migrations.AddField(
            model_name='decision',
            name='kind',
            field=models.CharField(choices=[('effective', 'takes effect'), ('opinion', 'one of two opinions'), ('gold', 'an answer to a gold item')], default='effective', max_length=9),
        ),
        migrations.AddField(
            model_name='decision',
            name='wording',
            field=models.CharField(blank=True, help_text='The text of an edit that has not taken effect.', max_length=1000),
        ),
        migrations.AddConstraint(
            model_name='decision',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['effective', 'gold', 'opinion'])), name='decision_kind_known'),
        ),
        migrations.AddConstraint(
            model_name='decision',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('action', 'edit'), ('edited_variant__isnull', False), ('kind', 'effective'), ('wording', '')), models.Q(('action', 'edit'), ('edited_variant__isnull', True), models.Q(('kind', 'effective'), _negated=True), models.Q(('wording', ''), _negated=True)), models.Q(models.Q(('action', 'edit'), _negated=True), ('edited_variant__isnull', True), ('wording', '')), _connector='OR'), name='decision_edit_has_text'),
        ),
        migrations.RunPython(protected, unprotected),
        migrations.AddField(
            model_name='comparison',
            name='brand',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='adgen.brand'),
        ),
        migrations.AddField(
            model_name='comparison',
            name='challenger_line',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='adgen.variant'),
        ),
        migrations.AddField(
            model_name='comparison',
            name='reviewer',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='comparison',
            name='rival_line',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='adgen.variant'),
        ),
        migrations.AddField(
            model_name='golditem',
            name='brand',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='gold_items', to='adgen.brand'),
        ),
        migrations.AddField(
            model_name='golditem',
            name='marked_by',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='golditem',
            name='variant',
            field=models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='gold', to='adgen.variant'),
        ),
        migrations.AddField(
            model_name='goldshowing',
            name='brand',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='adgen.brand'),
        ),
        migrations.AddField(
            model_name='goldshowing',
            name='decision',
            field=models.OneToOneField(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='showing', to='review.decision'),
        ),
        migrations.AddField(
            model_name='goldshowing',
            name='item',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='showings', to='review.golditem'),
        ),
        migrations.AddField(
            model_name='goldshowing',
            name='reviewer',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='secondlook',
            name='brand',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='adgen.brand'),
        ),
        migrations.AddField(
            model_name='secondlook',
            name='ending',
            field=models.OneToOneField(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='ends', to='review.decision'),
        ),
        migrations.AddField(
            model_name='secondlook',
            name='first',
            field=models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='first_of', to='review.decision'),
        ),
        migrations.AddField(
            model_name='secondlook',
            name='first_reviewer',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='secondlook',
            name='second',
            field=models.OneToOneField(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='second_of', to='review.decision'),
        ),
        migrations.AddField(
            model_name='secondlook',
            name='second_reviewer',
            field=models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='secondlook',
            name='variant',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='looks', to='adgen.variant'),
        ),
        migrations.AddField(
            model_name='trial',
            name='brand',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='trials', to='adgen.brand'),
        ),
        migrations.AddField(
            model_name='trial',
            name='challenger',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='trials', to='adgen.adapter'),
        ),
        migrations.AddField(
            model_name='trial',
            name='opened_by',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='trial',
            name='rival',
            field=models.ForeignKey(blank=True, help_text='None is the base model alone.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='adgen.adapter'),
        ),
        migrations.AddField(
            model_name='comparison',
            name='trial',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='comparisons', to='review.trial'),
        ),
        migrations.AddConstraint(
            model_name='golditem',
            constraint=models.CheckConstraint(condition=models.Q(('answer__in', ['approve', 'reject'])), name='gold_answer_known'),
        ),
        migrations.AddIndex(
            model_name='goldshowing',
            index=models.Index(fields=['item', 'reviewer', 'shown_at'], name='showing_by_person'),
        ),
        migrations.AddIndex(
            model_name='goldshowing',
            index=models.Index(fields=['brand', 'shown_at'], name='showing_by_time'),
        ),
        migrations.AddConstraint(
            model_name='goldshowing',
            constraint=models.UniqueConstraint(condition=models.Q(('decision', None)), fields=('item', 'reviewer'), name='showing_one_open'),
        ),
        migrations.AddConstraint(
            model_name='goldshowing',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('decision', None), ('right', None)), models.Q(('decision__isnull', False), ('right__isnull', False)), _connector='OR'), name='showing_judged_if_answered'),
        ),
        migrations.AddIndex(
            model_name='secondlook',
            index=models.Index(condition=models.Q(('state', 'open')), fields=['first_reviewer', 'variant'], name='look_open'),
        ),
        migrations.AddIndex(
            model_name='secondlook',
            index=models.Index(fields=['brand', 'state', 'id'], name='look_by_state'),
        ),
        migrations.AddConstraint(
            model_name='secondlook',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['agreed', 'disputed', 'open', 'settled'])), name='look_state_known'),
        ),
        migrations.AddConstraint(
            model_name='secondlook',
            constraint=models.UniqueConstraint(condition=models.Q(('state__in', ['open', 'disputed'])), fields=('variant',), name='look_one_under_way'),
        ),
        migrations.AddConstraint(
            model_name='secondlook',
            constraint=models.CheckConstraint(condition=models.Q(('second_reviewer', None), models.Q(('second_reviewer', models.F('first_reviewer')), _negated=True), _connector='OR'), name='look_by_two_people'),
        ),
        migrations.AddConstraint(
            model_name='secondlook',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('ending', None), ('second', None), ('state', 'open')), models.Q(('ending', None), ('second__isnull', False), ('state', 'disputed')), models.Q(('ending__isnull', False), ('second__isnull', False), ('state__in', ['agreed', 'settled'])), _connector='OR'), name='look_ends_by_a_decision'),
        ),
        migrations.AddConstraint(
            model_name='trial',
            constraint=models.UniqueConstraint(condition=models.Q(('is_open', True)), fields=('brand',), name='trial_one_open_per_brand'),
        ),
        migrations.AddConstraint(
            model_name='trial',
            constraint=models.CheckConstraint(condition=models.Q(('rival', None), models.Q(('rival', models.F('challenger')), _negated=True), _connector='OR'), name='trial_of_two_adapters'),
        ),
        migrations.AddConstraint(
            model_name='comparison',
            constraint=models.CheckConstraint(condition=models.Q(('choice__in', ['', 'equal', 'left', 'neither', 'right'])), name='comparison_choice_known'),
        ),
        migrations.AddConstraint(
            model_name='comparison',
            constraint=models.UniqueConstraint(fields=('trial', 'challenger_line'), name='comparison_challenger_once'),
        ),
        migrations.AddConstraint(
            model_name='comparison',
            constraint=models.UniqueConstraint(fields=('trial', 'rival_line'), name='comparison_rival_once'),
        ),
        migrations.AddConstraint(
            model_name='comparison',
            constraint=models.UniqueConstraint(condition=models.Q(('choice', '')), fields=('trial', 'reviewer'), name='comparison_one_in_hand'),
        ),
    ]
