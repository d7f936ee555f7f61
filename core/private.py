"""Answers for one person alone: kept by nobody else, and 304 when that person's phone has them."""

from typing import Any

import orjson
from django.http import HttpResponse
from rest_framework.request import Request

from core.api import json_response
from core.preconditions import etag_of_bytes, is_held


def encode(body: Any) -> bytes:
    """JSON; instants as ISO 8601."""
    return orjson.dumps(body)


def answer(request: Request, body: Any, *, status: int = 200, state: str = "") -> HttpResponse:
    """JSON with an ETag of its bytes. `state`: what If-Match is for."""
    raw = body if isinstance(body, bytes) else encode(body)
    etag = etag_of_bytes(raw, state)
    headers = {"ETag": etag, "Cache-Control": "private, no-cache", "Vary": "Authorization"}
    if request.method in ("GET", "HEAD") and is_held(request._request, etag):
        return HttpResponse(status=304, headers=headers)
    return json_response(raw, status=status, headers=headers)
