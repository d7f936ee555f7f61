"""The keys that sign the Kakao stand-in's id_tokens: made when first needed, two published, replaced by rotation."""

import json
import threading
import time
from collections.abc import Mapping

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from jwt.algorithms import RSAAlgorithm

ISSUER = "https://kauth.kakao.com"
_made: dict[int, RSAPrivateKey] = {}
_making = threading.Lock()


def key(number: int) -> RSAPrivateKey:
    """The private key of this number; the same one in the whole process."""
    with _making:
        if number not in _made:
            _made[number] = generate_private_key(public_exponent=65537, key_size=2048)
        return _made[number]


def kid(number: int) -> str:
    return f"sandbox-{number:028x}"


def jwks(current: int) -> dict[str, object]:
    """The key that signs now and the one before it."""
    return {"keys": [_public(number) for number in (current - 1, current)]}


def _public(number: int) -> Mapping[str, object]:
    public = json.loads(RSAAlgorithm.to_jwk(key(number).public_key()))
    return {"kid": kid(number), "kty": "RSA", "alg": "RS256", "use": "sig", "n": public["n"], "e": public["e"]}


def id_token(current: int, claims: Mapping[str, object]) -> str:
    """Signed with the current key. A claim that is given as None is left out."""
    now = int(time.time())
    whole = {"iss": ISSUER, "iat": now, "exp": now + 21_599, "auth_time": now, **claims}
    kept = {name: value for name, value in whole.items() if value is not None}
    return jwt.api_jws.encode(json.dumps(kept).encode(), key(current), algorithm="RS256", headers={"kid": kid(current)})
