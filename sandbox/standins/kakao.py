"""The stand-in of Kakao Login, kauth and kapi on one port: consent page, tokens, keys, members, unlinking."""

from collections.abc import Callable, Mapping
from typing import ClassVar
from urllib.parse import parse_qsl

import requests

from sandbox.standins import kakao_keys, kakao_pages
from sandbox.standins.faults import Fault
from sandbox.standins.kakao_members import (
    ACCESS_SECONDS,
    APP_ID,
    OTHER_APP_ID,
    REFRESH_SECONDS,
    Members,
    Token,
    member_of,
    number_of,
    verifies,
)  # fmt: skip
from sandbox.standins.vendor import FaultReply, Reply, Request, Vendor, json_reply

REST_API_KEY = "sandbox-key"
NATIVE_APP_KEY = "sandbox-native-key"
CLIENT_SECRET = "sandbox-kakao-secret"  # noqa: S105 - the stand-in's, no secret
ADMIN_KEY = "sandbox-kakao-admin-key"
SECRETS = {
    "KAKAO_APP_ID": str(APP_ID),
    "KAKAO_CLIENT_SECRET": CLIENT_SECRET,
    "KAKAO_ADMIN_KEY": ADMIN_KEY,
    "KAKAO_APP_KEYS": NATIVE_APP_KEY,
}
"""The variables that the product needs beside the REST key."""
_OPERATIONS = {
    "/oauth/authorize": "authorize",
    "/oauth/authorize/consent": "consent",
    "/oauth/token": "token",
    "/.well-known/openid-configuration": "discovery",
    "/.well-known/jwks.json": "jwks",
    "/v2/user/me": "me",
    "/v1/user/access_token_info": "token_info",
    "/v1/user/logout": "logout",
    "/v1/user/unlink": "unlink",
    "/sandbox/unlinked": "webhook",
}
# kakao_login.md section 7: the status that goes with each code; the rest are 400.
_KAPI_STATUS = {-3: 403, -4: 403, -5: 403, -12: 403, -401: 401, -402: 403, -406: 401, -9798: 503}
_KAUTH_STATUS = {"KOE010": 401, "KOE101": 401}
_UNLINK_REASON = "UNLINK_FROM_APPS"


class Kakao(Vendor):
    """Settings: signing_key (raise it to rotate), openid (0: no id_token), refresh_renews (1: refresh tokens anew)."""

    name = "kakao"
    fault_options: ClassVar[Mapping[str, Mapping[str, object]]] = {
        "kauth_error": {"error_code": "KOE003", "error": "server_error"},
        "kapi_error": {"code": -1},
        "other_app": {},
        "no_keys": {},
    }

    def __init__(self) -> None:
        super().__init__(signing_key=1, openid=1, refresh_renews=0)
        self.members = Members()

    def operation(self, request: Request) -> str:
        return _OPERATIONS.get(request.path, "unknown")

    def answer(self, request: Request) -> Reply:
        answers: dict[str, Callable[[Request], Reply]] = {
            "authorize": self._authorize,
            "consent": self._consent,
            "token": self._token,
            "discovery": _discovery,
            "jwks": lambda _: json_reply(kakao_keys.jwks(self._key)),
            "me": self._me,
            "token_info": self._token_info,
            "logout": self._logout,
            "unlink": self._unlink,
            "webhook": self._send_webhook,
        }
        found = answers.get(self.operation(request))
        return found(request) if found else kapi_error(-9)

    def fault_replies(self) -> Mapping[str, FaultReply]:
        return {
            "kauth_error": lambda fault, _: kauth_error(fault.text("error_code"), fault.text("error")),
            "kapi_error": lambda fault, _: kapi_error(fault.code()),
            "other_app": self._of_another_app,
            "no_keys": lambda _, __: json_reply({"keys": []}),
        }

    def reset(self) -> None:
        self.members.forget()

    @property
    def _key(self) -> int:
        return int(self.settings["signing_key"])

    def id_token(self, member: int, **claims: object) -> str:
        """Any id_token that Kakao could sign; claims replace its own, None leaves one out."""
        own = {"aud": REST_API_KEY, "sub": str(number_of(member)), "nickname": nickname(member), "picture": _picture()}
        return kakao_keys.id_token(self._key, {**own, **claims})

    def send_unlinked(
        self, url: str, member: int, *, method: str = "POST", reason: str = _UNLINK_REASON, **changed: str
    ) -> int:
        """The unlink webhook, as Kakao sends it; the status that it was answered with."""
        self.members.unlink(member)
        fields = {"app_id": str(APP_ID), "user_id": str(number_of(member)), "referrer_type": reason} | changed
        where = {"params" if method == "GET" else "data": fields}
        headers = {"Authorization": f"KakaoAK {ADMIN_KEY}"}
        answer = requests.request(method, url, headers=headers, timeout=3, allow_redirects=False, **where)  # type: ignore[arg-type]
        return answer.status_code

    def _authorize(self, request: Request) -> Reply:
        asked = request.params
        if asked.get("client_id") != REST_API_KEY:
            return kakao_pages.error("KOE101", "앱 키가 올바르지 않습니다")
        if not kakao_pages.registered(asked.get("redirect_uri", "")):
            return kakao_pages.error("KOE006", "등록하지 않은 리다이렉트 URI를 사용했습니다")
        if asked.get("response_type") != "code":
            return kakao_pages.error("KOE201", "response_type이 올바르지 않습니다")
        if asked.get("prompt") == "none":
            return self._silently(asked)
        return kakao_pages.consent(asked)

    def _silently(self, asked: Mapping[str, str]) -> Reply:
        linked = sorted(self.members.linked)
        if linked:
            return self._back(asked, {"code": self.members.new_code(linked[0], asked)})
        return self._back(asked, {"error": "consent_required", "error_description": "user consent required."})

    def _consent(self, request: Request) -> Reply:
        given = form(request)
        if not kakao_pages.registered(given.get("redirect_uri", "")):
            return kakao_pages.error("KOE006", "등록하지 않은 리다이렉트 URI를 사용했습니다")
        if given.get("answer") != "agree":
            return self._back(given, {"error": "access_denied", "error_description": "User denied access"})
        member = int(given["member"]) if given.get("member", "").isdigit() else 1
        return self._back(given, {"code": self.members.new_code(member, given)})

    def _back(self, asked: Mapping[str, str], values: dict[str, str]) -> Reply:
        state = {"state": asked["state"]} if asked.get("state") else {}
        return kakao_pages.back(asked["redirect_uri"], values | state)

    def _token(self, request: Request) -> Reply:
        given = form(request)
        if given.get("client_id") != REST_API_KEY:
            return kauth_error("KOE101", "invalid_client", "Not exist client_id")
        if given.get("client_secret") != CLIENT_SECRET:
            return kauth_error("KOE010", "invalid_client", "Bad client credentials")
        if given.get("grant_type") == "refresh_token":
            return self._refreshed(given)
        return self._by_code(given)

    def _by_code(self, given: Mapping[str, str]) -> Reply:
        code = given.get("code", "")
        grant = self.members.take_code(code)
        if grant is None or not verifies(grant, given.get("code_verifier", "")):
            return kauth_error("KOE320", "invalid_grant", f"authorization code not found for code={code}")
        if grant.redirect_uri != given.get("redirect_uri"):
            return kauth_error("KOE303", "invalid_grant", "Redirect URI mismatch.")
        openid = grant.openid and bool(self.settings["openid"])
        access, refresh = self.members.issue(grant.member, openid=openid)
        renewed = {"refresh_token": refresh, "refresh_token_expires_in": REFRESH_SECONDS}
        scope = {"scope": "profile_image openid profile_nickname" if openid else "profile_image profile_nickname"}
        return self._tokens(grant.member, access, openid, renewed | scope, nonce=grant.nonce or None)

    def _refreshed(self, given: Mapping[str, str]) -> Reply:
        held = self.members.refresh.get(given.get("refresh_token", ""))
        if held is None:
            return kauth_error("KOE322", "invalid_grant", "expired_or_invalid_refresh_token")
        access, refresh = self.members.issue(held.member, openid=held.openid)
        renews = bool(self.settings["refresh_renews"])
        renewed = {"refresh_token": refresh, "refresh_token_expires_in": REFRESH_SECONDS} if renews else {}
        return self._tokens(held.member, access, held.openid, renewed, nonce=None)

    def _tokens(
        self, member: int, access: str, openid: bool, more: Mapping[str, object], *, nonce: str | None
    ) -> Reply:
        id_token = {"id_token": self.id_token(member, nonce=nonce)} if openid else {}
        base = {"token_type": "bearer", "access_token": access, "expires_in": ACCESS_SECONDS}
        return json_reply({**base, **id_token, **more})

    def _bearer(self, request: Request) -> Token | None:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        return self.members.by_access(token) if scheme == "Bearer" else None

    def _me(self, request: Request) -> Reply:
        token = self._bearer(request)
        if token is None:
            return kapi_error(-401, "this access token does not exist")
        return json_reply(profile(token.member, secure=request.params.get("secure_resource") == "true"))

    def _token_info(self, request: Request) -> Reply:
        token = self._bearer(request)
        if token is None:
            return kapi_error(-401, "this access token does not exist")
        return _info(token.member, token.app_id)

    def _of_another_app(self, _: Fault, request: Request) -> Reply:
        token = self._bearer(request)
        return _info(token.member if token else 1, OTHER_APP_ID)

    def _logout(self, request: Request) -> Reply:
        token = self._bearer(request)
        return json_reply({"id": number_of(token.member)}) if token else kapi_error(-401)

    def _unlink(self, request: Request) -> Reply:
        if request.headers.get("authorization") == f"KakaoAK {ADMIN_KEY}":
            given = form(request)
            member = member_of(given.get("target_id", "")) if given.get("target_id_type") == "user_id" else None
        else:
            token = self._bearer(request)
            if token is None:
                return kapi_error(-401, "wrong appKey or this access token does not exist")
            member = token.member
        if member is None:
            return kapi_error(-2, "target_id is invalid")
        if not self.members.unlink(member):
            return kapi_error(-101, "NotRegisteredUserException")
        return json_reply({"id": number_of(member)})

    def _send_webhook(self, request: Request) -> Reply:
        """`POST /sandbox/unlinked` with url, member, method?, reason?: somebody unlinks the app at Kakao."""
        given = form(request)
        status = self.send_unlinked(
            given["url"], int(given["member"]), method=given.get("method", "POST"),
            reason=given.get("reason", _UNLINK_REASON),
        )  # fmt: skip
        return json_reply({"answered": status})


def form(request: Request) -> dict[str, str]:
    return dict(parse_qsl(request.body.decode("utf-8", "replace"), keep_blank_values=True))


def nickname(member: int) -> str:
    return f"연습{member}"


def _picture(scheme: str = "http") -> str:
    return f"{scheme}://k.kakaocdn.net/dn/sandbox/img_110x110.jpg"


def profile(member: int, *, secure: bool) -> dict[str, object]:
    """kakao_login.md section 5; every third member gave no picture, every seventh gave nothing."""
    if member % 7 == 0:
        return {"id": number_of(member), "connected_at": "2026-01-01T00:00:00Z"}
    shown: dict[str, object] = {"nickname": nickname(member)}
    if member % 3:
        shown["thumbnail_image_url"] = shown["profile_image_url"] = _picture("https" if secure else "http")
    account = {"profile_nickname_needs_agreement": False, "profile": shown}
    return {"id": number_of(member), "connected_at": "2026-01-01T00:00:00Z", "kakao_account": account}


def _info(member: int, app_id: int) -> Reply:
    twins = {"appId": app_id, "expiresInMillis": ACCESS_SECONDS * 1000}
    return json_reply({"id": number_of(member), "expires_in": ACCESS_SECONDS, "app_id": app_id, **twins})


def kauth_error(code: str, error: str, description: str = "error of the stand-in") -> Reply:
    body = {"error": error, "error_description": description, "error_code": code}
    return json_reply(body, _KAUTH_STATUS.get(code, 400))


def kapi_error(code: int, message: str = "error of the stand-in") -> Reply:
    more: dict[str, object] = {}
    if code == -402:
        more = {"api_type": "USER", "required_scopes": ["profile_nickname"], "allowed_scopes": []}
    return json_reply({"msg": message, "code": code, **more}, _KAPI_STATUS.get(code, 400))


def _discovery(request: Request) -> Reply:
    base = f"http://{request.headers.get('host', '')}"
    return json_reply(
        {
            "issuer": kakao_keys.ISSUER,
            "authorization_endpoint": f"{base}/oauth/authorize",
            "token_endpoint": f"{base}/oauth/token",
            "jwks_uri": f"{base}/.well-known/jwks.json",
            "token_endpoint_auth_methods_supported": ["client_secret_post"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "response_types_supported": ["code"],
            "grant_types_supported": ["authorization_code", "refresh_token"],
            "code_challenge_methods_supported": ["S256"],
        }
    )
