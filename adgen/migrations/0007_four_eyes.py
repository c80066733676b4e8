from __future__ import annotations

import django.core.validators
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('adgen', '0006_clusters'),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='variant',
            name='variant_state_known',
        ),
        migrations.AddField(
            model_name='brand',
            name='four_eyes',
            field=models.CharField(choices=[('no', 'none'), ('flagged', 'lines that the screen marked'), ('all', 'all lines')], default='no', help_text='Lines that two people judge, each without knowing what the other says.', max_length=7),
        ),
        migrations.AddField(
            model_name='brand',
            name='gold_percent',
            field=models.PositiveSmallIntegerField(default=3, help_text='Of a hundred lines that a reviewer gets, how many have a known answer; 2 to 5 as a rule, 0 for none.', validators=[django.core.validators.MaxValueValidator(20)]),
        ),
        migrations.AlterField(
            model_name='variant',
            name='state',
            field=models.CharField(choices=[('unscreened', 'waiting for its screening'), ('pending', 'in the review queue'), ('disputed', 'judged differently by two people'), ('cleared', 'edited, passed the screen, about to be published'), ('blocked', 'blocked by the screen'), ('approved', 'approved'), ('rejected', 'rejected'), ('edited', 'replaced by an edited line'), ('withdrawn', 'an edit that was taken back')], default='unscreened', max_length=10),
        ),
        migrations.AddConstraint(
            model_name='brand',
            constraint=models.CheckConstraint(condition=models.Q(('four_eyes__in', ['all', 'flagged', 'no'])), name='brand_four_eyes_known'),
        ),
        migrations.AddConstraint(
            model_name='variant',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['approved', 'blocked', 'cleared', 'disputed', 'edited', 'pending', 'rejected', 'unscreened', 'withdrawn'])), name='variant_state_known'),
        ),
    ]
