"""Kakao's id_tokens, verified as contracts/kakao_login.md section 4 says: PyJWT checks most of it, the rest is here."""

import hmac
import threading
import time
from typing import Any

import jwt
from django.conf import settings

from accounts import client
from accounts.client import KakaoDenied, Member
from core.errors import VendorBadReply, VendorError, VendorUnreachable

ISSUER = "https://kauth.kakao.com"
LEEWAY_SECONDS = 60
MAX_LENGTH = 8192
_REQUIRED = ["exp", "iat", "iss", "aud", "sub"]


class _Keys:
    """Kakao's public keys in this process: fresh for ten minutes, and good for a day when Kakao does not answer.

    An unknown key id asks again, at most every 30 seconds: a rotated key is found, and made-up ids cost Kakao nothing.
    """

    FRESH, STALE, PAUSE, PAUSE_AFTER_FAILURE = 600.0, 86_400.0, 30.0, 3.0

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._keys: dict[str, jwt.PyJWK] = {}
        self._fetched = self._next_try = float("-inf")
        self._failed = False

    def find(self, kid: str) -> jwt.PyJWK:
        """Raises KakaoDenied for a key that Kakao does not have, VendorUnreachable when Kakao cannot be asked."""
        with self._lock:
            now = time.monotonic()
            wanted = kid not in self._keys or now - self._fetched > self.FRESH
            if wanted and now >= self._next_try:
                self._fetch()
            key = self._keys.get(kid)
            if key and now - self._fetched <= self.STALE:
                return key
            if self._failed:
                raise VendorUnreachable(client.NAME, "no keys")
            raise KakaoDenied(client.NAME, "unknown key id")

    def _fetch(self) -> None:
        try:
            self._keys, self._failed = _usable(client.jwks()), False
            self._fetched = time.monotonic()
        except VendorError:
            self._failed = True
        self._next_try = time.monotonic() + (self.PAUSE_AFTER_FAILURE if self._failed else self.PAUSE)

    def forget(self) -> None:
        self.__init__()  # type: ignore[misc]


keys = _Keys()


def _usable(published: list[Any]) -> dict[str, jwt.PyJWK]:
    """RS256 keys by id. Raises VendorBadReply when there is none."""
    found = {}
    for entry in published:
        if isinstance(entry, dict) and entry.get("kty") == "RSA" and isinstance(entry.get("kid"), str):
            try:
                found[entry["kid"]] = jwt.PyJWK(entry, algorithm="RS256")
            except (jwt.PyJWTError, ValueError):
                continue
    if not found:
        raise VendorBadReply(client.NAME, "no usable keys")
    return found


def audiences() -> list[str]:
    """Our own keys at Kakao: the REST key, and those of the apps' SDKs."""
    return [key for key in (settings.KAKAO_REST_API_KEY, *settings.KAKAO_APP_KEYS) if key]


def verify(token: str, *, nonce: str = "") -> Member:
    """Whom the id_token names. `nonce`: what the client gave to Kakao; a token that carries one needs it.

    Raises KakaoDenied, or VendorUnreachable when the keys cannot be had.
    """
    if len(token) > MAX_LENGTH:
        raise KakaoDenied(client.NAME, "id_token too long")
    try:
        claims = _claims(token)
        _check(claims, nonce)
    except (jwt.PyJWTError, ValueError, TypeError, OverflowError, RecursionError):
        raise KakaoDenied(client.NAME, "id_token not valid") from None
    return Member(claims["sub"], _text(claims, "nickname"), _text(claims, "picture"))


def _claims(token: str) -> dict[str, Any]:
    header = jwt.get_unverified_header(token)
    kid = header.get("kid")
    # Before a key is looked for: what nobody could have signed must not make us ask Kakao.
    if header.get("alg") != "RS256" or not isinstance(kid, str):
        raise jwt.InvalidTokenError
    claims: dict[str, Any] = jwt.decode(
        token, keys.find(kid), algorithms=["RS256"], audience=audiences(), issuer=ISSUER, leeway=LEEWAY_SECONDS,
        options={"require": _REQUIRED},
    )  # fmt: skip
    return claims


def _check(claims: dict[str, Any], nonce: str) -> None:
    """What PyJWT lets pass: numbers in quotes, several audiences, another's azp, any nonce, an odd member number."""
    sub, given = claims["sub"], claims.get("nonce", "")
    whole = all(isinstance(claims[name], int) and not isinstance(claims[name], bool) for name in ("exp", "iat"))
    ours = isinstance(claims["aud"], str) and claims.get("azp", claims["aud"]) in audiences()
    numbered = sub.isascii() and sub.isdigit() and len(sub) <= 19
    same = isinstance(given, str) and hmac.compare_digest(given.encode(), nonce.encode())
    if not (whole and ours and numbered and same):
        raise KakaoDenied(client.NAME, "id_token not valid")


def _text(claims: dict[str, Any], name: str) -> str:
    value = claims.get(name)
    return value if isinstance(value, str) else ""
