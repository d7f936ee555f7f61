"""What views stand on: strict queries, hot-path views without DRF, and DRF's errors turned into problems."""

from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from typing import Any, cast
from urllib.parse import parse_qsl

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from rest_framework import exceptions as drf
from rest_framework.settings import api_settings
from rest_framework.views import APIView

from core import errors, throttling
from core.errors import FieldError, InvalidQuery, MethodNotAllowed, NotFound, Problem, invalid
from core.problems import as_problem, fault_response, problem_response, route_of
from core.ready import ReadyResponse

__all__ = [
    "exception_handler", "handler400", "handler403", "handler404", "handler500", "json_response", "plain_view",
    "problem_response", "query", "refusal",
]  # fmt: skip

_MAX_FIELDS = 20
BODY = api_settings.NON_FIELD_ERRORS_KEY
_BY_STATUS: dict[int, type[Problem]] = {
    400: errors.InvalidBody,
    403: errors.Forbidden,
    404: NotFound,
    406: errors.NotAcceptable,
    415: errors.UnsupportedMediaType,
}


def query(request: HttpRequest, allowed: Sequence[str] = ()) -> dict[str, str]:
    """The query's parameters, strictly: each at most once, valid UTF-8, no NUL.

    With `allowed`, others are refused by name. Raises InvalidQuery, which never repeats a value.
    """
    try:
        # WSGI hands bytes over as Latin-1.
        raw = request.META.get("QUERY_STRING", "").encode("latin-1").decode()
        pairs = parse_qsl(raw, keep_blank_values=True, errors="strict", max_num_fields=_MAX_FIELDS)
    except UnicodeError:
        raise invalid("query", "encoding", "검색어를 읽을 수 없어요. UTF-8로 보내 주세요.") from None
    except ValueError:
        raise invalid("query", "too_many", "조건이 너무 많아요.") from None
    params = dict(pairs)
    if len(params) != len(pairs):
        raise invalid("query", "repeated", "같은 조건을 두 번 보냈어요.")
    _refuse_nul(params)
    _refuse_unknown(params, allowed)
    return params


def _refuse_nul(params: Mapping[str, str]) -> None:
    for name, value in params.items():
        if "\0" in name or "\0" in value:
            raise invalid("query" if "\0" in name else name, "nul", "쓸 수 없는 문자가 들어 있어요.")


def _refuse_unknown(params: Mapping[str, str], allowed: Sequence[str]) -> None:
    unknown = [name for name in params if allowed and name not in allowed]
    if unknown:
        raise InvalidQuery(errors=[FieldError(name[:40], "unknown", "모르는 조건이에요.") for name in unknown])


def json_response(body: bytes, *, status: int = 200, headers: Mapping[str, str] | None = None) -> HttpResponse:
    """Ready JSON bytes as an answer."""
    return HttpResponse(body, status=status, content_type="application/json", headers=dict(headers or {}))


View = Callable[..., HttpResponseBase]


def plain_view(
    *, scope: str | None = "default", methods: Sequence[str] = ("GET", "HEAD"), describe: type[APIView] | None = None
) -> Callable[[View], View]:
    """A plain Django view for the hot path: method check, throttle by `scope` (None: no limit), problems as answers.

    `describe`: an APIView class that is never called; drf-spectacular reads the operation's schema from it.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def wrapper(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
            try:
                if request.method not in methods:
                    raise MethodNotAllowed(methods)
                if scope is not None:
                    throttling.check(request, scope)
                response = view(request, *args, **kwargs)
                if isinstance(response, ReadyResponse):
                    response.route, response.scope = route_of(request), scope
                return response
            except Problem as problem:
                return problem_response(problem, request=request)

        # No cookie is read here, so there is nothing that a forged cross-site request could use.
        wrapper.csrf_exempt = True  # type: ignore[attr-defined]
        if describe is not None:
            wrapper.cls, wrapper.initkwargs = describe, {}  # type: ignore[attr-defined]
        return wrapper

    return decorate


def exception_handler(error: Exception, given: dict[str, Any]) -> HttpResponse | None:
    """settings.REST_FRAMEWORK["EXCEPTION_HANDLER"]: what DRF foresees becomes a problem; None re-raises the rest."""
    request = cast(HttpRequest, given["request"]._request)
    problem = _from_drf(error) if isinstance(error, drf.APIException) else as_problem(error)
    return None if problem is None else problem_response(problem, request=request)


def _from_drf(error: drf.APIException) -> Problem:
    match error:
        case drf.ValidationError():
            return refusal(error)
        case drf.ParseError():
            return errors.InvalidBody("본문을 읽을 수 없어요. 올바른 JSON인지 확인해 주세요.")
        case drf.NotAuthenticated() | drf.AuthenticationFailed():
            return errors.NotAuthenticated(headers={"WWW-Authenticate": "Bearer"})
        case drf.MethodNotAllowed():
            return MethodNotAllowed(())
        case drf.Throttled():
            return errors.Throttled(retry_after=int(getattr(error, "wait", None) or 0) + 1)
    return _by_status(error.status_code)


def refusal(error: drf.ValidationError) -> errors.InvalidBody:
    """What a serializer refused, field by field."""
    return errors.InvalidBody(errors=tuple(_field_errors(error.get_full_details())))


def _by_status(status: int) -> Problem:
    return _BY_STATUS.get(status, errors.InternalError)()


def _field_errors(details: Any, path: str = "") -> list[FieldError]:
    if isinstance(details, list):
        return [error for item in details for error in _field_errors(item, path)]
    if "message" in details and "code" in details and not isinstance(details["message"], dict | list):
        return [FieldError(path or "body", str(details["code"]), str(details["message"]))]
    return [error for name, item in details.items() for error in _field_errors(item, _path(path, str(name)))]


def _path(path: str, name: str) -> str:
    """What DRF says of a body or an object as a whole is of the object's own path."""
    return path if name == BODY else f"{path}.{name}" if path else name


def handler400(request: HttpRequest, exception: Exception) -> HttpResponse:
    return fault_response(exception, request=request)


def handler403(request: HttpRequest, exception: Exception) -> HttpResponse:
    return fault_response(exception, request=request)


def handler404(request: HttpRequest, exception: Exception) -> HttpResponse:
    return problem_response(NotFound(), request=request)


def handler500(request: HttpRequest) -> HttpResponse:
    """Django has logged the exception; the answer tells no details."""
    return problem_response(errors.InternalError(), request=request)
