"""The two kinds of token that we sign. What is in them is enough to serve a request without the database."""

import uuid
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from time import time
from typing import ClassVar

from rest_framework_simplejwt.exceptions import TokenError
from rest_framework_simplejwt.settings import api_settings
from rest_framework_simplejwt.tokens import Token

from accounts import keyring
from core.errors import NotAuthenticated

MAX_LENGTH = 4096
INVALID = {"WWW-Authenticate": 'Bearer error="invalid_token"'}


class _RingToken(Token):
    _token_backend = keyring.backend
    signed_with = ""

    def __str__(self) -> str:
        return keyring.backend.encode(self.payload, kid=self.signed_with)


class AccessJwt(_RingToken):
    token_type = "access"  # noqa: S105 - a kind, no secret
    lifetime = api_settings.ACCESS_TOKEN_LIFETIME


class RefreshJwt(_RingToken):
    token_type = "refresh"  # noqa: S105 - a kind, no secret
    lifetime = api_settings.REFRESH_TOKEN_LIFETIME


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Who a token speaks for: `request.user` of the API. Staff rights are never in a token."""

    id: uuid.UUID
    session_id: str
    is_authenticated: ClassVar[bool] = True
    is_anonymous: ClassVar[bool] = False
    is_active: ClassVar[bool] = True
    is_staff: ClassVar[bool] = False
    is_superuser: ClassVar[bool] = False

    @property
    def pk(self) -> uuid.UUID:
        return self.id


@dataclass(frozen=True, slots=True)
class Claims:
    """What a verified token says; `expires` is in seconds since 1970."""

    who: SignedIn
    token_id: uuid.UUID
    expires: int


def refused() -> NotAuthenticated:
    return NotAuthenticated("로그인 정보가 올바르지 않거나 기한이 지났어요. 다시 로그인해 주세요.", headers=INVALID)


def _read(kind: type[_RingToken], text: str) -> Claims:
    if len(text) > MAX_LENGTH:
        raise refused()
    try:
        token = kind(text)  # type: ignore[arg-type] # simplejwt's annotation names itself; it takes the text
        who = SignedIn(uuid.UUID(token["sub"]), str(uuid.UUID(token["sid"])))
        return Claims(who, uuid.UUID(token["jti"]), token["exp"])
    except (TokenError, KeyError, ValueError, TypeError, AttributeError):
        raise refused() from None


@lru_cache(maxsize=4096)
def _read_access(text: str, ring_name: tuple[str, ...]) -> Claims:
    # Verifying again what was verified a moment ago costs more than all the rest of a cached search.
    return _read(AccessJwt, text)


def read_access(text: str) -> Claims:
    """The verified claims of an access token. Raises NotAuthenticated."""
    claims = _read_access(text, keyring.ring_name())
    if claims.expires <= time():
        raise refused()
    return claims


def read_refresh(text: str) -> Claims:
    """The verified claims of a refresh token. Raises NotAuthenticated."""
    return _read(RefreshJwt, text)


def sign(
    kind: type[_RingToken],
    *,
    user_id: uuid.UUID,
    login_id: uuid.UUID,
    token_id: uuid.UUID,
    issued: int,
    lifetime: timedelta,
    kid: str,
) -> str:
    """The same arguments give the same token, as long as the key `kid` is in the ring."""
    token = kind()
    token.signed_with = kid
    times = {"iat": issued, "exp": issued + int(lifetime.total_seconds())}
    token.payload |= {"sub": str(user_id), "sid": str(login_id), "jti": token_id.hex, **times}
    return str(token)
