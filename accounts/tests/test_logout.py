"""Logging out: one device, all of them, with Redis away, and who is still signed in."""

import json
from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import DeniedLogin, Login, User
from accounts.services import denials, housekeeping, tokens
from accounts.tests.signing import bearer, me, post
from core import stores
from core.throttling import DENIED_PREFIX
from ops.models import AuditEvent

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _clean():
    stores.cache.client.flushdb()


@pytest.fixture
def pair(user):
    return tokens.issue(user_id=user.pk)


def test_logging_out_ends_this_device_alone(client, user, pair):
    other = tokens.issue(user_id=user.pk)
    assert post(client, "logout", pair.refresh).status_code == 204
    assert me(client, pair.access) == 401
    assert post(client, "refresh", pair.refresh).status_code == 401
    assert me(client, other.access) == 200
    assert post(client, "logout", pair.refresh).status_code == 204


def test_logging_out_again_is_noted_once(client, user, pair):
    for _ in range(3):
        assert post(client, "logout", pair.refresh).status_code == 204
    assert AuditEvent.objects.filter(action="logout").count() == 1


def test_logging_out_everywhere(client, user, pair):
    other = tokens.issue(user_id=user.pk)
    answer = client.post("/api/v1/auth/logout-all", HTTP_AUTHORIZATION=f"Bearer {pair.access}")
    assert answer.status_code == 204
    assert {me(client, pair.access), me(client, other.access)} == {401}
    assert {post(client, "refresh", token).status_code for token in (pair.refresh, other.refresh)} == {401}


def test_devices_are_listed(client, user):
    tokens.issue(user_id=user.pk, device="iPhone")
    dead = tokens.issue(user_id=user.pk)
    tokens.end(token=dead.refresh)
    found = client.get("/api/v1/auth/sessions", **bearer(user, device="Android")).json()["results"]
    assert sorted((device["device"], device["current"]) for device in found) == [("Android", True), ("iPhone", False)]


@pytest.mark.parametrize("asked", ["limit=5", "cursor=x", "user_id=1", "%00=1", "a=%FF"])
def test_the_list_of_devices_takes_no_conditions(client, user, asked):
    answer = client.get(f"/api/v1/auth/sessions?{asked}", **bearer(user))
    assert (answer.status_code, answer.json()["type"]) == (400, "/problems/invalid-query")


@pytest.mark.parametrize("path", ["auth/refresh", "auth/sessions"])
def test_options_tell_nothing_of_our_code(client, user, path):
    answer = client.options(f"/api/v1/{path}", **bearer(user))
    assert (answer.status_code, answer.json()) == (200, {})
    assert answer["Allow"].endswith("OPTIONS")


def test_a_devices_name_says_little(client, standins):
    for agent in ("Pilling/1 CFNetwork/1490 Darwin/23", "okhttp/4.12", "curl/8", "Mozilla (Windows NT 10.0) X"):
        body = {"access_token": "sandbox-user-1"}
        client.post("/api/v1/auth/kakao", body, content_type="application/json", HTTP_USER_AGENT=agent)
    names = Login.objects.order_by("created_at", "device").values_list("device", flat=True)
    assert sorted(names) == ["", "Android", "Windows", "iPhone"]


def test_limits_switched_off_do_not_bring_a_login_back(client, settings, pair):
    settings.THROTTLE_ENABLED = False
    assert me(client, pair.access) == 200
    post(client, "logout", pair.refresh)
    assert me(client, pair.access) == 401


def test_without_redis_logging_out_claims_nothing_and_works(client, killable, pair):
    killable.kill()
    answer = post(client, "logout", pair.refresh)
    assert (answer.status_code, answer.json()["type"]) == (503, "/problems/unavailable")
    assert answer["Retry-After"]
    # Refused all the same: the throttle asks the row while Redis is away.
    assert me(client, pair.access) == 401
    assert post(client, "refresh", pair.refresh).status_code == 401
    killable.start()
    stores.cache.reset()
    denials.sweep()
    assert me(client, pair.access) == 401
    assert post(client, "logout", pair.refresh).status_code == 204


def test_without_redis_who_is_signed_in_stays(client, killable, pair):
    killable.kill()
    assert me(client, pair.access) == 200
    assert post(client, "refresh", pair.refresh).status_code == 200


def test_an_empty_cache_forgets_no_denial(client, pair):
    post(client, "logout", pair.refresh)
    stores.cache.client.flushdb()
    assert denials.sweep() == 1
    assert me(client, pair.access) == 401
    left = stores.cache.client.ttl(DENIED_PREFIX + str(Login.objects.get().pk))
    assert 600 <= left <= 630
    DeniedLogin.objects.update(until=timezone.now())
    assert denials.sweep() == 0
    assert not DeniedLogin.objects.exists()


def test_old_logins_are_purged(user, pair):
    Login.objects.create(user=user, kind="app", expires_at=timezone.now() - timedelta(days=1))
    long_ended = timezone.now() - timedelta(days=31)
    Login.objects.create(user=user, kind="app", expires_at=timezone.now() + timedelta(days=9), revoked_at=long_ended)
    assert housekeeping.purge_logins() == 2
    assert Login.objects.count() == 1


def test_who_is_suspended_is_logged_out(client, settings, user, pair):
    storage = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = settings.STORAGES | {"staticfiles": storage}
    client.force_login(User.objects.create_superuser("boss", "a long password"))
    empty = dict.fromkeys(("username", "nickname", "picture"), "")
    fields = empty | {"time_zone": "Asia/Seoul", "meal_times": json.dumps(user.meal_times)}
    answer = client.post(f"/admin/accounts/user/{user.pk}/change/", fields)
    assert answer.status_code == 302, answer.content.decode()
    client.logout()
    assert me(client, pair.access) == 401
    assert post(client, "refresh", pair.refresh).status_code == 401
