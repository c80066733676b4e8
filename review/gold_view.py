"""The page that says how closely people look, and which lines tell that."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.generic import View

from adgen.admin.base import person
from adgen.errors import DomainError
from adgen.models import Brand, Role, Variant
from adgen.selectors.access import brands_of, visible
from review.models import GoldItem
from review.selectors.attention import WEEKS, Answers, attention, supply
from review.selectors.gold import candidates
from review.services.gold import gold_mark, gold_remove
from review.wording import between, percent

_LISTED = 50


class LineForm(forms.Form):
    variant = forms.IntegerField(min_value=1, max_value=2**63 - 1)


class AttentionView(View):
    """For managers, one of their brands at a time."""

    def get(self, request: HttpRequest) -> HttpResponse:
        managed = brands_of(person(request), Role.MANAGER)
        slug = request.GET.get("brand", "")
        brand = get_object_or_404(managed, slug=slug) if slug else managed.first()
        context: dict[str, Any] = {
            **admin.site.each_context(request),
            "title": "Attention",
            "is_fullwidth": "1",
            "brand": brand,
            "brands": list(managed),
            "weeks_back": WEEKS,
            **(self._of(brand) if brand else {}),
        }
        return render(request, "review/attention.html", context)

    def _of(self, brand: Brand) -> dict[str, Any]:
        found = attention(brand)
        people = [("everybody", found.total, found.weeks), *found.reviewers]
        items = GoldItem.objects.filter(brand=brand, active=True).select_related("variant")
        return {
            "supply": supply(brand),
            "answered": found.total.of,
            "rows": [(str(name), *_told(answers)) for name, answers, _ in people],
            "weeks": [start for start, answers in found.weeks.items() if answers.of],
            "drift": [
                (
                    str(name),
                    [
                        (percent(answers.share.value), answers.of)
                        for start, answers in weeks.items()
                        if found.weeks[start].of
                    ],
                )
                for name, _, weeks in people
            ],
            "items": items[:_LISTED],
            "candidates": candidates(brand),
        }


def _told(answers: Answers) -> tuple[int, str, str, int, int]:
    share = answers.share
    return answers.of, percent(share.value), between(share.interval), answers.let_through, answers.refused


class GoldMarkView(View):
    """Make a line a gold item."""

    def post(self, request: HttpRequest) -> HttpResponse:
        user = person(request)
        form = LineForm(request.POST)
        pk = form.cleaned_data["variant"] if form.is_valid() else None
        variant = get_object_or_404(visible(Variant.objects.select_related("brand"), user), pk=pk)
        if not brands_of(user, Role.MANAGER).contains(variant.brand):
            raise PermissionDenied
        try:
            item = gold_mark(manager=user, variant=variant)
            messages.success(request, f"“{variant}” is a gold item; the right answer is {item.answer}.")
        except DomainError as refusal:
            messages.error(request, refusal.detail)
        return _back(variant.brand)


class GoldRemoveView(View):
    """Take a gold item out."""

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        user = person(request)
        rows = visible(GoldItem.objects.select_related("brand", "variant"), user)
        item = get_object_or_404(rows, pk=pk)
        if not brands_of(user, Role.MANAGER).contains(item.brand):
            raise PermissionDenied
        try:
            gold_remove(manager=user, item=item)
            messages.success(request, f"“{item.variant}” is shown to nobody any more; its answers stay.")
        except DomainError as refusal:
            messages.error(request, refusal.detail)
        return _back(item.brand)


def _back(brand: Brand) -> HttpResponse:
    return HttpResponseRedirect(f"{reverse('review:attention')}?brand={brand.slug}")
