"""Routes of the API."""

from __future__ import annotations

from django.urls import path, re_path
from drf_spectacular.views import SpectacularAPIView

from adgen.api.errors import UnknownRoute

app_name = "api"
urlpatterns = [
    path("schema/", SpectacularAPIView.as_view(), name="schema"),
    re_path("", UnknownRoute.as_view(), name="unknown"),
]
