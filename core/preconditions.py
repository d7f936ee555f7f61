"""`ETag` of what is read and `If-Match` of what is written (RFC 9110), for objects that two devices may edit."""

import json
from hashlib import blake2b
from typing import Any

from django.http import HttpRequest
from django.utils.http import parse_etags
from rest_framework.renderers import JSONRenderer

from core.errors import PreconditionFailed


def etag_of(representation: Any) -> str:
    """The strong ETag of an object's representation, whatever order its fields stand in."""
    plain = json.loads(JSONRenderer().render(representation))
    digest = blake2b(json.dumps(plain, sort_keys=True).encode(), digest_size=12).hexdigest()
    return f'"{digest}"'


def etag_of_bytes(body: bytes, state: str = "") -> str:
    """The ETag of a body. `state`: all that `check_state` asks for, where a body also changes by itself (a stock)."""
    digest = blake2b(body, digest_size=9).hexdigest()
    return f'"{state}-{digest}"' if state else f'"{digest}"'


def is_held(request: HttpRequest, etag: str) -> bool:
    """Whether the caller has this already (`If-None-Match`, compared weakly: nginx weakens what it compresses)."""
    held = parse_etags(request.META.get("HTTP_IF_NONE_MATCH", ""))
    return "*" in held or etag in (each.removeprefix("W/") for each in held)


def anything(row: object) -> None:
    """The `check` of who makes no condition."""


def check_match(request: HttpRequest, etag: str) -> None:
    """Raises PreconditionFailed when the request names another state than the current one. No header: no condition."""
    if has_condition(request) and etag not in _named(request):
        raise PreconditionFailed


def check_state(request: HttpRequest, state: str) -> None:
    """The same for an ETag with a `state`: the body's digest does not count, nor need it be there."""
    named = (etag.strip('"') for etag in _named(request))
    if has_condition(request) and not any(state in (etag, etag.rpartition("-")[0]) for etag in named):
        raise PreconditionFailed


def has_condition(request: HttpRequest) -> bool:
    """Whether the request names a state; `*` is any, and to be there is asked of everything anyway."""
    return bool(request.META.get("HTTP_IF_MATCH", "*").strip() != "*")


def _named(request: HttpRequest) -> list[str]:
    given: str = request.META.get("HTTP_IF_MATCH", "")
    return [etag.strip() for etag in given.split(",")]
