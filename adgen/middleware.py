"""What holds for every page of the admin site: its content security policy, and no odd addresses."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse

_ADMIN = "/admin/"
Handler = Callable[[HttpRequest], HttpResponse]


def admin_policy(get_response: Handler) -> Handler:
    """Grant the admin shell what it needs; the strict policy stays in force everywhere else."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if request.path.startswith(_ADMIN):
            response._csp_update = settings.ADGEN_ADMIN_CSP  # type: ignore[attr-defined]
        return response

    return middleware


def admin_addresses(get_response: Handler) -> Handler:
    """Refuse an address with a NUL character: filters take it for a text, and Postgres has no such text."""

    def middleware(request: HttpRequest) -> HttpResponse:
        if request.path.startswith(_ADMIN) and "%00" in request.get_full_path():
            raise BadRequest("The address holds a NUL character.")
        return get_response(request)

    return middleware
