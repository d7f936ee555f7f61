"""What every page stands on: method and limit checks, what all templates know, and who must sign in.

A page raises `core.errors.Problem` for anything it cannot do; `dashboard.middleware` shows it as a page.
"""

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render

from core import context, throttling
from core.errors import MethodNotAllowed, NotAuthenticated
from dashboard.forms import resendable

TEXT_COOKIE = "text"
# What is shown may be one person's: only their own browser keeps it, and asks again each time.
_PRIVATE = "private, no-cache"
View = Callable[..., HttpResponseBase]


def page(*methods: str, scope: str = "default") -> Callable[[View], View]:
    """A page that answers these methods (GET when none is named) within the limit `scope`."""
    allowed = methods or ("GET",)

    def decorate(view: View) -> View:
        @wraps(view)
        def wrapper(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
            if request.method not in allowed and not (request.method == "HEAD" and "GET" in allowed):
                raise MethodNotAllowed(allowed)
            throttling.check(request, scope, anonymous=True)
            return view(request, *args, **kwargs)

        return wrapper

    return decorate


def signed_in(view: View) -> View:
    """Under `page`. Sends others to the login and back; of a form that came too late nothing typed is lost.

    htmx is told the problem: what it would have changed stays as it is on the page.
    """

    @wraps(view)
    def wrapper(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        if not request.user.is_authenticated:
            return _to_login(request)
        context.user_id.set(str(request.user.pk))
        return view(request, *args, **kwargs)

    return wrapper


def by_htmx(request: HttpRequest) -> bool:
    """Whether a part of a page asks, not a person who opens one."""
    return bool(getattr(request, "htmx", False))


def _to_login(request: HttpRequest) -> HttpResponse:
    if by_htmx(request):
        raise NotAuthenticated
    if request.method == "POST":
        return show(request, "dashboard/session_ended.html", {"form": resendable(request)}, status=401)
    return redirect(f"{settings.LOGIN_URL}?{urlencode({'next': request.get_full_path()})}")


def user_id(request: HttpRequest) -> UUID | None:
    """None: nobody is signed in."""
    return request.user.pk if request.user.is_authenticated else None


def person(request: HttpRequest) -> UUID:
    """Who is signed in; for views under `signed_in`."""
    found = user_id(request)
    if found is None:
        raise NotAuthenticated
    return found


def show(
    request: HttpRequest,
    template: str,
    values: Mapping[str, Any] | None = None,
    *,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
) -> HttpResponse:
    """The template with `values`, and what base.html wants to know."""
    owner = user_id(request)
    known = {
        "large_text": _large_text(request),
        # Tells the browser whose pages it keeps offline, and tells nobody else anything.
        "owner": throttling.user_key(str(owner)).rpartition(":")[2] if owner else "",
    }
    response = render(request, template, {**known, **(values or {})}, status=status)
    response.headers["Cache-Control"] = _PRIVATE
    for name, value in (headers or {}).items():
        response.headers[name] = value
    return response


def _large_text(request: HttpRequest) -> bool:
    """The account's wish, or this browser's."""
    if request.COOKIES.get(TEXT_COOKIE) in ("large", "normal"):
        return request.COOKIES[TEXT_COOKIE] == "large"
    return bool(getattr(request.user, "large_text", False))
