"""`@idempotent` for POST views, plain or DRF: a repeat under the same `Idempotency-Key` gets the first answer."""

import re
from collections.abc import Callable
from functools import wraps

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from core import throttling
from core.errors import FieldError, InvalidQuery, Problem
from core.problems import problem_response
from ops.services import Claim, StoredAnswer, abandon_request, begin_request, finish_request, hash_request

View = Callable[..., HttpResponseBase]
_KEY = re.compile(r"[\x21-\x7e]{1,255}\Z")
_KEPT_HEADERS = ("Content-Type", "Location", "ETag", "Retry-After")
_MAX_STORED_BYTES = 1_048_576


def idempotent(view: View) -> View:
    """Wrap a view function (`idempotent(ScrapList.as_view())`); only POSTs that carry the header are concerned.

    Keys are per caller (user, install or address) and kept 24 h. The same key with another body: 422; while the first
    is running: 409 with Retry-After. Answers from 500 on and 401, 409, 429 are not kept: a repetition may run again.
    """

    @wraps(view)
    def wrapper(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        if not _is_concerned(view, request):
            return view(request, *args, **kwargs)
        try:
            begun = _begin(request, request.META["HTTP_IDEMPOTENCY_KEY"])
            if isinstance(begun, StoredAnswer):
                # The view, which counts what it answers and refuses an ended login, is not called.
                throttling.check(request)
        except Problem as problem:
            return problem_response(problem, request=request)
        if isinstance(begun, StoredAnswer):
            return _replay(begun)
        return _run(begun, lambda: view(request, *args, **kwargs))

    return wrapper


def _is_concerned(view: View, request: HttpRequest) -> bool:
    """A POST with a key, from somebody whom the view will hear: a stranger gets its 401, and nothing is written."""
    if request.method != "POST" or "HTTP_IDEMPOTENCY_KEY" not in request.META:
        return False
    members_only = bool(getattr(getattr(view, "cls", None), "permission_classes", ()))
    return not members_only or throttling.identity_of(request) is not None


def _begin(request: HttpRequest, key: str) -> Claim | StoredAnswer:
    if not _KEY.match(key):
        detail = "Idempotency-Key는 1-255자의 영문, 숫자, 기호여야 해요."
        raise InvalidQuery(detail, errors=[FieldError("Idempotency-Key", "format", detail)])
    digest = hash_request(method="POST", path=request.get_full_path(), body=request.body)
    return begin_request(owner=throttling.caller_key(request), key=key, request_hash=digest)


def _run(claim: Claim, answer: Callable[[], HttpResponseBase]) -> HttpResponseBase:
    try:
        response = answer()
        if hasattr(response, "render"):
            response = response.render()
    except BaseException:
        abandon_request(claim=claim)
        raise
    if _worth_keeping(response):
        finish_request(claim=claim, answer=_stored(response))
    else:
        abandon_request(claim=claim)
    return response


def _worth_keeping(response: HttpResponseBase) -> bool:
    small = isinstance(response, HttpResponse) and len(response.content) <= _MAX_STORED_BYTES
    return small and response.status_code < 500 and response.status_code not in (401, 409, 429)


def _stored(response: HttpResponseBase) -> StoredAnswer:
    headers = {name: response.headers[name] for name in _KEPT_HEADERS if name in response.headers}
    return StoredAnswer(response.status_code, headers, response.content)  # type: ignore[attr-defined]


def _replay(answer: StoredAnswer) -> HttpResponse:
    headers = {**answer.headers, "Idempotent-Replayed": "true", "Cache-Control": "no-store"}
    return HttpResponse(answer.body, status=answer.status, headers=headers)
