"""Routes of the review room, inside the admin site."""

from __future__ import annotations

from django.urls import path

from review.views import DecideView, PauseView, RenewView, RoomView, UndoView, in_admin

app_name = "review"
urlpatterns = [
    path("", in_admin(RoomView), name="room"),
    path("decide/", in_admin(DecideView), name="decide"),
    path("undo/", in_admin(UndoView), name="undo"),
    path("pause/", in_admin(PauseView), name="pause"),
    path("renew/", in_admin(RenewView), name="renew"),
]
