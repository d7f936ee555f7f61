"""Install ids: a signed random value that an app sends as `X-Install-ID`, so that each phone has its own limit."""

import secrets
from functools import lru_cache

from django.core.signing import BadSignature, Signer
from django.http import HttpRequest

from core.errors import FieldError, InvalidQuery

_SALT = "pilling.install"
_MAX_LENGTH = 120


def new_install_id() -> str:
    """A fresh signed id: `random:signature`."""
    return Signer(salt=_SALT).sign(secrets.token_urlsafe(16))


@lru_cache(maxsize=8192)
def _random_part(signed: str) -> str | None:
    try:
        return Signer(salt=_SALT).unsign(signed)
    except BadSignature:
        return None


def install_of(request: HttpRequest) -> str | None:
    """The caller's install id; None without the header. Raises InvalidQuery for one that we did not sign."""
    given = request.META.get("HTTP_X_INSTALL_ID")
    if not given:
        return None
    install = _random_part(given) if len(given) <= _MAX_LENGTH else None
    if install is None:
        detail = "X-Install-ID 값이 올바르지 않아요. POST /api/v1/installs로 새로 받아 주세요."
        raise InvalidQuery(detail, errors=[FieldError("X-Install-ID", "signature", detail)])
    return install
