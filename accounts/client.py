"""Kakao Login: plain functions from credentials to what Kakao says. Calls outside; knows no database.

Wire contract: contracts/kakao_login.md. All raise VendorError; KakaoDenied when it is the credential that is not good
(log in again), any other one when Kakao or our registration there is at fault. Kakao's texts echo codes and tokens, so
only error codes are kept.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.conf import settings

from core import breaker, metrics
from core.errors import VendorBadReply, VendorRefused, VendorUnreachable
from core.http import Reply, Vendor, ask

NAME = "kakao"
"""Its breaker's name. Calls are counted for its two hosts apart."""
AUTH, API = "kakao-auth", "kakao-api"
# Somebody waits in front of a login screen.
SECONDS = 5.0
_MAX_BODY = 256 * 1024
_MAX_MEMBER = 2**63
_RETRYABLE_KAPI = frozenset((-1, -7, -603, -9798))
_RETRYABLE_KAUTH = frozenset(("KOE003",))
_DENIED_KAUTH = frozenset(("KOE320",))
_OUR_KEY_KAUTH = frozenset(("KOE008", "KOE010", "KOE101"))
_BAD_KEY_OR_TOKEN, _QUOTA = -401, -10
_DENIED_KAPI = frozenset((-2, -101, -103, -401, -406))
NOT_LINKED = frozenset((-101, -103))


class KakaoDenied(VendorRefused):
    """The code or token is used, expired, unknown or another app's."""


class KakaoNotLinked(KakaoDenied):
    """No such member of our app (any more)."""


class KakaoKeyRefused(VendorRefused):
    """Our REST key, client secret or admin key: an operator must look."""

    outcome = "key"


class KakaoQuota(VendorRefused):
    """Too many calls for the app."""

    outcome = "quota"


for _vendor in (AUTH, API):
    metrics.begin_at_zero(metrics.external_calls, (_vendor, KakaoKeyRefused.outcome), (_vendor, KakaoQuota.outcome))


@dataclass(frozen=True, slots=True)
class CodeAnswer:
    """What a code is exchanged for; `id_token` is "" when OpenID Connect is off in Kakao's console."""

    access_token: str
    id_token: str


@dataclass(frozen=True, slots=True)
class Member:
    """A member of our app; everything but the number is "" when Kakao did not give it."""

    number: str
    nickname: str = ""
    picture: str = ""


def authorize_url(*, redirect_uri: str, state: str, nonce: str, challenge: str) -> str:
    """Where a browser is sent. https://developers.kakao.com/docs/latest/ko/kakaologin/rest-api#request-code"""
    params = {
        "client_id": settings.KAKAO_REST_API_KEY,
        "redirect_uri": redirect_uri,
        "response_type": "code",
        "scope": "openid,profile_nickname,profile_image",
        "state": state,
        "nonce": nonce,
        "code_challenge": challenge,
        "code_challenge_method": "S256",
    }
    return f"{settings.KAKAO_AUTH_BASE_URL}/oauth/authorize?{urlencode(params)}"


# https://developers.kakao.com/docs/latest/ko/kakaologin/rest-api#request-token
def exchange_code(*, code: str, redirect_uri: str, verifier: str) -> CodeAnswer:
    """Once for each code; not repeated on failure, since the first try may have used it up."""
    form = {
        "grant_type": "authorization_code",
        "client_id": settings.KAKAO_REST_API_KEY,
        "client_secret": settings.KAKAO_CLIENT_SECRET,
        "redirect_uri": redirect_uri,
        "code": code,
        "code_verifier": verifier,
    }
    body = _ask(_auth(), "POST", "/oauth/token", data={name: value for name, value in form.items() if value})
    return CodeAnswer(_text(body, "access_token"), str(body.get("id_token") or ""))


# https://developers.kakao.com/docs/latest/ko/kakaologin/utilize#oidc
def jwks() -> list[Any]:
    """The public keys that sign id_tokens, as Kakao publishes them."""
    keys = _ask(_auth(), "GET", "/.well-known/jwks.json").get("keys")
    if not isinstance(keys, list) or not keys:
        raise VendorBadReply(NAME, "no keys")
    return keys


# https://developers.kakao.com/docs/latest/ko/kakaologin/rest-api#get-token-info
def app_of(access_token: str) -> str:
    """The id of the app that an access token was issued to."""
    app_id = _ask(_api(), "GET", "/v1/user/access_token_info", headers=_bearer(access_token)).get("app_id")
    if not isinstance(app_id, int) or isinstance(app_id, bool):
        raise VendorBadReply(NAME, "no app_id")
    return str(app_id)


# https://developers.kakao.com/docs/latest/ko/kakaologin/rest-api#req-user-info
def member_of(access_token: str) -> Member:
    """Whose token it is. Tells nothing of the app that it was issued to: see `app_of`."""
    body = _ask(_api(), "GET", "/v2/user/me?secure_resource=true", headers=_bearer(access_token))
    number = body.get("id")
    if not isinstance(number, int) or isinstance(number, bool) or not 0 < number < _MAX_MEMBER:
        raise VendorBadReply(NAME, "no member number")
    account = body.get("kakao_account")
    profile = account.get("profile") if isinstance(account, dict) else None
    shown: dict[str, Any] = profile if isinstance(profile, dict) else {}
    return Member(str(number), _optional(shown, "nickname"), _optional(shown, "thumbnail_image_url"))


# https://developers.kakao.com/docs/latest/ko/kakaologin/rest-api#unlink
def unlink(number: str) -> None:
    """End a member's link to our app. Raises KakaoNotLinked when there is none."""
    headers = {"Authorization": f"KakaoAK {settings.KAKAO_ADMIN_KEY}"}
    form = {"target_id_type": "user_id", "target_id": number}
    _ask(_api(), "POST", "/v1/user/unlink", by_our_key=True, headers=headers, data=form)


def _auth() -> Vendor:
    return Vendor(AUTH, settings.KAKAO_AUTH_BASE_URL, 2.0, SECONDS, max_body_bytes=_MAX_BODY)


def _api() -> Vendor:
    return Vendor(API, settings.KAKAO_API_BASE_URL, 2.0, SECONDS, max_body_bytes=_MAX_BODY)


def _bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def _ask(vendor: Vendor, method: str, path: str, *, by_our_key: bool = False, **more: Any) -> dict[str, Any]:
    def once() -> dict[str, Any]:
        return ask(vendor, method, path, lambda reply: _said(vendor, reply, by_our_key), **more)

    return breaker.call(NAME, once)


def _said(vendor: Vendor, reply: Reply, by_our_key: bool) -> dict[str, Any]:
    """The body as an object. A refusal is told by the body's own code: Kakao says 400 for a bad day, too."""
    body = _object(reply.body)
    if reply.ok and body is not None:
        return body
    if reply.status < 300:
        raise VendorBadReply(NAME, "no JSON object")
    raise _refusal(vendor, reply, body or {}, by_our_key)


def _refusal(vendor: Vendor, reply: Reply, body: Mapping[str, Any], by_our_key: bool) -> Exception:
    said = body.get("error_code" if vendor.name == AUTH else "code")
    code = said if isinstance(said, int | str) else None
    if reply.status >= 500 or code in _RETRYABLE_KAPI | _RETRYABLE_KAUTH:
        return VendorUnreachable(NAME, _reason(reply, code))
    if reply.status < 400:
        return VendorBadReply(NAME, _reason(reply, code))
    if code in NOT_LINKED:
        return KakaoNotLinked(NAME, _reason(reply, code))
    return _kind(code, by_our_key)(NAME, _reason(reply, code))


def _kind(code: int | str | None, by_our_key: bool) -> Callable[..., VendorRefused]:
    if code in _OUR_KEY_KAUTH or (by_our_key and code == _BAD_KEY_OR_TOKEN):
        return KakaoKeyRefused
    if code == _QUOTA:
        return KakaoQuota
    return KakaoDenied if code in _DENIED_KAPI | _DENIED_KAUTH else VendorRefused


def _reason(reply: Reply, code: int | str | None) -> str:
    known = isinstance(code, int) or (isinstance(code, str) and code.startswith("KOE") and len(code) <= 8)
    return f"status {reply.status}, {code}" if known else f"status {reply.status}"


def _object(body: bytes) -> dict[str, Any] | None:
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return said if isinstance(said, dict) else None


def _text(body: Mapping[str, Any], name: str) -> str:
    value = body.get(name)
    if not isinstance(value, str) or not value:
        raise VendorBadReply(NAME, f"no {name}")
    return value


def _optional(body: Mapping[str, Any], name: str) -> str:
    value = body.get(name)
    return value if isinstance(value, str) else ""
