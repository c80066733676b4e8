"""What the review room posts."""

from __future__ import annotations

from django import forms

from review.models import LINE_ACTIONS, Reason
from review.services.decisions import MAX_DURATION_MS


class FilterForm(forms.Form):
    """Which part of the queue the room looks at, as its address says."""

    brand = forms.CharField(required=False)
    campaign = forms.IntegerField(required=False, max_value=2**63 - 1)
    channel = forms.CharField(required=False)
    slot = forms.CharField(required=False)
    verdict = forms.CharField(required=False)
    language = forms.CharField(required=False)
    adapter = forms.CharField(required=False)


class ClaimForm(forms.Form):
    """The line in hand."""

    variant = forms.IntegerField(min_value=1, max_value=2**63 - 1)
    token = forms.UUIDField()


class DecisionForm(ClaimForm):
    """A decision on it; which fields go with which action is the service's to judge."""

    action = forms.ChoiceField(choices=LINE_ACTIONS)
    reason = forms.ChoiceField(choices=Reason.choices, required=False)
    note = forms.CharField(required=False)
    text = forms.CharField(required=False)
    duration_ms = forms.IntegerField(min_value=0, max_value=MAX_DURATION_MS, required=False)
