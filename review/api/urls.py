"""Routes of the API: the review queue, marks and comments, the feed of approved copy, training runs."""

from __future__ import annotations

from django.urls import re_path

from adgen.api.base import Router
from review.api.comments import CommentViewSet
from review.api.comparisons import ComparisonViewSet, PreferencesApi, TrialViewSet
from review.api.feed import ApprovedApi
from review.api.gold import AttentionApi, GoldViewSet
from review.api.marks import MarkViewSet
from review.api.queue import ClaimApi, DecisionApi, HeartbeatApi, PauseApi, UndoApi
from review.api.second_look import AgreementApi, DisagreementViewSet
from review.api.training import TrainingRunViewSet

app_name = "review-api"
router = Router()
router.register("training-runs", TrainingRunViewSet, "training-run")
router.register("review/marks", MarkViewSet, "mark")
router.register("review/comments", CommentViewSet, "comment")
router.register("review/disagreements", DisagreementViewSet, "disagreement")
router.register("review/gold", GoldViewSet, "gold")
router.register("review/trials", TrialViewSet, "trial")
router.register("review/comparisons", ComparisonViewSet, "comparison")

urlpatterns = [
    *router.urls,
    re_path(r"^review/claim/?$", ClaimApi.as_view(), name="claim"),
    re_path(r"^review/heartbeat/?$", HeartbeatApi.as_view(), name="heartbeat"),
    re_path(r"^review/pause/?$", PauseApi.as_view(), name="pause"),
    re_path(r"^review/decisions/?$", DecisionApi.as_view(), name="decisions"),
    re_path(r"^review/undo/?$", UndoApi.as_view(), name="undo"),
    re_path(r"^review/agreement/?$", AgreementApi.as_view(), name="agreement"),
    re_path(r"^review/attention/?$", AttentionApi.as_view(), name="attention"),
    re_path(r"^review/preferences/?$", PreferencesApi.as_view(), name="preferences"),
    re_path(r"^approved/?$", ApprovedApi.as_view(), name="approved"),
]
