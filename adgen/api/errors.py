"""Every refusal as an RFC 9457 problem document (`application/problem+json`).

`errors` maps a field's name to what is wrong with it; a field inside a list or an object is named by its
path (`briefs.0.slots`, `brand.name`).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.http import Http404, HttpRequest, JsonResponse
from django.views.defaults import server_error as html_server_error
from django.views.generic.base import View
from rest_framework.exceptions import APIException, ValidationError
from rest_framework.response import Response
from rest_framework.views import set_rollback

from adgen.errors import DomainError

CONTENT_TYPE = "application/problem+json"


def problem(
    status: int, code: str, detail: str, fields: Mapping[str, list[str]] | None = None
) -> dict[str, Any]:
    """The members of a problem document."""
    document: dict[str, Any] = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "code": code,
        "detail": detail,
    }
    if fields:
        document["errors"] = dict(fields)
    return document


def problem_response(exc: Exception, context: Mapping[str, Any]) -> Response | None:
    """The answer to a refusal; None for a fault of ours, which Django logs and answers with 500."""
    headers: dict[str, str] = {}
    if isinstance(exc, DomainError):
        document = problem(exc.status, exc.code, exc.detail, exc.fields)
    elif isinstance(exc, Http404):
        document = problem(404, "not_found", "No such object.")
    elif isinstance(exc, PermissionDenied):
        document = problem(403, "not_allowed", "This is not allowed.")
    elif isinstance(exc, RequestDataTooBig):
        limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE // 2**20
        document = problem(413, "too_large", f"A body has at most {limit} MB; send it in parts.")
    elif isinstance(exc, ValidationError):
        document = _invalid(exc)
    elif isinstance(exc, APIException):
        document = problem(exc.status_code, str(exc.default_code), str(exc.detail))
        headers = _headers(exc)
    else:
        return None
    set_rollback()
    return Response(document, status=document["status"], headers=headers, content_type=CONTENT_TYPE)


def _invalid(exc: ValidationError) -> dict[str, Any]:
    fields = dict(_flat(exc.detail))
    listed = "; ".join(f"{name}: {' '.join(faults)}" for name, faults in fields.items())
    return problem(400, "invalid", listed, fields)


def _flat(detail: Any, path: str = "") -> Iterator[tuple[str, list[str]]]:
    """DRF's nested error detail as (dotted path, messages)."""
    if isinstance(detail, Mapping):
        items = list(detail.items())
    elif any(isinstance(item, Mapping) for item in detail):
        items = list(enumerate(detail))
    else:
        yield path or "body", [str(message) for message in detail]
        return
    for name, inner in items:
        if inner:
            yield from _flat(inner, f"{path}.{name}" if path else str(name))


def _headers(exc: APIException) -> dict[str, str]:
    headers = {}
    if challenge := getattr(exc, "auth_header", None):
        headers["WWW-Authenticate"] = challenge
    if (wait := getattr(exc, "wait", None)) is not None:
        headers["Retry-After"] = str(math.ceil(wait))
    return headers


class UnknownRoute(View):
    """Any address under the API that no route has."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> JsonResponse:
        document = problem(404, "not_found", f"The API has no {request.path}.")
        return JsonResponse(document, status=404, content_type=CONTENT_TYPE)


def server_error(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
    """Django's handler500: a problem document for the API, a page for people; never the traceback."""
    if not request.path.startswith("/api/"):
        return html_server_error(request)
    document = problem(500, "fault", "The server failed; the fault is in its log. Try again later.")
    return JsonResponse(document, status=500, content_type=CONTENT_TYPE)
