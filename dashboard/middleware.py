"""Problems, shown to people as pages. Programs (`Accept` without text/html, htmx, the API) get the document."""

import json
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.template.loader import render_to_string

from core.browser import API_PREFIX
from core.errors import Forbidden
from core.problems import problem_response
from dashboard.forms import resendable
from dashboard.page import by_htmx, show

_PROBLEM = "application/problem+json"
_OF_THE_DOCUMENT = ("Content-Type", "Content-Length")
_STRANGE = "화면이 오래되었거나 다른 곳에서 보낸 요청이에요. 앞 화면을 새로 연 뒤 다시 시도해 주세요."
_LATE = "화면을 연 지 오래되어 확인할 수 없었어요. 아래 단추로 다시 보내거나, 화면을 새로 열어 주세요."


class ProblemPages:
    """Stands outside what may refuse a request, so that a refusal is a page as well."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if response.headers.get("Content-Type") != _PROBLEM or not _is_person(request):
            return response
        return _as_page(response)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """settings.CSRF_FAILURE_VIEW: an old page's form, to be sent again; a stranger's form is refused."""
    form = resendable(request)
    if form and _is_person(request):
        return show(request, "dashboard/resend.html", {"form": form, "message": _LATE}, status=403)
    return problem_response(Forbidden(_STRANGE), request=request)


def _is_person(request: HttpRequest) -> bool:
    asks = "text/html" in request.headers.get("Accept", "") and not by_htmx(request)
    return asks and not request.path_info.startswith(API_PREFIX)


def _as_page(response: HttpResponseBase) -> HttpResponse:
    """Without the user: the database may be what is away."""
    problem = json.loads(getattr(response, "content", b"{}"))
    headers = {
        name: value for name, value in response.headers.items() if name not in ("Content-Type", "Content-Length")
    }
    body = render_to_string("dashboard/problem.html", {"problem": problem})
    page = HttpResponse(body, status=response.status_code, headers=headers)
    page.headers["Content-Length"] = str(len(page.content))
    page._has_been_logged = True  # type: ignore[attr-defined]  # as core.problems says
    return page
