"""What the review room posts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms

from review.models import LINE_ACTIONS, MarkKind, Reason
from review.selectors.keys import BoundKey
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


class BesidesForm(forms.Form):
    """The lines that a page has in hand, by number and separated by commas."""

    besides = forms.CharField(required=False, max_length=2000)

    def clean_besides(self) -> list[int]:
        given = [part for part in self.cleaned_data["besides"].split(",") if part]
        if not all(part.isdecimal() and len(part) < 19 for part in given):
            raise forms.ValidationError("Numbers of lines, separated by commas.")
        return [int(part) for part in given]


class LineForm(forms.Form):
    """Something about one line."""

    variant = forms.IntegerField(min_value=1, max_value=2**63 - 1)


class DecisionForm(LineForm):
    """A decision on the line in hand; which fields go with which action is the service's to judge."""

    token = forms.UUIDField()
    action = forms.ChoiceField(choices=LINE_ACTIONS)
    reason = forms.ChoiceField(choices=Reason.choices, required=False)
    note = forms.CharField(required=False)
    text = forms.CharField(required=False)
    duration_ms = forms.IntegerField(min_value=0, max_value=MAX_DURATION_MS, required=False)


class MarkForm(LineForm):
    """A reviewer's word on the screen."""

    kind = forms.ChoiceField(choices=MarkKind.choices)
    rule = forms.CharField()
    note = forms.CharField(required=False)


class CommentForm(LineForm):
    """A note that stays on a line."""

    note = forms.CharField(required=False)


class KeysForm(forms.Form):
    """A key for each act."""

    def __init__(self, keys: Mapping[str, BoundKey], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, bound in keys.items():
            self.fields[name] = forms.CharField(
                label=bound.act.label, help_text=bound.act.does, required=False, initial=bound.key
            )
