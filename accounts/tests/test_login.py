"""`POST /api/v1/auth/kakao`: three ways in, what Kakao refuses, and what happens while it is away."""

import threading
from contextlib import ExitStack

import pytest
from django.test import Client

from accounts.models import KakaoErrand, Login, User
from accounts.services import kakao
from accounts.tests.kakao_browser import CALLBACK, CHALLENGE, VERIFIER, agree
from accounts.tests.signing import bearer
from accounts.tests.together import behind, together
from ops.models import AuditEvent
from sandbox.standins.kakao import NATIVE_APP_KEY

pytestmark = pytest.mark.django_db
BY_TOKEN = {"access_token": "sandbox-user-5"}


def login(client, **body):
    return client.post("/api/v1/auth/kakao", body, content_type="application/json")


def code_of(standins, member=1, **asked):
    return agree(standins, member, code_challenge=CHALLENGE, code_challenge_method="S256", **asked)["code"]


def by_code(client, code, **changed):
    return login(client, **({"code": code, "redirect_uri": CALLBACK, "code_verifier": VERIFIER} | changed))


def test_an_access_token_logs_in(client, standins):
    answer = login(client, access_token="sandbox-user-1")
    assert answer.status_code == 200
    assert answer["Cache-Control"] == "no-store"
    body = answer.json()
    assert set(body) == {"access", "access_expires_in", "refresh", "refresh_expires_in", "user", "is_new"}
    assert (body["access_expires_in"], body["refresh_expires_in"]) == (600, 60 * 86_400)
    assert (body["user"]["nickname"], body["is_new"]) == ("연습1", True)
    assert body["user"]["picture"].startswith("https://")
    me = client.get("/api/v1/me", HTTP_AUTHORIZATION=f"Bearer {body['access']}")
    assert me.json() == body["user"]
    assert not login(client, access_token="sandbox-user-1").json()["is_new"]
    assert User.objects.get().kakao_sub == "1000:4815000001"


def test_an_id_token_logs_in(client, standins, kakao_standin):
    for audience in ("sandbox-key", NATIVE_APP_KEY):
        answer = login(client, id_token=kakao_standin.id_token(2, aud=audience, nonce="n-1"), nonce="n-1")
        assert answer.status_code == 200, answer.content
    assert User.objects.get().picture == "https://k.kakaocdn.net/dn/sandbox/img_110x110.jpg"
    assert standins.calls("kakao") == {"jwks": 1}


def test_a_code_logs_in_once(client, standins):
    code = code_of(standins, nonce="n-1")
    assert by_code(client, code, nonce="n-1").json()["is_new"]
    assert by_code(client, code, nonce="n-1").json()["type"] == "/problems/login-refused"


def test_all_three_are_one_person(client, standins, kakao_standin):
    login(client, access_token="sandbox-user-3")
    login(client, id_token=kakao_standin.id_token(3))
    by_code(client, code_of(standins, 3))
    assert User.objects.count() == 1
    assert Login.objects.count() == 3
    ways = AuditEvent.objects.filter(action="login").values_list("details__way", flat=True)
    assert sorted(ways) == ["access_token", "code", "id_token"]


def test_without_openid_the_member_is_asked_for(client, standins):
    standins.set("openid", 0)
    assert by_code(client, code_of(standins, 4)).json()["user"]["nickname"] == "연습4"
    assert standins.calls("kakao")["me"] == 1


@pytest.mark.parametrize("changed", [
    {"code_verifier": "w" * 64}, {"nonce": "another"}, {"code": "sbx-code-made-up"},
])  # fmt: skip
def test_a_code_that_is_not_this_clients(client, standins, changed):
    wanted = {"code": code_of(standins, nonce="n-1"), "nonce": "n-1"} | changed
    answer = by_code(client, **wanted)
    assert (answer.status_code, answer.json()["type"]) == (401, "/problems/login-refused")
    assert not User.objects.exists()


def test_a_code_without_its_nonce(client, standins):
    assert by_code(client, code_of(standins, nonce="n-1")).status_code == 401


def test_a_token_of_another_app_is_refused_before_anything_is_read(client, standins):
    answer = login(client, access_token="other-app-user-1")
    assert (answer.status_code, answer.json()["type"]) == (401, "/problems/login-refused")
    assert standins.calls("kakao") == {"token_info": 1}
    assert not User.objects.exists()


def test_an_app_id_that_only_looks_like_ours(client, standins):
    standins.set_fault("kakao", "garbage", operation="token_info", shape='{"id":4815000001,"app_id":"1000"}')
    assert login(client, access_token="sandbox-user-1").status_code == 503
    standins.set_fault("kakao", "garbage", operation="token_info", shape='{"id":4815000001,"app_id":true}')
    assert login(client, access_token="sandbox-user-1").status_code == 503


def test_a_member_who_gave_nothing_but_a_number(client, standins):
    answer = login(client, access_token="sandbox-user-7")
    assert (answer.json()["user"]["nickname"], answer.json()["user"]["picture"]) == ("", "")


@pytest.mark.parametrize("profile", [
    '{"nickname":null,"thumbnail_image_url":5}', "null", "[]", '{"thumbnail_image_url":"javascript:alert(1)"}',
    '{"thumbnail_image_url":"http://x/ y"}', '{"thumbnail_image_url":"https://x/%s"}' % ("a" * 600),
])  # fmt: skip
def test_an_odd_profile_does_no_harm(client, standins, profile):
    shape = '{"id":4815000001,"kakao_account":{"profile":' + profile + "}}"
    standins.set_fault("kakao", "garbage", operation="me", shape=shape)
    answer = login(client, access_token="sandbox-user-1")
    assert (answer.json()["user"]["nickname"], answer.json()["user"]["picture"]) == ("", "")


def test_a_nickname_is_cleaned(client, standins, kakao_standin):
    answer = login(client, id_token=kakao_standin.id_token(1, nickname="\0 홍\u202e길동\n" + "가" * 80))
    assert answer.json()["user"]["nickname"] == "홍길동" + "가" * 57


def test_a_suspended_account_is_not_let_in(client, standins):
    User.objects.create_user(kakao_sub="1000:4815000001", is_active=False)
    assert login(client, access_token="sandbox-user-1").status_code == 401
    assert not Login.objects.exists()


# kakao_login.md sections 3 and 7: what each error means to who logs in.
@pytest.mark.parametrize(("operation", "fault", "status"), [
    ("token_info", {"kind": "kapi_error", "code": -401}, 401),
    ("token_info", {"kind": "kapi_error", "code": -2}, 401),
    ("token_info", {"kind": "kapi_error", "code": -1}, 503),
    ("token_info", {"kind": "kapi_error", "code": -7}, 503),
    ("token_info", {"kind": "kapi_error", "code": -603}, 503),
    ("token_info", {"kind": "kapi_error", "code": -9798}, 503),
    ("token_info", {"kind": "kapi_error", "code": -10}, 503),
    ("me", {"kind": "kapi_error", "code": -402}, 503),
    ("me", {"kind": "kapi_error", "code": -406}, 401),
    ("me", {"kind": "kapi_error", "code": -101}, 401),
    ("me", {"kind": "garbage"}, 503),
    ("me", {"kind": "garbage", "shape": "list"}, 503),
    ("me", {"kind": "garbage", "shape": '{"id":"4815000001"}'}, 503),
    ("me", {"kind": "garbage", "shape": '{"id":-5}'}, 503),
    ("me", {"kind": "truncated"}, 503),
    ("me", {"kind": "oversize"}, 503),
    ("me", {"kind": "reset"}, 503),
    ("me", {"kind": "html"}, 503),
])  # fmt: skip
def test_what_kapi_says(client, standins, operation, fault, status):
    fault = dict(fault)
    standins.set_fault("kakao", fault.pop("kind"), operation=operation, **fault)
    answer = login(client, access_token="sandbox-user-1")
    assert answer.status_code == status, answer.content
    assert ("Retry-After" in answer) == (status == 503)
    assert not User.objects.exists()


@pytest.mark.parametrize(("code", "status"), [
    ("KOE320", 401), ("KOE003", 503), ("KOE010", 503), ("KOE101", 503), ("KOE237", 503), ("KOE303", 503),
    ("KOE114", 503),
])  # fmt: skip
def test_what_kauth_says(client, standins, code, status):
    standins.set_fault("kakao", "kauth_error", operation="token", error_code=code)
    assert by_code(client, code_of(standins)).status_code == status
    # Never asked twice: the first try may have used the code up.
    assert standins.calls("kakao")["token"] == 1


def test_kakao_is_away_and_who_is_signed_in_stays(client, standins, user):
    standins.set_fault("kakao", "refused")
    headers = bearer(user)
    for _ in range(7):
        answer = login(client, access_token="sandbox-user-1")
        assert (answer.status_code, answer.json()["type"]) == (503, "/problems/login-unavailable")
        assert int(answer["Retry-After"]) > 0
    assert client.get("/api/v1/me", **headers).status_code == 200
    standins.clear_faults()


@pytest.mark.parametrize(("held", "places"), [("_places", 3), ("_door", 5)])
def test_a_kakao_that_hangs_holds_few_threads(client, standins, monkeypatch, held, places):
    monkeypatch.setattr(kakao, "_WAIT_SECONDS", 0.01)
    with ExitStack() as out:
        for _ in range(places):
            out.enter_context(kakao._taken(getattr(kakao, held), wait=0))
        answer = login(client, **BY_TOKEN)
        assert (answer.status_code, answer.json()["type"]) == (503, "/problems/login-unavailable")
        assert int(answer["Retry-After"]) > 0
        assert standins.calls("kakao") == {}
    assert login(client, **BY_TOKEN).status_code == 200


def test_who_was_refused_leaves_their_place(client, standins, monkeypatch):
    monkeypatch.setattr(kakao, "_WAIT_SECONDS", 0.01)
    for token in ("other-app-user-1", "nobodys") * 4:
        assert login(client, access_token=token).status_code == 401
    assert login(client, **BY_TOKEN).status_code == 200


def test_one_members_limit_does_not_stop_the_others(client, standins):
    standins.set_fault("kakao", "kauth_error", operation="token", error_code="KOE237", times=8)
    for _ in range(8):
        assert by_code(client, code_of(standins)).status_code == 503
    assert by_code(client, code_of(standins)).status_code == 200


def test_without_keys_nobody_logs_in(client, standins, settings):
    for missing in ("KAKAO_APP_ID", "KAKAO_REST_API_KEY"):
        held = getattr(settings, missing)
        setattr(settings, missing, "")
        assert login(client, access_token="sandbox-user-1").status_code == 503
        setattr(settings, missing, held)
    assert standins.calls("kakao") == {}


@pytest.mark.parametrize("body", [
    {}, {"code": "c"}, {"code": "c", "redirect_uri": "javascript:alert(1)"}, {"code": "c", "redirect_uri": "x"},
    {"access_token": "a", "id_token": "b"}, {"access_token": ""}, {"access_token": "a\r\nX-Evil: 1"},
    {"access_token": "a\0"}, {"access_token": "\ud800"}, {"access_token": "한글"}, {"access_token": ["a"]},
    {"access_token": {"a": 1}}, {"access_token": None}, {"access_token": "a" * 100_000}, {"id_token": "a" * 100_000},
    {"access_token": "sandbox-user-1", "is_staff": True}, {"access_token": "sandbox-user-1", "user_id": 1},
    {"access_token": "sandbox-user-1", "redirect_uri": CALLBACK}, [], "text", 5, None,
])  # fmt: skip
def test_bad_bodies(client, standins, body):
    answer = client.post("/api/v1/auth/kakao", body, content_type="application/json")
    assert answer.status_code == 400, answer.content
    assert answer["Content-Type"] == "application/problem+json"
    assert standins.calls("kakao") == {}


def test_a_stale_token_in_the_header_does_not_keep_anybody_out(client, standins, user):
    stale = {"HTTP_AUTHORIZATION": "Bearer rubbish"}
    answer = client.post("/api/v1/auth/kakao", {"access_token": "sandbox-user-1"}, "application/json", **stale)
    assert answer.status_code == 200


def test_who_comes_back_is_not_unlinked(client, standins):
    KakaoErrand.objects.create(kind="unlink", kakao_sub="1000:4815000001")
    KakaoErrand.objects.create(kind="unlink", kakao_sub="1000:4815000002")
    login(client, access_token="sandbox-user-1")
    assert KakaoErrand.objects.get().kakao_sub == "1000:4815000002"


@pytest.mark.django_db(transaction=True)
def test_who_is_erased_while_logging_in_comes_as_somebody_new(standins):
    before = User.objects.create_user(kakao_sub="1000:4815000005")
    with behind(User.objects.select_for_update().get, lambda: login(Client(), **BY_TOKEN)) as answers:
        User.objects.all().delete()
    assert answers[0].status_code == 200
    assert answers[0].json()["is_new"]
    assert User.objects.get().pk != before.pk


@pytest.mark.django_db(transaction=True)
def test_two_hundred_first_logins_make_one_user(standins, monkeypatch):
    # More at a time than the threads of a process: here it is about the table.
    for name in ("_door", "_places"):
        monkeypatch.setattr(kakao, name, threading.BoundedSemaphore(200))
    answers = together(200, lambda: login(Client(), access_token="sandbox-user-5").json())
    assert User.objects.count() == 1
    assert {answer["user"]["id"] for answer in answers} == {str(User.objects.get().pk)}
    assert sum(answer["is_new"] for answer in answers) == 1
    assert Login.objects.count() == 200
