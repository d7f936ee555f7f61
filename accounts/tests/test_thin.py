"""Login by access token, and who am I."""

import pytest

from accounts.models import User
from accounts.tests.signing import bearer

pytestmark = pytest.mark.django_db


def login(client, **body):
    return client.post("/api/v1/auth/kakao", body, content_type="application/json")


def test_a_first_login_makes_a_user(client, standins):
    answer = login(client, access_token="sandbox-user-1")
    assert answer.status_code == 200, answer.content
    assert answer.json()["is_new"]
    assert answer.json()["user"]["nickname"] == "연습1"
    assert answer.json()["user"]["picture"].startswith("https://")
    assert answer["Cache-Control"] == "no-store"
    me = client.get("/api/v1/me", HTTP_AUTHORIZATION=f"Bearer {answer.json()['access']}")
    assert me.status_code == 200
    assert me.json() == answer.json()["user"]
    assert not login(client, access_token="sandbox-user-1").json()["is_new"]
    assert User.objects.count() == 1


def test_me_needs_a_token(client, user):
    assert client.get("/api/v1/me").status_code == 401
    assert client.get("/api/v1/me", **bearer(user)).json()["id"] == str(user.pk)
