"""Pages of blind comparisons: two lines side by side for reviewers, trials for managers."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.generic import View

from adgen.admin.base import person
from adgen.channels import slot_format
from adgen.errors import DomainError
from adgen.models import Adapter, Brief, Role
from adgen.selectors.access import brands_of, visible
from review.models import Choice, Comparison, Trial
from review.selectors.comparisons import chosen_by
from review.services.comparisons import comparison_choose, comparison_next, trial_close, trial_open

# The key, how it is written, the choice, and what its button says.
_CHOICES = (
    ("ArrowLeft", "←", Choice.LEFT, "Left is better"),
    ("ArrowRight", "→", Choice.RIGHT, "Right is better"),
    ("e", "e", Choice.EQUAL, "Both equal"),
    ("n", "n", Choice.NEITHER, "Neither is good"),
)


class ChoiceForm(forms.Form):
    choice = forms.ChoiceField(choices=Choice.choices)


class CompareView(View):
    """The next pair. Nothing on the page says who wrote which."""

    def get(self, request: HttpRequest) -> HttpResponse:
        user = person(request)
        brands = brands_of(user, Role.REVIEWER)
        tried = brands.filter(trials__is_open=True)
        slug = request.GET.get("brand", "")
        brand = get_object_or_404(brands, slug=slug) if slug else tried.first()
        pair = comparison_next(reviewer=user, brand=brand) if brand else None
        context: dict[str, Any] = {
            **admin.site.each_context(request),
            "title": "Which is better?",
            "brand": brand,
            "brands": list(tried),
            "pair": pair,
            "brief": pair.challenger_line.batch.brief if pair else None,
            "slot": slot_format(pair.challenger_line.slot) if pair else None,
            "choices": _CHOICES,
            "done": chosen_by(user, brand) if brand else 0,
        }
        return render(request, "review/compare.html", context)


class ChooseView(View):
    """One choice, then the next pair."""

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        user = person(request)
        rows = visible(Comparison.objects.select_related("brand"), user)
        comparison = get_object_or_404(rows, pk=pk)
        if not brands_of(user, Role.REVIEWER).contains(comparison.brand):
            raise PermissionDenied
        form = ChoiceForm(request.POST)
        try:
            if form.is_valid():
                choice = Choice(form.cleaned_data["choice"])
                comparison_choose(reviewer=user, comparison=comparison, choice=choice)
            else:
                messages.error(request, "Choose one of the four; nothing was saved.")
        except DomainError as refusal:
            messages.error(request, refusal.detail)
        return HttpResponseRedirect(f"{reverse('review:compare')}?brand={comparison.brand.slug}")


class TrialForm(forms.Form):
    """`rival` and `brief` are numbers, or empty for the base model alone and for no new lines."""

    rival = forms.IntegerField(min_value=1, max_value=2**63 - 1, required=False)
    brief = forms.IntegerField(min_value=1, max_value=2**63 - 1, required=False)


class TrialOpenView(View):
    """Ask for a blind comparison of an adapter, from its page."""

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        user = person(request)
        adapter = get_object_or_404(visible(Adapter.objects.select_related("brand"), user), pk=pk)
        if not brands_of(user, Role.MANAGER).contains(adapter.brand):
            raise PermissionDenied
        form = TrialForm(request.POST)
        if not form.is_valid():
            raise Http404
        try:
            trial_open(
                manager=user,
                challenger=adapter,
                rival=self._row(Adapter, adapter, form.cleaned_data["rival"]),
                brief=self._row(Brief, adapter, form.cleaned_data["brief"]),
            )
            messages.success(request, "The trial is open: reviewers find it under “Compare”.")
        except DomainError as refusal:
            messages.error(request, refusal.detail)
        return HttpResponseRedirect(reverse("admin:adgen_adapter_change", args=[pk]))

    def _row(self, model: type[Any], adapter: Adapter, pk: int | None) -> Any:
        rows = model.objects.filter(brand=adapter.brand)
        return get_object_or_404(rows, pk=pk) if pk else None


class TrialCloseView(View):
    """End a trial."""

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        user = person(request)
        rows = Trial.objects.select_related("brand", "challenger", "rival")
        trial = get_object_or_404(visible(rows, user), pk=pk)
        if not brands_of(user, Role.MANAGER).contains(trial.brand):
            raise PermissionDenied
        try:
            trial_close(manager=user, trial=trial)
            messages.success(request, "The trial is closed; what was chosen stays.")
        except DomainError as refusal:
            messages.error(request, refusal.detail)
        return HttpResponseRedirect(reverse("admin:adgen_adapter_change", args=[trial.challenger_id]))
