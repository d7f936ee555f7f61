"""Our own tokens' keys: the first of settings.JWT_SIGNING_KEYS signs, the others still verify, told apart by `kid`."""

import hashlib
import hmac
from functools import lru_cache
from typing import Any

import jwt
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from rest_framework_simplejwt.backends import TokenBackend

_MIN_SECRET = 32
ISSUER = "pilling"


@lru_cache(maxsize=8)
def _ring(entries: tuple[str, ...], secret_key: str) -> dict[str, bytes]:
    if not entries:
        derived = hmac.digest(secret_key.encode(), b"pilling.jwt", "sha256")
        return {"k" + hashlib.sha256(derived).hexdigest()[:8]: derived}
    ring = {kid: secret.encode() for kid, _, secret in (entry.partition(":") for entry in entries)}
    if len(ring) != len(entries) or any(not kid or len(key) < _MIN_SECRET for kid, key in ring.items()):
        raise ImproperlyConfigured(f"JWT_SIGNING_KEYS wants kid:secret, secrets of {_MIN_SECRET} characters or more.")
    return ring


def ring() -> dict[str, bytes]:
    """Key id to key; the first one signs. Without the setting, one key that is derived from DJANGO_SECRET_KEY."""
    return _ring(tuple(settings.JWT_SIGNING_KEYS), settings.SECRET_KEY)


def ring_name() -> tuple[str, ...]:
    """Changes whenever the ring does; for caches of what it verified."""
    return tuple(ring())


class KeyRingBackend(TokenBackend):
    """simplejwt's backend, with a `kid` in the header and the key looked up by it."""

    def encode(self, payload: dict[str, Any], *, kid: str = "") -> str:
        """Sign with the named key while the ring has it, else with the first."""
        keys = ring()
        kid = kid if kid in keys else next(iter(keys))
        return jwt.encode({**payload, "iss": ISSUER}, keys[kid], algorithm="HS256", headers={"kid": kid})

    def get_verifying_key(self, token: Any) -> bytes:
        key = ring().get(jwt.get_unverified_header(token).get("kid", ""))
        if key is None:
            raise jwt.InvalidTokenError("unknown kid")
        return key


backend = KeyRingBackend("HS256", issuer=ISSUER)
