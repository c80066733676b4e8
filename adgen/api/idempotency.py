"""The `Idempotency-Key` header: POST again without doing it again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from functools import wraps
from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from adgen.api.auth import caller_of
from adgen.errors import Invalid
from adgen.services.idempotency import Answer, answer_once

HEADER = OpenApiParameter(
    "Idempotency-Key",
    str,
    OpenApiParameter.HEADER,
    description="A text of your choice, at most 200 characters: the same request sent again within 24 "
    "hours gets the first answer instead of being done twice.",
)
Handler = Callable[..., Response]


def idempotent(handler: Handler) -> Handler:
    """Make a view's POST handler honour the `Idempotency-Key` header; without the header it just runs."""

    @wraps(handler)
    def once(view: Any, request: Request, *args: Any, **kwargs: Any) -> Response:
        key = request.headers.get("Idempotency-Key", "")
        if not key:
            return handler(view, request, *args, **kwargs)
        if len(key) > 200 or "\0" in key:
            raise Invalid("The Idempotency-Key is a text of at most 200 characters.")

        def work() -> Answer:
            response = handler(view, request, *args, **kwargs)
            return response.status_code, json.loads(JSONRenderer().render(response.data))

        status, body = answer_once(
            caller=caller_of(request).name, key=key, fingerprint=_fingerprint(request), work=work
        )
        return Response(body, status=status)

    return extend_schema(parameters=[HEADER])(once)


def _fingerprint(request: Request) -> str:
    """Digest of where the request goes and what it says."""
    address = request.path.rstrip("/")
    body = json.dumps(request.data, sort_keys=True)
    return hashlib.sha256(f"{address}\n{body}".encode()).hexdigest()
