"""Logging a browser in and out: what it must bring back, and where it may be sent."""

from datetime import timedelta
from urllib.parse import parse_qsl, urlsplit

import pytest
from django.contrib.sessions.backends.cached_db import SessionStore
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from accounts.models import Login, User
from accounts.services import tokens, web
from accounts.tests.kakao_browser import answer_page
from core import stores
from ops.models import AuditEvent

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _clean(settings):
    stores.cache.client.flushdb()
    storage = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = settings.STORAGES | {"staticfiles": storage}


def to_kakao(client, **query):
    """What the browser carries to Kakao."""
    answer = client.get("/login/kakao", query)
    assert answer.status_code == 302
    return dict(parse_qsl(urlsplit(answer["Location"]).query))


def back(client, standins, asked, answer="agree", **changed):
    query = answer_page(standins, 1, answer, asked) | changed
    return client.get("/login/kakao/callback", query)


def log_in(client, standins, **query):
    return back(client, standins, to_kakao(client, **query))


def test_in_and_out(client, standins):
    assert "카카오로 로그인" in client.get("/login").content.decode()
    answer = log_in(client, standins)
    assert (answer.status_code, answer["Location"]) == (302, "/")
    page = client.get("/login").content.decode()
    assert "연습1 님, 로그인되어 있어요." in page
    login = Login.objects.get()
    assert (login.kind, login.revoked_at) == ("web", None)
    out = client.post("/logout")
    assert (out["Location"], out["Clear-Site-Data"]) == ("/login", '"storage"')
    assert "카카오로 로그인" in client.get("/login").content.decode()
    login.refresh_from_db()
    assert login.revoked_at
    actions = AuditEvent.objects.order_by("pk").values_list("action", "actor")
    assert list(actions) == [(action, str(login.user_id)) for action in ("login", "logout")]


def test_kakao_is_told_state_nonce_and_challenge(client, standins):
    asked = to_kakao(client)
    assert asked["code_challenge_method"] == "S256"
    assert min(len(asked[name]) for name in ("state", "nonce", "code_challenge")) >= 43
    assert asked["redirect_uri"] == "http://testserver/login/kakao/callback"
    assert "openid" in asked["scope"].split(",")
    assert to_kakao(client)["state"] != asked["state"]


def refused(answer):
    page = answer.content.decode()
    return answer.status_code == 401 and 'role="alert"' in page and "카카오로 로그인" in page


def test_another_state_is_refused(client, standins):
    assert refused(back(client, standins, to_kakao(client), state="another"))
    assert refused(back(client, standins, to_kakao(client), state=""))
    assert refused(back(client, standins, to_kakao(client), state="한글"))
    assert standins.calls("kakao")["token"] == 0
    assert not User.objects.exists()


def test_an_answer_that_nobody_asked_for_is_refused(client, standins):
    """Login CSRF: somebody else's code, opened in a browser that began nothing."""
    query = answer_page(standins, 1, "agree", to_kakao(Client()))
    assert refused(client.get("/login/kakao/callback", query))
    assert standins.calls("kakao")["token"] == 0


def test_an_answer_counts_once(client, standins):
    query = answer_page(standins, 1, "agree", to_kakao(client))
    assert client.get("/login/kakao/callback", query).status_code == 302
    client.post("/logout")
    assert refused(client.get("/login/kakao/callback", query))


def test_a_code_of_another_attempt_is_refused(client, standins):
    """The state is right but the code was made for another challenge and nonce."""
    theirs = answer_page(standins, 2, "agree", to_kakao(Client()))
    assert refused(back(client, standins, to_kakao(client), code=theirs["code"]))
    assert not User.objects.exists()


def test_after_ten_minutes_it_is_too_late(client, standins, monkeypatch):
    asked = to_kakao(client)
    real = web.time.time
    monkeypatch.setattr(web.time, "time", lambda: real() + 601)
    assert refused(back(client, standins, asked))


def test_cancelling(client, standins):
    answer = back(client, standins, to_kakao(client), answer="cancel")
    assert answer.status_code == 200
    assert "로그인을 취소했어요" in answer.content.decode()
    assert not User.objects.exists()


def test_kakao_is_away(client, standins):
    asked = to_kakao(client)
    query = answer_page(standins, 1, "agree", asked)
    standins.set_fault("kakao", "kauth_error", operation="token", error_code="KOE003")
    answer = client.get("/login/kakao/callback", query)
    assert (answer.status_code, "Retry-After" in answer) == (503, True)
    assert "잠시 뒤에" in answer.content.decode()


@pytest.mark.parametrize("wished", [
    "//evil.example", "https://evil.example", "http://evil.example/x", "javascript:alert(1)", "/\\evil.example",
    "\\\\evil.example", "///evil.example", "http:///evil.example", "//evil.example@testserver", " //evil.example",
    "\t//evil.example", "data:text/html,x", "https:evil.example", "/" + "a" * 600, "http://testserver@evil.example/",
    "/\r\nX-Evil: 1", "//%0d%0aevil.example", "",
])  # fmt: skip
def test_nobody_is_sent_elsewhere(client, standins, wished):
    answer = log_in(client, standins, next=wished)
    location = answer["Location"]
    assert location.startswith("/")
    assert not location.startswith(("//", "/\\"))
    assert "\n" not in location
    assert "X-Evil" not in answer.headers
    assert "evil" not in urlsplit(location).netloc


def test_an_own_page_is_kept(client, standins):
    assert log_in(client, standins, next="/login?x=1")["Location"] == "/login?x=1"


def test_a_planted_session_is_worth_nothing_after_the_login(client, standins):
    """Session fixation: the attacker knows the key that the browser had before."""
    asked = to_kakao(client)
    planted = client.cookies["sessionid"].value
    back(client, standins, asked)
    assert client.cookies["sessionid"].value != planted
    attacker = Client()
    attacker.cookies["sessionid"] = planted
    assert "카카오로 로그인" in attacker.get("/login").content.decode()
    assert not SessionStore(planted).get("_auth_user_id")


def test_an_attempt_is_kept_ten_minutes_and_a_login_a_fortnight(client, standins, settings):
    asked = to_kakao(client)
    assert client.cookies["sessionid"]["max-age"] == 600
    assert Session.objects.get().expire_date <= timezone.now() + timedelta(seconds=600)
    back(client, standins, asked)
    assert client.cookies["sessionid"]["max-age"] == settings.SESSION_COOKIE_AGE
    # Who is signed in and begins again keeps what they have.
    to_kakao(client)
    assert client.cookies["sessionid"]["max-age"] == settings.SESSION_COOKIE_AGE


def test_the_cookie(client, standins, settings):
    settings.SESSION_COOKIE_SECURE = True
    to_kakao(client)
    cookie = client.cookies["sessionid"]
    assert (cookie["httponly"], cookie["samesite"], cookie["secure"]) == (True, "Lax", True)


def test_logging_out_wants_a_post_and_its_token(standins):
    client = Client(enforce_csrf_checks=True)
    log_in(client, standins)
    assert client.get("/logout").status_code == 405
    assert client.post("/logout").status_code == 403
    assert "로그인되어 있어요" in client.get("/login").content.decode()
    said = client.post("/logout", headers={"Accept": "text/html,*/*"})
    assert (said.status_code, said["Content-Type"]) == (403, "text/html; charset=utf-8")
    assert "새로 연 뒤" in said.content.decode()
    assert client.post("/logout").json()["type"] == "/problems/forbidden"
    token = client.cookies["csrftoken"].value
    assert client.post("/logout", {"csrfmiddlewaretoken": token}).status_code == 302


def test_logging_out_everywhere_ends_the_browser_too(client, standins):
    log_in(client, standins)
    tokens.end_all(user_id=User.objects.get().pk)
    assert "카카오로 로그인" in client.get("/login").content.decode()


def test_an_erased_user_is_nobody(client, standins):
    log_in(client, standins)
    User.objects.get().delete()
    assert "카카오로 로그인" in client.get("/login").content.decode()


def test_staff_use_their_password(client, standins):
    User.objects.create_user(kakao_sub="1000:4815000001", is_staff=True)
    assert refused(log_in(client, standins))
    assert not AuditEvent.objects.filter(action="login").exists()
    assert client.get("/admin/").status_code == 302


def test_a_page_is_never_cached_and_has_its_policy(client, standins):
    answer = client.get("/login")
    assert "no-store" in answer["Cache-Control"]
    assert "default-src 'self'" in answer["Content-Security-Policy"]
    assert client.post("/login").status_code == 405


def test_a_nickname_is_text(client, standins):
    log_in(client, standins)
    User.objects.update(nickname="<script>alert(1)</script>")
    assert "<script>" not in client.get("/login").content.decode()


def test_the_api_knows_no_cookie(client, standins):
    log_in(client, standins)
    assert client.get("/api/v1/me").status_code == 401
