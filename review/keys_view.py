"""The page where people choose their keys for the review room."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.generic import View

from adgen.admin.base import person
from adgen.errors import Invalid
from review.forms import KeysForm
from review.selectors.keys import NAMED_KEYS, keys_of
from review.services.keys import keys_change, keys_reset


class KeysView(View):
    """Everybody's own keys."""

    def get(self, request: HttpRequest) -> HttpResponse:
        return self._page(KeysForm(keys_of(person(request))))

    def post(self, request: HttpRequest) -> HttpResponse:
        user = person(request)
        if "reset" in request.POST:
            keys_reset(user=user)
            messages.success(request, "The usual keys are back.")
            return HttpResponseRedirect(reverse("review:keys"))
        form = KeysForm(keys_of(user), request.POST)
        if form.is_valid():
            try:
                keys_change(user=user, keys=form.cleaned_data)
            except Invalid as refusal:
                for name, mends in refusal.fields.items():
                    form.add_error(name, mends)
            else:
                messages.success(request, "Your keys are saved.")
                return HttpResponseRedirect(reverse("review:room"))
        return self._page(form, status=400)

    def _page(self, form: KeysForm, status: int = 200) -> HttpResponse:
        context: dict[str, Any] = {
            **admin.site.each_context(self.request),
            "title": "Keys",
            "form": form,
            "named": NAMED_KEYS,
        }
        return render(self.request, "review/keys.html", context, status=status)
