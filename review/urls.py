"""Routes of the review room, its keys, the dashboard, the asking for a training and the screen's quality."""

from __future__ import annotations

from django.urls import path

from review.dashboard.view import DashboardView
from review.keys_view import KeysView
from review.quality_view import ScreenQualityView
from review.table.view import TableDecideView, TableUndoView, TableView
from review.train_view import TrainView
from review.views import DecideView, PauseView, RenewView, RoomView, UndoView, in_admin

app_name = "review"
urlpatterns = [
    path("room/", in_admin(RoomView), name="room"),
    path("room/decide/", in_admin(DecideView), name="decide"),
    path("room/undo/", in_admin(UndoView), name="undo"),
    path("room/pause/", in_admin(PauseView), name="pause"),
    path("room/renew/", in_admin(RenewView), name="renew"),
    path("keys/", in_admin(KeysView), name="keys"),
    path("table/", in_admin(TableView), name="table"),
    path("table/decide/", in_admin(TableDecideView), name="table-decide"),
    path("table/undo/", in_admin(TableUndoView), name="table-undo"),
    path("dashboard/", in_admin(DashboardView), name="dashboard"),
    path("train/<int:pk>/", in_admin(TrainView), name="train"),
    path("screen/", in_admin(ScreenQualityView), name="screen"),
]
