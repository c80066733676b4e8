from __future__ import annotations

from django.apps import AppConfig


class AdgenConfig(AppConfig):
    name = "adgen"
    verbose_name = "adgen"
