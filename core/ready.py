"""Ready answers, given before Django's own machinery begins.

An answer that a process holds whole costs less than Django's way to its view: middleware, resolver, signals. So
`core.wsgi` learns the headers of such an answer from Django once and gives it again itself, with the same limits,
metrics, access line and request id, and only while the view would give the same bytes.
"""

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from time import perf_counter
from typing import Any

from django.http import HttpRequest, HttpResponse

from core import context, throttling
from core.access import record
from core.browser import API_PREFIX
from core.compressed import takes_gzip
from core.errors import Problem

Environ = dict[str, Any]
Headers = list[tuple[str, str]]

# Requests whose answer depends on more than the key.
_OF_THEIR_OWN = ("HTTP_ORIGIN", "HTTP_IF_NONE_MATCH", "HTTP_IF_MODIFIED_SINCE", "HTTP_RANGE", "HTTP_TRANSFER_ENCODING")
# What each answer has anew.
_ANEW = frozenset(("x-request-id", "server-timing", "ratelimit-limit", "ratelimit-remaining", "ratelimit-reset"))
_MAX_ENTRIES = 512


class ReadyResponse(HttpResponse):
    """An answer that may be given again while `is_current` says so; `count` notes that it was given.

    `route` and `scope`, the limit it counts in, are set by core.api.plain_view.
    """

    is_current: Callable[[], bool]
    count: Callable[[HttpRequest], None]
    route: str
    scope: str | None


@dataclass(frozen=True, slots=True)
class _Ready:
    body: bytes
    headers: Headers
    route: str
    scope: str | None
    is_current: Callable[[], bool]
    count: Callable[[HttpRequest], None]


class _Request(HttpRequest):
    """As much of a request as limits, addresses and tokens are read from."""

    def __init__(self, environ: Environ) -> None:
        self.META = environ
        self.rate_limit: Headers = []


class ReadyAnswers:
    """This process's ready answers, by all of the request that decides what is in them."""

    def __init__(self) -> None:
        self._held: dict[Hashable, _Ready] = {}

    def answer(self, key: Hashable, environ: Environ) -> tuple[Headers, bytes] | None:
        """Headers and body; None when Django has to answer, also when the caller is over a limit."""
        ready = self._held.get(key)
        if ready is None or not ready.is_current():
            return None
        headers = _admitted(ready, environ)
        return None if headers is None else (headers, ready.body)

    def learn(self, key: Hashable, response: ReadyResponse) -> None:
        if len(self._held) >= _MAX_ENTRIES:
            self._held.clear()
        headers = [(name, value) for name, value in response.headers.items() if name.lower() not in _ANEW]
        self._held[key] = _Ready(
            response.content, headers, response.route, response.scope, response.is_current, response.count
        )


def key_of(environ: Environ) -> Hashable | None:
    """What decides the answer; None for requests that only Django answers."""
    if environ["REQUEST_METHOD"] != "GET" or not environ["PATH_INFO"].startswith(API_PREFIX):
        return None
    if environ.get("CONTENT_LENGTH") not in (None, "", "0") or any(name in environ for name in _OF_THEIR_OWN):
        return None
    return (
        environ["PATH_INFO"],
        environ.get("QUERY_STRING"),
        environ.get("HTTP_HOST"),
        environ.get("wsgi.url_scheme"),
        environ.get("HTTP_X_FORWARDED_PROTO"),
        takes_gzip(environ.get("HTTP_ACCEPT_ENCODING", "")),
        throttling.from_proxy(_Request(environ)),
    )


def _admitted(ready: _Ready, environ: Environ) -> Headers | None:
    """The headers, once the request was counted. A refusal is left for Django to tell, without counting twice."""
    started = perf_counter()
    request = _Request(environ)
    request_id = context.sane_request_id(environ.get("HTTP_X_REQUEST_ID"))
    context.request_id.set(request_id)
    context.user_id.set("")
    try:
        if ready.scope is not None:
            throttling.check(request, ready.scope)
    except Problem as problem:
        environ[throttling.REFUSED] = problem, request.rate_limit
        return None
    ready.count(request)
    seconds = perf_counter() - started
    record(ready.route, "GET", 200, seconds)
    total = f"total;dur={seconds * 1000:.2f}"
    return [*ready.headers, *request.rate_limit, ("X-Request-ID", request_id), ("Server-Timing", f"memory;{total}")]
