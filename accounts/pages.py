"""The pages that log a browser in and out. They work without JavaScript."""

from django.conf import settings
from django.contrib import auth
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST, require_safe

from accounts import devices
from accounts.models import User
from accounts.services import web
from core.errors import Problem
from core.throttling import check

_ATTEMPT = "kakao_login"
_LOGIN = "login_id"
_CANCELLED = "로그인을 취소했어요."
_MAX_NEXT = 500


@never_cache
@require_safe
def login_page(request: HttpRequest) -> HttpResponse:
    return _page(request)


@never_cache
@require_GET
def start(request: HttpRequest) -> HttpResponse:
    """To Kakao's consent page, with what must come back kept in the session."""
    check(request, "login", anonymous=True)
    attempt = web.begin(next_page=_safe_next(request, request.GET.get("next", "")))
    request.session[_ATTEMPT] = web.stored(attempt)
    if not request.user.is_authenticated:
        # Anybody may begin; what nobody finishes is not kept for a fortnight.
        request.session.set_expiry(web.ATTEMPT_SECONDS)
    return redirect(web.kakao_page(attempt, redirect_uri=_callback_address(request)))


@never_cache
@require_GET
def callback(request: HttpRequest) -> HttpResponse:
    """From Kakao's page, once."""
    check(request, "login", anonymous=True)
    held = request.session.pop(_ATTEMPT, None)
    try:
        attempt = web.resume(held, state=request.GET.get("state", ""))
        if "code" not in request.GET:
            return _page(request, message=_CANCELLED)
        code = request.GET["code"][:1024]
        user = web.finish(attempt, code=code, redirect_uri=_callback_address(request))
    except Problem as problem:
        return _page(request, message=problem.detail, status=problem.status, headers=problem.headers)
    _enter(request, user)
    return HttpResponseRedirect(_safe_next(request, attempt.next))


@never_cache
@require_POST
def logout(request: HttpRequest) -> HttpResponse:
    if isinstance(request.user, User):
        if login_id := request.session.get(_LOGIN):
            web.note_logout(request.user, login_id=login_id)
        auth.logout(request)
    response = redirect("login")
    # What a browser keeps to be read offline goes too; "cookies" would take the next login's CSRF cookie.
    response.headers["Clear-Site-Data"] = '"storage"'
    return response


def _enter(request: HttpRequest, user: User) -> None:
    """Django changes the session's key here, so that a key planted before the login is worth nothing after it."""
    auth.login(request, user, backend="django.contrib.auth.backends.ModelBackend")
    request.session.set_expiry(None)
    request.session[_LOGIN] = web.note_login(user, device=devices.name_of(request))


def _callback_address(request: HttpRequest) -> str:
    return request.build_absolute_uri(reverse("login-callback"))


def _safe_next(request: HttpRequest, wished: str) -> str:
    """A page of our own, or the default one: never another site, a script, or a protocol-relative address."""
    hosts = {request.get_host()}
    if len(wished) <= _MAX_NEXT and url_has_allowed_host_and_scheme(wished, hosts, require_https=request.is_secure()):
        return wished
    return str(settings.LOGIN_REDIRECT_URL)


def _page(
    request: HttpRequest, *, message: str = "", status: int = 200, headers: dict[str, str] | None = None
) -> HttpResponse:
    next_page = _safe_next(request, request.GET.get("next", ""))
    response = render(request, "accounts/login.html", {"message": message, "next": next_page}, status=status)
    for name, value in (headers or {}).items():
        response.headers[name] = value
    return response
