"""The one piece of our own around every request: id, timer, metrics, access line, problems for exceptions."""

from collections.abc import Callable
from time import perf_counter

from django.conf import settings
from django.core.signals import got_request_exception
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from core import context, minutes
from core.access import record
from core.browser import API_PREFIX
from core.errors import PayloadTooLarge
from core.problems import API_POLICY, PERMISSIONS, as_problem, fault_response, problem_response, route_of
from core.throttling import from_proxy


def _disbelieve(request: HttpRequest) -> None:
    """Take away what a stranger may not decide: whether the line is TLS."""
    if "HTTP_X_FORWARDED_PROTO" in request.META and not from_proxy(request):
        del request.META["HTTP_X_FORWARDED_PROTO"]


class RequestMiddleware:
    """Stands first in MIDDLEWARE. Adds `X-Request-ID`, `Server-Timing` (after what the view gave), rate-limit headers.

    The access line and the labels hold the route, never the path or the query: they may hold a token or a name.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        started = perf_counter()
        minutes.ensure()
        request_id = context.sane_request_id(request.META.get("HTTP_X_REQUEST_ID"))
        context.request_id.set(request_id)
        context.user_id.set("")
        _disbelieve(request)
        response = self.get_response(request)
        seconds = perf_counter() - started
        self._mark(request, response, request_id, seconds)
        record(route_of(request), request.method, response.status_code, seconds)
        return response

    def process_view(self, request: HttpRequest, *view: object) -> HttpResponse | None:
        """Called by Django before any view or other middleware may read the body."""
        length = request.META.get("CONTENT_LENGTH") or "0"
        if len(length) <= 7 and int(length) <= settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
            return None
        return problem_response(PayloadTooLarge(), request=request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse:
        """Called by Django with what a view raised."""
        if as_problem(error) is None:
            # Django's test client listens to this signal and raises the exception again in the test.
            got_request_exception.send(sender=type(self), request=request)
        return fault_response(error, request=request)

    @staticmethod
    def _mark(request: HttpRequest, response: HttpResponseBase, request_id: str, seconds: float) -> None:
        headers = response.headers
        for name, value in getattr(request, "rate_limit", ()):
            headers[name] = value
        headers["X-Request-ID"] = request_id
        total = f"total;dur={seconds * 1000:.2f}"
        given = headers.get("Server-Timing")
        headers["Server-Timing"] = f"{given}, {total}" if given else total
        headers.setdefault("Permissions-Policy", PERMISSIONS)
        if request.path_info.startswith(API_PREFIX):
            # Nothing here is a page: whatever a browser is tricked into showing may load and run nothing.
            headers.setdefault("Content-Security-Policy", API_POLICY)
