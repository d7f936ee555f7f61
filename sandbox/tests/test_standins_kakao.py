"""Kakao's stand-in speaks the wire contract (kakao_login.md), also where it is odd."""

import time
from urllib.parse import parse_qsl, urlsplit

import jwt
import pytest
import requests

from sandbox.standins import Standins
from sandbox.standins.kakao import ADMIN_KEY, CLIENT_SECRET, REST_API_KEY

BACK = "http://localhost:8000/login/kakao/callback"


@pytest.fixture(scope="module")
def standins():
    with Standins(detail_seconds=0, completion_seconds=0) as running:
        yield running


@pytest.fixture(autouse=True)
def _reset(standins):
    standins.reset()


def call(standins, method, path, **more):
    return requests.request(method, standins.url("kakao") + path, timeout=60, allow_redirects=False, **more)


def authorize(standins, **changed):
    asked = {"client_id": REST_API_KEY, "redirect_uri": BACK, "response_type": "code", "state": "s 1"} | changed
    return call(standins, "GET", "/oauth/authorize", params=asked)


def consent(standins, member=1, answer="agree", **asked):
    form = {"redirect_uri": BACK, "state": "s 1", "member": str(member), "answer": answer} | asked
    back = call(standins, "POST", "/oauth/authorize/consent", data=form)
    return dict(parse_qsl(urlsplit(back.headers["Location"]).query))


def token(standins, **changed):
    form = {
        "grant_type": "authorization_code", "client_id": REST_API_KEY, "client_secret": CLIENT_SECRET,
        "redirect_uri": BACK,
    } | changed  # fmt: skip
    return call(standins, "POST", "/oauth/token", data=form)


def bearer(access):
    return {"Authorization": f"Bearer {access}"}


def test_consent_brings_code_and_state_back(standins):
    assert "동의하고 계속하기" in authorize(standins).text
    assert consent(standins)["state"] == "s 1"
    assert consent(standins)["code"]


def test_cancelling_says_access_denied(standins):
    assert consent(standins, answer="cancel")["error"] == "access_denied"


@pytest.mark.parametrize(("changed", "code"), [
    ({"redirect_uri": "https://evil.example/"}, "KOE006"), ({"client_id": "x"}, "KOE101"),
    ({"response_type": "x"}, "KOE201"),
])  # fmt: skip
def test_kakaos_own_error_page_sends_nobody_back(standins, changed, code):
    answer = authorize(standins, **changed)
    assert answer.status_code == 400
    assert code in answer.text
    assert "Location" not in answer.headers


def test_a_page_shows_what_it_was_given_as_text(standins):
    assert "<script>" not in authorize(standins, state='"><script>').text


def test_prompt_none(standins):
    assert "error=consent_required" in authorize(standins, prompt="none").headers["Location"]
    consent(standins, 3)
    assert "code=" in authorize(standins, prompt="none").headers["Location"]


def test_a_code_becomes_tokens_once(standins):
    code = consent(standins, 2, nonce="n")["code"]
    body = token(standins, code=code).json()
    assert {"token_type", "access_token", "id_token", "expires_in", "refresh_token", "scope"} <= set(body)
    keys = jwt.PyJWKSet.from_dict(call(standins, "GET", "/.well-known/jwks.json").json())
    kid = jwt.get_unverified_header(body["id_token"])["kid"]
    claims = jwt.decode(body["id_token"], keys[kid], algorithms=["RS256"], audience=REST_API_KEY)
    assert (claims["sub"], claims["nonce"], claims["iss"]) == ("4815000002", "n", "https://kauth.kakao.com")
    assert claims["picture"].startswith("http://")
    again = token(standins, code=code)
    assert (again.status_code, again.json()["error_code"]) == (400, "KOE320")
    # Kakao's text repeats the code; whoever logs it logs a secret.
    assert code in again.json()["error_description"]


@pytest.mark.parametrize(("changed", "status", "code"), [
    ({"client_secret": "x"}, 401, "KOE010"), ({"client_id": "x"}, 401, "KOE101"),
    ({"redirect_uri": BACK + "/"}, 400, "KOE303"), ({"code": "x"}, 400, "KOE320"),
])  # fmt: skip
def test_kauths_errors(standins, changed, status, code):
    answer = token(standins, **({"code": consent(standins)["code"]} | changed))
    assert (answer.status_code, answer.json()["error_code"]) == (status, code)


def test_refreshing_gives_a_new_refresh_token_only_when_told(standins):
    first = token(standins, code=consent(standins)["code"]).json()
    form = {"grant_type": "refresh_token", "refresh_token": first["refresh_token"]}
    body = token(standins, **form).json()
    assert "refresh_token" not in body
    assert body["id_token"]
    standins.set("refresh_renews", 1)
    assert token(standins, **form).json()["refresh_token"]
    assert token(standins, **(form | {"refresh_token": "x"})).json()["error_code"] == "KOE322"


def test_members_and_apps(standins):
    me = call(standins, "GET", "/v2/user/me", headers=bearer("sandbox-user-4")).json()
    assert me["id"] == 4815000004
    assert me["kakao_account"]["profile"]["profile_image_url"].startswith("http://")
    secure = call(standins, "GET", "/v2/user/me?secure_resource=true", headers=bearer("sandbox-user-4")).json()
    assert secure["kakao_account"]["profile"]["profile_image_url"].startswith("https://")
    assert "kakao_account" not in call(standins, "GET", "/v2/user/me", headers=bearer("sandbox-user-7")).json()
    info = "/v1/user/access_token_info"
    assert call(standins, "GET", info, headers=bearer("sandbox-user-4")).json()["app_id"] == 1000
    assert call(standins, "GET", info, headers=bearer("other-app-user-4")).json()["app_id"] == 2000
    answer = call(standins, "GET", info, headers=bearer("made-up"))
    assert (answer.status_code, answer.json()["code"]) == (401, -401)


def test_unlinking(standins):
    access = token(standins, code=consent(standins, 5)["code"]).json()["access_token"]
    form = {"target_id_type": "user_id", "target_id": "4815000005"}
    key = {"Authorization": f"KakaoAK {ADMIN_KEY}"}
    assert call(standins, "POST", "/v1/user/unlink", data=form, headers=key).json() == {"id": 4815000005}
    assert call(standins, "GET", "/v2/user/me", headers=bearer(access)).status_code == 401
    again = call(standins, "POST", "/v1/user/unlink", data=form, headers=key)
    assert (again.status_code, again.json()["code"]) == (400, -101)
    assert call(standins, "POST", "/v1/user/unlink", data=form).status_code == 401


def test_keys_rotate_and_two_are_published(standins):
    vendor = standins.stand("kakao").vendor

    def published():
        return [key["kid"] for key in call(standins, "GET", "/.well-known/jwks.json").json()["keys"]]

    before = published()
    standins.set("signing_key", 2)
    assert len(published()) == 2
    assert published()[0] == before[1]
    assert jwt.get_unverified_header(vendor.id_token(1))["kid"] == published()[1]


def test_any_claims_can_be_made(standins):
    made = standins.stand("kakao").vendor.id_token(1, exp=None, iss="x")
    claims = jwt.decode(made, options={"verify_signature": False})
    assert "exp" not in claims
    assert claims["iss"] == "x"
    assert claims["iat"] <= time.time()


@pytest.mark.parametrize(("code", "status"), [(-1, 400), (-7, 400), (-603, 400), (-10, 400), (-402, 403), (-9798, 503)])
def test_kapis_errors(standins, code, status):
    standins.set_fault("kakao", "kapi_error", operation="me", code=code)
    answer = call(standins, "GET", "/v2/user/me", headers=bearer("sandbox-user-1"))
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert ("required_scopes" in answer.json()) == (code == -402)


def test_the_webhook_is_sent_on_request(standins):
    """Kakao's own stand-in serves as the receiver: it counts what it is asked."""
    receiver = standins.url("kakao") + "/hook"
    form = {"url": receiver, "member": "6", "method": "POST"}
    answer = call(standins, "POST", "/sandbox/unlinked", data=form)
    assert answer.json() == {"answered": 400}
    sent = next(request for request in standins.last_requests("kakao") if request.path == "/hook")
    assert sent.headers["authorization"] == f"KakaoAK {ADMIN_KEY}"
    assert dict(parse_qsl(sent.body.decode())) == {
        "app_id": "1000", "user_id": "4815000006", "referrer_type": "UNLINK_FROM_APPS",
    }  # fmt: skip


def test_discovery(standins):
    body = call(standins, "GET", "/.well-known/openid-configuration").json()
    assert body["issuer"] == "https://kauth.kakao.com"
    assert body["jwks_uri"] == standins.url("kakao") + "/.well-known/jwks.json"
