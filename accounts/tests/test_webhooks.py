"""Kakao's unlink webhook, sent by the stand-in over real HTTP, and by people who are not Kakao."""

from contextlib import closing
from urllib.parse import urlencode

import psycopg2
import pytest
from django.db import connections

from accounts.models import ErasureReceipt, KakaoErrand, User
from accounts.services import errands
from accounts.tasks import note_unlinked, run_errand
from accounts.tests.signing import bearer
from core import stores
from sandbox.standins.kakao import ADMIN_KEY

pytestmark = pytest.mark.django_db(transaction=True)
PATH = "/api/v1/auth/kakao/unlinked"
FIELDS = {"app_id": "1000", "user_id": "4815000001", "referrer_type": "UNLINK_FROM_APPS"}
KEY = {"HTTP_AUTHORIZATION": f"KakaoAK {ADMIN_KEY}"}


@pytest.fixture(autouse=True)
def _clean(standins):
    stores.cache.client.flushdb()


@pytest.fixture
def sent(monkeypatch):
    """What is handed to the broker."""
    calls = []
    for task in (run_errand, note_unlinked):
        monkeypatch.setattr(task, "apply_async", lambda args, *_, t=task, **__: calls.append((t.name, *args)))
    return calls


def post(client, fields, **headers):
    return client.post(PATH, urlencode(fields), content_type="application/x-www-form-urlencoded", **headers)


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_kakao_is_answered_and_the_user_erased(live_server, kakao_standin, user, client, sent, method):
    headers = bearer(user)
    assert kakao_standin.send_unlinked(f"{live_server.url}{PATH}", 1, method=method) == 200
    errand = KakaoErrand.objects.get()
    assert sent == [("accounts.tasks.run_errand", errand.pk)]
    run_errand.apply((errand.pk,))
    assert not User.objects.exists()
    assert not KakaoErrand.objects.exists()
    assert ErasureReceipt.objects.count() == 1
    assert client.get("/api/v1/me", **headers).status_code == 401


def test_somebody_unknown_is_200_too(live_server, kakao_standin, sent):
    assert kakao_standin.send_unlinked(f"{live_server.url}{PATH}", 99) == 200
    run_errand.apply((KakaoErrand.objects.get().pk,))
    assert not KakaoErrand.objects.exists()
    assert not ErasureReceipt.objects.exists()


def test_twice_is_once(client, user, sent):
    for _ in range(2):
        assert post(client, FIELDS, **KEY).status_code == 200
    assert KakaoErrand.objects.count() == 1


@pytest.mark.parametrize("header", [
    {}, {"HTTP_AUTHORIZATION": ""}, {"HTTP_AUTHORIZATION": ADMIN_KEY}, {"HTTP_AUTHORIZATION": "KakaoAK "},
    {"HTTP_AUTHORIZATION": f"KakaoAK {ADMIN_KEY}x"}, {"HTTP_AUTHORIZATION": f"kakaoak {ADMIN_KEY}"},
    {"HTTP_AUTHORIZATION": "KakaoAK \xff\xfe"},
])  # fmt: skip
def test_somebody_else_is_refused_without_a_query(client, user, header, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert post(client, FIELDS, **header).status_code == 401
        assert client.get(PATH, FIELDS, **header).status_code == 401


def test_another_app_is_refused(client, user):
    assert post(client, FIELDS | {"app_id": "1001"}, **KEY).status_code == 401
    assert post(client, {}, **KEY).status_code == 401
    assert not KakaoErrand.objects.exists()


def test_without_an_admin_key_nobody_is_kakao(client, settings):
    settings.KAKAO_ADMIN_KEY = ""
    assert post(client, FIELDS, HTTP_AUTHORIZATION="KakaoAK ").status_code == 401


@pytest.mark.parametrize("user_id", ["", "x", "1' OR 1=1", "9" * 40, "-1", "４８", "4815\0"])
def test_a_number_that_is_none_does_no_harm(client, user, user_id):
    assert post(client, FIELDS | {"user_id": user_id}, **KEY).status_code == 200
    assert not KakaoErrand.objects.exists()


def test_other_methods(client):
    assert client.put(PATH, **KEY).status_code == 405


def test_a_body_that_is_no_form(client):
    for body, kind in ((b"\xff\xfe\x00", "text/plain"), (b"a" * 20_000, "application/x-www-form-urlencoded")):
        assert client.post(PATH, body, content_type=kind, **KEY).status_code == 401


def test_a_locked_database_does_not_make_kakao_wait(client, user, sent):
    """The database does not answer: 200 within three seconds all the same, and the broker keeps the message."""
    params = connections["default"].get_connection_params() | {"cursor_factory": None}
    with closing(psycopg2.connect(**params)) as other, other.cursor() as cursor:
        cursor.execute("LOCK TABLE accounts_kakao_errand IN ACCESS EXCLUSIVE MODE")
        assert post(client, FIELDS, **KEY).status_code == 200
    assert sent == [("accounts.tasks.note_unlinked", "1000:4815000001")]
    note_unlinked.apply(("1000:4815000001",))
    assert KakaoErrand.objects.get().kind == KakaoErrand.ERASE


def test_the_limit_of_a_statement_holds_for_the_webhook_alone(user):
    errands.note_unlinked(kakao_sub="1000:4815000001")
    with connections["default"].cursor() as cursor:
        cursor.execute("SHOW statement_timeout")
        assert cursor.fetchone()[0] == "5s"
