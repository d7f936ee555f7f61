"""Django's middleware for browsers, kept off the API: sessions and pages cost more than a cached search itself.

The API reads no cookie, so none of it protects anything there. The API's own headers are set by RequestMiddleware.
"""

from typing import Any, cast

from corsheaders.middleware import CorsMiddleware
from csp.middleware import CSPMiddleware, PolicyParts
from django.conf import settings
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.messages.middleware import MessageMiddleware
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.cache import patch_vary_headers
from django_htmx.middleware import HtmxMiddleware
from django_otp.middleware import OTPMiddleware
from whitenoise.middleware import WhiteNoiseMiddleware

API_PREFIX = "/api/v1/"
ADMIN_PREFIX = "/admin/"


class _PagesOnly:
    """Passes the API's requests straight on."""

    get_response: Any

    def __call__(self, request: HttpRequest) -> Any:
        if request.path_info.startswith(API_PREFIX):
            return self.get_response(request)
        return super().__call__(request)  # type: ignore[misc]


class PageSession(_PagesOnly, SessionMiddleware):
    pass


class PageAuthentication(_PagesOnly, AuthenticationMiddleware):
    pass


class PageSecondFactor(_PagesOnly, OTPMiddleware):  # type: ignore[misc]
    pass


class PageMessages(_PagesOnly, MessageMiddleware):
    pass


class PageHtmx(_PagesOnly, HtmxMiddleware):
    pass


class PageContentSecurity(_PagesOnly, CSPMiddleware):
    """The admin has a policy of its own, since it loads less than the product's pages."""

    def get_policy_parts(
        self, request: HttpRequest, response: HttpResponseBase, report_only: bool = False
    ) -> PolicyParts:
        parts = super().get_policy_parts(request, response, report_only)
        if request.path_info.startswith(ADMIN_PREFIX) and not report_only:
            parts.config = settings.ADMIN_CONTENT_SECURITY_POLICY
        return parts


class PageFiles(_PagesOnly, WhiteNoiseMiddleware):  # type: ignore[misc]
    pass


class ApiCors(CorsMiddleware):
    """CORS, at the price of one header for callers that are no browser of another site."""

    def __call__(self, request: HttpRequest) -> Any:
        if "HTTP_ORIGIN" in request.META:
            return super().__call__(request)
        response = cast(HttpResponseBase, self.get_response(request))
        patch_vary_headers(response, ("origin",))
        return response
