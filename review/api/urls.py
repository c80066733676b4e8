"""Routes of the API: the review queue, the feed of approved copy, and training runs."""

from __future__ import annotations

from django.urls import path
from rest_framework.routers import SimpleRouter

from review.api.feed import ApprovedApi
from review.api.queue import ClaimApi, DecisionApi, UndoApi
from review.api.training import TrainingRunViewSet

app_name = "review-api"
router = SimpleRouter(use_regex_path=False)
router.register("training-runs", TrainingRunViewSet, "training-run")

urlpatterns = [
    *router.urls,
    path("review/claim/", ClaimApi.as_view(), name="claim"),
    path("review/decisions/", DecisionApi.as_view(), name="decisions"),
    path("review/undo/", UndoApi.as_view(), name="undo"),
    path("approved/", ApprovedApi.as_view(), name="approved"),
]
