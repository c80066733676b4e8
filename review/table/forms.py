"""What the table's address says, and what the table posts."""

from __future__ import annotations

from typing import Any

from django import forms

from adgen.models import VariantState
from review.forms import FilterForm
from review.models import Action, Reason

SIZES = (50, 100, 500)


class TableForm(FilterForm):
    """What the table shows, as its address says."""

    state = forms.ChoiceField(choices=VariantState.choices, required=False)
    words = forms.CharField(required=False, max_length=100)
    rows = forms.ChoiceField(choices=[(str(size), size) for size in SIZES], required=False)
    after = forms.IntegerField(required=False, min_value=0, max_value=2**63 - 1)
    before = forms.IntegerField(required=False, min_value=0, max_value=2**63 - 1)

    @property
    def fault(self) -> str:
        """What is asked for and would cost too much."""
        searches = self.cleaned_data["words"] and not self.cleaned_data["campaign"]
        return "Choose a campaign to search its lines for words." if searches else ""


class TableDecisionForm(forms.Form):
    """Lines chosen in the table, each as `number:screening`, and what is decided about them."""

    action = forms.ChoiceField(
        choices=[(action.value, action.label) for action in (Action.APPROVE, Action.REJECT)]
    )
    reason = forms.ChoiceField(choices=Reason.choices, required=False)
    note = forms.CharField(required=False)
    lead = forms.IntegerField(required=False, min_value=1, max_value=2**63 - 1)

    def clean(self) -> dict[str, Any]:
        pairs = [line.partition(":")[::2] for line in self.data.getlist("line")]  # type: ignore[attr-defined]
        if not all(part.isdecimal() and len(part) < 19 for pair in pairs for part in pair):
            raise forms.ValidationError("Lines go as number:screening.")
        self.cleaned_data["seen"] = {int(line): int(screening) for line, screening in pairs}
        return self.cleaned_data

    def given(self) -> dict[str, Any]:
        """What was sent, as `bulk_decide` takes it; a reason counts for a rejection alone."""
        action = Action(self.cleaned_data["action"])
        reason = self.cleaned_data["reason"] if action == Action.REJECT else ""
        return {**self.cleaned_data, "action": action, "reason": reason}

    def told(self) -> str:
        """What is wrong, in one line."""
        faults = self.errors.get_json_data()
        return "; ".join(fault["message"] for name in faults for fault in faults[name])
