"""`Authorization: Bearer …` for DRF views and the throttle, without a query; revocation is the throttle's to see."""

from django.http import HttpRequest
from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request

from accounts.jwts import SignedIn, read_access, refused
from core import context
from core.errors import NotAuthenticated
from core.throttling import Identity

_SCHEME = "Bearer "


def bearer_of(request: HttpRequest) -> str | None:
    """The token of the header; None without one. Raises NotAuthenticated for another scheme or an empty token."""
    header: str | None = request.META.get("HTTP_AUTHORIZATION")
    if header is None:
        return None
    scheme, token = header[: len(_SCHEME)], header[len(_SCHEME) :]
    if scheme.lower() != _SCHEME.lower() or not token.isascii() or not token:
        raise refused()
    return token


def identify(request: HttpRequest) -> Identity | None:
    """For core.throttling: who calls. A token that does not hold counts as nobody's."""
    try:
        token = bearer_of(request)
        who = read_access(token).who if token else None
    except NotAuthenticated:
        return None
    return Identity(str(who.id), who.session_id) if who else None


class AccessToken(BaseAuthentication):
    """`request.user` is a SignedIn; no header is nobody, a bad token is 401."""

    def authenticate(self, request: Request) -> tuple[SignedIn, None] | None:
        token = bearer_of(request._request)
        if token is None:
            return None
        who = read_access(token).who
        context.user_id.set(str(who.id))
        return who, None

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"
