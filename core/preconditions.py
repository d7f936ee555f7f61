"""`ETag` of what is read and `If-Match` of what is written (RFC 9110), for objects that two devices may edit."""

import json
from hashlib import blake2b
from typing import Any

from django.http import HttpRequest
from rest_framework.renderers import JSONRenderer

from core.errors import PreconditionFailed


def etag_of(representation: Any) -> str:
    """The strong ETag of an object's representation, whatever order its fields stand in."""
    plain = json.loads(JSONRenderer().render(representation))
    digest = blake2b(json.dumps(plain, sort_keys=True).encode(), digest_size=12).hexdigest()
    return f'"{digest}"'


def check_match(request: HttpRequest, etag: str) -> None:
    """Raises PreconditionFailed when the request names another state than the current one. No header: no condition."""
    given = request.META.get("HTTP_IF_MATCH")
    if given is None or given.strip() == "*":
        return
    if etag not in [candidate.strip() for candidate in given.split(",")]:
        raise PreconditionFailed
