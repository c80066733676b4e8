"""The content security policy of the admin site."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

_ADMIN = "/admin/"


def admin_policy(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Grant the admin shell what it needs; the strict policy stays in force everywhere else."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if request.path.startswith(_ADMIN):
            response._csp_update = settings.ADGEN_ADMIN_CSP  # type: ignore[attr-defined]
        return response

    return middleware
