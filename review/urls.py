"""Routes of the review room, its keys, the dashboard, the asking for a training and the screen's quality."""

from __future__ import annotations

from django.urls import path

from review.comparison_view import ChooseView, CompareView, TrialCloseView, TrialOpenView
from review.dashboard.view import DashboardView
from review.gold_view import AttentionView, GoldMarkView, GoldRemoveView
from review.keys_view import KeysView
from review.quality_view import ScreenQualityView
from review.second_look_view import AgreementView, DisagreementsView, SettleView
from review.table.view import TableDecideView, TableUndoView, TableView
from review.train_view import TrainView
from review.views import (
    CommentView,
    DecideView,
    MarkView,
    NextView,
    PauseView,
    RoomView,
    UndoView,
    in_admin,
)

app_name = "review"
urlpatterns = [
    path("room/", in_admin(RoomView), name="room"),
    path("room/decide/", in_admin(DecideView), name="decide"),
    path("room/undo/", in_admin(UndoView), name="undo"),
    path("room/pause/", in_admin(PauseView), name="pause"),
    path("room/next/", in_admin(NextView), name="next"),
    path("room/mark/", in_admin(MarkView), name="mark"),
    path("room/comment/", in_admin(CommentView), name="comment"),
    path("keys/", in_admin(KeysView), name="keys"),
    path("table/", in_admin(TableView), name="table"),
    path("table/decide/", in_admin(TableDecideView), name="table-decide"),
    path("table/undo/", in_admin(TableUndoView), name="table-undo"),
    path("dashboard/", in_admin(DashboardView), name="dashboard"),
    path("disagreements/", in_admin(DisagreementsView), name="disagreements"),
    path("disagreements/<int:pk>/", in_admin(SettleView), name="settle"),
    path("agreement/", in_admin(AgreementView), name="agreement"),
    path("attention/", in_admin(AttentionView), name="attention"),
    path("attention/mark/", in_admin(GoldMarkView), name="gold-mark"),
    path("attention/<int:pk>/", in_admin(GoldRemoveView), name="gold-remove"),
    path("compare/", in_admin(CompareView), name="compare"),
    path("compare/<int:pk>/", in_admin(ChooseView), name="choose"),
    path("trials/<int:pk>/open/", in_admin(TrialOpenView), name="trial-open"),
    path("trials/<int:pk>/close/", in_admin(TrialCloseView), name="trial-close"),
    path("train/<int:pk>/", in_admin(TrainView), name="train"),
    path("screen/", in_admin(ScreenQualityView), name="screen"),
]
