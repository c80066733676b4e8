"""Pages for managers: lines that two people judged differently, and how far people agree."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.generic import View

from adgen.admin.base import person
from adgen.channels import slot_format
from adgen.errors import DomainError
from adgen.models import Role
from adgen.selectors.access import brands_of, visible
from review.models import Action, LookState, Reason, SecondLook
from review.selectors.agreement import JUDGED, Agreement, agreement, disputes, judged_by_two
from review.services.judgements import Judgement
from review.services.second_look import dispute_settle

_LISTED = 50
# Kappa's interval is the one of large samples: for fewer lines than these it says nothing.
_MANY = 10
_CHOICES = [(str(action), str(action.label)) for action in JUDGED]


class SettlementForm(forms.Form):
    """A manager's decision; which parts go together is the service's to judge."""

    action = forms.ChoiceField(choices=_CHOICES)
    reason = forms.ChoiceField(choices=Reason.choices, required=False)
    note = forms.CharField(required=False)
    text = forms.CharField(required=False)


class DisagreementsView(View):
    """One disputed line in focus, the others in a list."""

    def get(self, request: HttpRequest) -> HttpResponse:
        user = person(request)
        waiting = list(disputes(user)[: _LISTED + 1])
        asked = request.GET.get("line", "")
        look = next((each for each in waiting if str(each.pk) == asked), waiting[0] if waiting else None)
        place = waiting.index(look) if look else 0
        following = waiting[(place + 1) % len(waiting)] if len(waiting) > 1 else None
        context: dict[str, Any] = {
            **admin.site.each_context(request),
            "title": "Disagreements",
            "look": look,
            "slot": slot_format(look.variant.slot) if look else None,
            "screening": look.variant.screenings.order_by("-id").first() if look else None,
            "opinions": [(1, look.first), (2, look.second)] if look else [],
            "following": following,
            "waiting": waiting[:_LISTED],
            "more": len(waiting) > _LISTED,
            "actions": _CHOICES,
            "reasons": Reason.choices,
            "manages": brands_of(user, Role.MANAGER).exists(),
        }
        return render(request, "review/disagreements.html", context)


class SettleView(View):
    """A manager's decision about one of them."""

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        user = person(request)
        rows = SecondLook.objects.exclude(state__in=[LookState.OPEN, LookState.AGREED])
        look = get_object_or_404(visible(rows.select_related("variant__brand", "brand"), user), pk=pk)
        if not brands_of(user, Role.MANAGER).contains(look.brand):
            raise PermissionDenied
        back = reverse("review:disagreements")
        form = SettlementForm(request.POST)
        if not form.is_valid():
            messages.error(request, "Say what becomes of the line: approve, edit or reject it.")
            return HttpResponseRedirect(f"{back}?line={pk}")
        given = form.cleaned_data
        try:
            decision = dispute_settle(
                manager=user, look=look, given=Judgement(**given | {"action": Action(given["action"])})
            )
        except DomainError as refusal:
            mends = "; ".join(mend for mends in refusal.fields.values() for mend in mends)
            messages.error(request, f"{refusal.detail} ({mends})" if mends else refusal.detail)
            return HttpResponseRedirect(f"{back}?line={pk}")
        messages.success(request, f"{decision.get_action_display().capitalize()}: “{decision.variant}”.")
        return HttpResponseRedirect(back)


@dataclass(frozen=True)
class Row:
    """An agreement as the page writes it, and the address of the lines behind it."""

    name: str
    lines: int
    same: str
    kappa: str
    interval: str
    url: str


class AgreementView(View):
    """Cohen's kappa by brand and by pair, with the lines that both judged."""

    def get(self, request: HttpRequest) -> HttpResponse:
        user = person(request)
        managed = brands_of(user, Role.MANAGER)
        slug = request.GET.get("brand", "")
        brand = get_object_or_404(managed, slug=slug) if slug else None
        looks = judged_by_two(managed.filter(pk=brand.pk) if brand else managed)
        for field, value in self._filters(request).items():
            looks = looks.filter(**{field: value})
        shown = list(looks[: _LISTED + 1])
        context: dict[str, Any] = {
            **admin.site.each_context(request),
            "title": "Agreement",
            "is_fullwidth": "1",
            "brand": brand,
            "brands": list(managed),
            "groups": [self._group(each) for each in agreement(user, brand)],
            "looks": shown[:_LISTED],
            "older": f"{self._query(request)}&before={shown[_LISTED - 1].pk}" if len(shown) > _LISTED else "",
            "narrowed": self._query(request),
        }
        return render(request, "review/agreement.html", context)

    def _filters(self, request: HttpRequest) -> dict[str, Any]:
        """What the address narrows the lines down to; what makes no sense narrows nothing."""
        found: dict[str, Any] = {}
        people = [part for part in request.GET.get("between", "").split("-") if part.isdecimal()]
        if len(people) == 2:
            found = {"first_reviewer__in": people, "second_reviewer__in": people}
        for name, field in (("said", "first__action"), ("answered", "second__action")):
            if request.GET.get(name, "") in Action.values:
                found[field] = request.GET[name]
        if request.GET.get("before", "").isdecimal():
            found["pk__lt"] = request.GET["before"]
        return found

    def _query(self, request: HttpRequest) -> str:
        kept = ("brand", "between", "said", "answered")
        return urlencode({name: request.GET[name] for name in kept if request.GET.get(name)})

    def _group(self, found: Any) -> dict[str, Any]:
        here = {"brand": found.brand.slug}
        return {
            "brand": found.brand,
            "rows": [
                _row("everybody", found.total, here),
                *(
                    _row(f"{one} and {other}", both, here | {"between": f"{one.pk}-{other.pk}"})
                    for one, other, both in found.by_pair
                ),
            ],
            "actions": _CHOICES,
            "cells": [
                (
                    label,
                    [
                        (
                            found.total.pairs[said, answered],
                            urlencode(here | {"said": said, "answered": answered}),
                        )
                        for answered in JUDGED
                    ],
                )
                for said, label in _CHOICES
            ],
        }


def _row(name: str, both: Agreement, query: dict[str, str]) -> Row:
    found = both.kappa
    return Row(
        name=name,
        lines=both.lines,
        same=f"{both.same / both.lines:.0%}",
        kappa=f"{found.value:.2f}" if found else "–",
        interval=f"{found.low:.2f} to {found.high:.2f}" if found and both.lines >= _MANY else "too few lines",
        url=urlencode(query),
    )
