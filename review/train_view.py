"""The page that asks for a training: what would be learnt from, then the button."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.generic import View

from adgen.admin.base import person
from adgen.errors import DomainError
from adgen.models import Role, TrainingRun, WorkState
from adgen.selectors.access import brands_of
from adgen.services.training import MIN_EXAMPLES
from review.selectors.training import examples_of
from review.services.training import training_request


class TrainView(View):
    """For the brand's managers."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        self.user = person(request)
        self.brand = get_object_or_404(brands_of(self.user), pk=kwargs["pk"])
        if not brands_of(self.user, Role.MANAGER).contains(self.brand):
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        open_run = TrainingRun.objects.filter(
            brand=self.brand, state__in=[WorkState.QUEUED, WorkState.RUNNING]
        ).first()
        context = {
            **admin.site.each_context(request),
            "title": f"Train {self.brand}",
            "brand": self.brand,
            "examples": len(examples_of(self.brand)),
            "needed": MIN_EXAMPLES,
            "open_run": open_run,
        }
        return render(request, "review/train.html", context)

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        try:
            run = training_request(brand=self.brand, requested_by=self.user)
        except DomainError as refusal:
            messages.error(request, refusal.detail)
            return HttpResponseRedirect(reverse("review:train", args=[pk]))
        messages.success(request, f"{self.brand} is being trained on {run.examples} lines.")
        return HttpResponseRedirect(reverse("admin:adgen_trainingrun_change", args=[run.pk]))
