"""What belongs to all pages: text size, the installable app, and what is shown without a connection."""

from hashlib import blake2b

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.templatetags.static import static
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.csrf import csrf_exempt

from accounts.services import profile
from dashboard.page import TEXT_COOKIE, page, show, user_id

_YEAR = 365 * 86_400
_SHELL = (
    "dashboard/pilling.css",
    "dashboard/days.css",
    "dashboard/pilling.js",
    "dashboard/find.js",
    "dashboard/medicine.js",
    "dashboard/offline.js",
    "dashboard/today.js",
    "dashboard/icon.svg",
    "medicines/no-picture.svg",
    "django_htmx/htmx-2.min.js",
)


# The same form stands on pages that may be old: what a stranger could do with it is to change a text size.
@csrf_exempt
@page("POST")
def text_size(request: HttpRequest) -> HttpResponse:
    large = request.POST.get("size") == "large"
    response = HttpResponseRedirect(_safe(request, request.POST.get("next", "")))
    if person := user_id(request):
        profile.update(user_id=person, changes={"large_text": large}, check=lambda user: None)
        response.delete_cookie(TEXT_COOKIE)
    else:
        size = "large" if large else "normal"
        response.set_cookie(
            TEXT_COOKIE, size, max_age=_YEAR, secure=settings.SESSION_COOKIE_SECURE, httponly=True, samesite="Lax"
        )
    return response


def _safe(request: HttpRequest, wished: str) -> str:
    """A page of our own; the finder else."""
    ours = url_has_allowed_host_and_scheme(wished, {request.get_host()}, require_https=request.is_secure())
    return wished if ours and len(wished) < 2_000 else "/"


@page()
def offline(request: HttpRequest) -> HttpResponse:
    """Kept by the service worker, and so the same for everybody."""
    return show(request, "dashboard/offline.html", {"owner": None, "large_text": False})


@page()
def manifest(request: HttpRequest) -> HttpResponse:
    icons = [
        {"src": static(f"dashboard/icon-{size}.png"), "sizes": f"{size}x{size}", "type": "image/png"}
        for size in (192, 512)
    ]
    body = {
        "name": "필링 - 약 찾기와 복약 챙기기",
        "short_name": "필링",
        "lang": "ko",
        "start_url": "/",
        "scope": "/",
        "display": "standalone",
        "background_color": "#f4f6f4",
        "theme_color": "#0b6b4d",
        "icons": [*icons, icons[1] | {"purpose": "maskable"}],
    }
    headers = {"Cache-Control": "public, max-age=3600"}
    return JsonResponse(body, content_type="application/manifest+json", headers=headers)


@page()
def service_worker(request: HttpRequest) -> HttpResponse:
    """At the root, since a worker serves what lies below its own address; its text names the files of this release."""
    files = [static(name) for name in _SHELL]
    values = {"files": files, "version": blake2b("\n".join(files).encode(), digest_size=6).hexdigest()}
    response = render(request, "dashboard/sw.js", values, content_type="text/javascript; charset=utf-8")
    response.headers["Cache-Control"] = "no-cache"
    return response
