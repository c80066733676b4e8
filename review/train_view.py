"""The page that asks for a training: what would be learnt from, then the button."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.generic import View

from adgen.errors import DomainError, NotAllowed, NotFound
from adgen.models import Brand, Role, TrainingRun, WorkState
from adgen.selectors.access import require_role
from adgen.services.training import MIN_EXAMPLES
from review.selectors.training import examples_of
from review.services.training import training_request


class TrainView(View):
    """For the brand's managers."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        self.user = cast(User, request.user)
        self.brand = Brand.objects.filter(pk=kwargs["pk"]).first()
        if self.brand is None:
            raise Http404
        try:
            require_role(self.user, self.brand, Role.MANAGER)
        except NotFound:
            raise Http404 from None
        except NotAllowed:
            raise PermissionDenied from None
        return super().dispatch(request, *args, **kwargs)

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        assert self.brand is not None
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
        assert self.brand is not None
        try:
            run = training_request(brand=self.brand, requested_by=self.user)
        except DomainError as refusal:
            messages.error(request, refusal.detail)
            return HttpResponseRedirect(reverse("review:train", args=[pk]))
        messages.success(request, f"{self.brand} is being trained on {run.examples} lines.")
        return HttpResponseRedirect(reverse("admin:adgen_trainingrun_change", args=[run.pk]))
