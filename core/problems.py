"""Problems as HTTP answers: `application/problem+json` with the request's id. No DRF here."""

import json
import logging

from django.contrib.auth import get_user_model
from django.core.exceptions import BadRequest, PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.db import IntegrityError
from django.http import Http404, HttpRequest, HttpResponse

from core import context, errors, metrics
from core.errors import InternalError, Problem, VendorError
from core.postgresql import DATABASE_AWAY

logger = logging.getLogger("core.problems")
# Nothing of the API is a page: a browser that shows it runs and loads nothing, and no page frames it.
API_POLICY = "default-src 'none'; frame-ancestors 'none'"
PERMISSIONS = "camera=(), microphone=(), payment=(), usb=(), geolocation=(self)"


def route_of(request: HttpRequest) -> str:
    """The route's name for metrics (its pattern when it has none); "unmatched" for an unknown path."""
    match = request.resolver_match
    if match is None:
        return "unmatched"
    return match.view_name if match.url_name else match.route or "unnamed"


def document(problem: Problem) -> bytes:
    """The problem as RFC 9457 JSON, in UTF-8."""
    body = {
        "type": problem.type,
        "title": problem.title,
        "status": problem.status,
        "detail": problem.detail,
        "errors": [{"field": e.field, "code": e.code, "detail": e.detail} for e in problem.errors],
        "request_id": context.request_id.get(),
    }
    return json.dumps(body, ensure_ascii=False).encode("utf-8", "backslashreplace")


def problem_response(problem: Problem, *, request: HttpRequest) -> HttpResponse:
    """The answer for a problem, counted in `api_errors_total{route,type}`."""
    metrics.api_errors.labels(route_of(request), problem.slug).inc()
    headers = {"Cache-Control": "no-store", **problem.headers}
    response = HttpResponse(
        document(problem), status=problem.status, content_type="application/problem+json", headers=headers
    )
    # Keeps Django from logging the path of every answer from 400 on; the access line has the route.
    response._has_been_logged = True  # type: ignore[attr-defined]
    return response


def as_problem(error: BaseException) -> Problem | None:
    """The problem that an exception amounts to; None for a fault of ours that nobody foresaw."""
    match error:
        case Problem():
            return error
        case IntegrityError() if _names_user_who_is_gone(error):
            return errors.NotAuthenticated(headers={"WWW-Authenticate": 'Bearer error="invalid_token"'})
        case _ if isinstance(error, DATABASE_AWAY):
            logger.error("Database not available: %s", type(error).__name__)
            return errors.Unavailable()
        case VendorError():
            return errors.SourceDown()
        case Http404():
            return errors.NotFound()
        case PermissionDenied():
            return errors.Forbidden()
        case RequestDataTooBig():
            return errors.PayloadTooLarge()
        case SuspiciousOperation() | BadRequest():
            return errors.InvalidQuery("요청을 읽을 수 없어요.")
    return None


def _names_user_who_is_gone(error: IntegrityError) -> bool:
    """A token may outlive its user by minutes; what it then writes fails on the foreign key to the user."""
    constraint = getattr(getattr(error.__cause__, "diag", None), "constraint_name", None) or ""
    return constraint.endswith(f"_fk_{get_user_model()._meta.db_table}_id")


def fault_response(error: BaseException, *, request: HttpRequest) -> HttpResponse:
    """The answer for any exception; an unforeseen one is logged with its trace and told without details."""
    problem = as_problem(error)
    if problem is None:
        logger.error("Unhandled exception in %s", route_of(request), exc_info=error)
        problem = InternalError()
    return problem_response(problem, request=request)
