"""`/api/v1/me`: reading, changing, two devices at once, and everything that is held."""

import json

import pytest

from accounts import selectors
from accounts.models import User
from accounts.services import tokens
from accounts.tests.signing import bearer
from core import personal_data, stores
from ops.models import AuditEvent

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _clean():
    stores.cache.client.flushdb()


def patch(client, user, body, **headers):
    return client.patch("/api/v1/me", body, content_type="application/json", **bearer(user), **headers)


def test_me(client, user):
    body = client.get("/api/v1/me", **bearer(user)).json()
    own = {"id", "nickname", "picture", "time_zone", "meal_times", "large_text", "created_at"}
    assert set(body) == own | {"reminder_settings"}
    assert body["meal_times"] == {"breakfast": "08:00", "lunch": "12:30", "dinner": "18:30", "bedtime": "22:30"}
    assert client.get("/api/v1/me").status_code == 401


def test_a_nickname_is_cleaned_however_it_comes(client, user):
    assert patch(client, user, {"nickname": "홍\u202e길\u200b동\n\x07"}).json()["nickname"] == "홍길동"


def test_changing_what_moves_doses_raises_the_version(client, user):
    assert patch(client, user, {"nickname": "새 이름", "large_text": True}).json()["nickname"] == "새 이름"
    assert selectors.profile(user.pk).prefs_version == 1
    assert patch(client, user, {"meal_times": {"lunch": "13:00"}}).json()["meal_times"]["breakfast"] == "08:00"
    patch(client, user, {"time_zone": "Europe/Berlin"})
    patch(client, user, {"time_zone": "Europe/Berlin"})
    found = selectors.profile(user.pk)
    assert (found.prefs_version, found.time_zone, found.meal_times["lunch"]) == (3, "Europe/Berlin", "13:00")
    assert found.large_text


@pytest.mark.parametrize("body", [
    {"is_staff": True}, {"is_superuser": True}, {"user_id": "x"}, {"id": "x"}, {"kakao_sub": "1000:1"},
    {"prefs_version": 9}, {"picture": "https://x/"}, {"is_active": False}, {"created_at": "2026-01-01T00:00:00Z"},
    {"nickname": "가" * 61}, {"nickname": "a\0b"}, {"nickname": "\ud800"}, {"nickname": None}, {"nickname": {}},
    {"time_zone": "localtime"}, {"time_zone": "Factory"},
    {"time_zone": "Asia/Pyongyangg"}, {"time_zone": "../../etc/passwd"}, {"time_zone": ""}, {"time_zone": "a\0"},
    {"meal_times": {"lunch": "25:00"}}, {"meal_times": {"lunch": "1:00"}}, {"meal_times": {"lunch": "12:60"}},
    {"meal_times": {"supper": "18:00"}}, {"meal_times": []}, {"meal_times": None}, {"meal_times": {"lunch": None}},
    {"large_text": "maybe"}, {"large_text": None}, [], 5, "x",
])  # fmt: skip
def test_bad_changes(client, user, body):
    answer = patch(client, user, body)
    assert (answer.status_code, answer["Content-Type"]) == (400, "application/problem+json"), answer.content
    after = User.objects.get()
    assert (after.is_staff, after.prefs_version, after.nickname) == (False, 1, "연습1")


def test_two_devices_do_not_overwrite_each_other(client, user):
    etag = client.get("/api/v1/me", **bearer(user))["ETag"]
    assert patch(client, user, {"nickname": "하나"}, HTTP_IF_MATCH=etag).status_code == 200
    answer = patch(client, user, {"nickname": "둘"}, HTTP_IF_MATCH=etag)
    assert (answer.status_code, answer.json()["type"]) == (412, "/problems/precondition-failed")
    assert User.objects.get().nickname == "하나"
    assert client.delete("/api/v1/me", **bearer(user), HTTP_IF_MATCH=etag).status_code == 412
    assert User.objects.exists()
    etag = client.get("/api/v1/me", **bearer(user))["ETag"]
    assert patch(client, user, {"nickname": "둘"}, HTTP_IF_MATCH=f'"other", {etag}').status_code == 200
    assert patch(client, user, {"nickname": "셋"}, HTTP_IF_MATCH="*").status_code == 200


def test_what_a_phone_has_is_not_sent_again(client, user):
    etag = client.get("/api/v1/me", **bearer(user))["ETag"]
    same = client.get("/api/v1/me", **bearer(user), HTTP_IF_NONE_MATCH=f'"old", {etag}')
    assert (same.status_code, same.content, same["ETag"]) == (304, b"", etag)
    patch(client, user, {"large_text": True})
    assert client.get("/api/v1/me", **bearer(user), HTTP_IF_NONE_MATCH=etag).status_code == 200


def test_the_export_is_everything_in_pieces(client, user):
    headers = bearer(user, device="iPhone")
    tokens.issue(user_id=user.pk, device="Android")
    answer = client.get("/api/v1/me/export", **headers)
    assert answer.streaming
    assert answer["Content-Disposition"].startswith("attachment")
    assert answer["Cache-Control"] == "no-store"
    body = json.loads(b"".join(answer.streaming_content))
    assert body["format"] == "pilling-export-1"
    assert set(body["data"]) == set(personal_data._holders)
    assert body["data"]["accounts"]["user"]["kakao_sub"] == "1000:4815000001"
    assert [login["device"] for login in body["data"]["accounts"]["logins"]] == ["iPhone", "Android"]
    assert body["data"]["ops"]["audit"][-1]["action"] == "account.exported"
    assert AuditEvent.objects.get(action="account.exported").actor == str(user.pk)


def test_the_export_holds_nobody_else(client, user):
    other = User.objects.create_user(kakao_sub="1000:4815000002", nickname="다른사람")
    tokens.issue(user_id=other.pk, device="Windows")
    text = b"".join(client.get("/api/v1/me/export", **bearer(user)).streaming_content).decode()
    assert "다른사람" not in text
    assert "Windows" not in text
    assert "4815000002" not in text
