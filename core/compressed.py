"""Answers that may travel compressed: only those that are the same for everybody.

Where something secret stands beside what a caller wrote, the length of a compressed answer tells of it (BREACH).
"""

import re
from collections.abc import Callable
from functools import wraps

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.cache import patch_vary_headers
from django.views.decorators.gzip import gzip_page

View = Callable[..., HttpResponseBase]
_UNWANTED = re.compile(r"\bgzip\s*;\s*q=0(\.0*)?\s*(,|$)")


def takes_gzip(accepted: str) -> bool:
    """Whether an Accept-Encoding header asks for gzip (RFC 9110, 12.5.3); Django takes "gzip;q=0" for a yes."""
    return "gzip" in accepted and not _UNWANTED.search(accepted)


def compressed(view: View) -> View:
    """A view whose answers, from 200 bytes on, are compressed for who asks for that; their ETag is weak then."""
    zipped: View = gzip_page(view)

    @wraps(view)
    def wrapper(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        asked = takes_gzip(request.META.get("HTTP_ACCEPT_ENCODING", ""))
        response = (zipped if asked else view)(request, *args, **kwargs)
        patch_vary_headers(response, ("Accept-Encoding",))
        return response

    return wrapper
