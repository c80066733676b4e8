"""What the review room posts."""

from __future__ import annotations

from django import forms

from review.models import Action, Reason


class ClaimForm(forms.Form):
    """The line in hand."""

    variant = forms.IntegerField(min_value=1)
    token = forms.UUIDField()


class DecisionForm(ClaimForm):
    """A decision on it; which fields go with which action is the service's to judge."""

    action = forms.ChoiceField(choices=[choice for choice in Action.choices if choice[0] != Action.UNDO])
    reason = forms.ChoiceField(choices=Reason.choices, required=False)
    note = forms.CharField(required=False)
    text = forms.CharField(required=False)
    duration_ms = forms.IntegerField(min_value=0, max_value=24 * 60 * 60 * 1000, required=False)
