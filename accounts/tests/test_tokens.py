"""Our own tokens: what is refused, the turn of refresh tokens, logging out, and keys that rotate."""

import base64
import json
import time
import uuid
from datetime import timedelta

import jwt
import pytest
from django.test import Client
from django.utils import timezone

from accounts import jwts, keyring
from accounts.models import Login, User
from accounts.services import tokens
from accounts.tests.signing import bearer, me, post
from accounts.tests.together import together
from core import stores
from ops.models import AuditEvent

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _clean():
    stores.cache.client.flushdb()


@pytest.fixture
def pair(user):
    return tokens.issue(user_id=user.pk)


def later(seconds):
    """Move every login into the past instead of waiting."""
    for login in Login.objects.all():
        login.issued_at -= timedelta(seconds=seconds)
        login.save()


def signed(claims, *, kid=None, key=None, algorithm="HS256", **header):
    ring = keyring.ring()
    kid = next(iter(ring)) if kid is None else kid
    return jwt.encode(claims, key or next(iter(ring.values())), algorithm=algorithm, headers={"kid": kid} | header)


def good_claims(user, **changed):
    now = int(time.time())
    whole = {
        "token_type": "access", "iss": "pilling", "sub": str(user.pk), "sid": str(uuid.uuid4()),
        "jti": uuid.uuid4().hex, "iat": now, "exp": now + 60,
    }  # fmt: skip
    return {name: value for name, value in (whole | changed).items() if value is not None}


def test_a_token_of_our_own_making_holds(client, user):
    assert me(client, signed(good_claims(user))) == 200


@pytest.mark.parametrize("changed", [
    {"exp": 1}, {"exp": None}, {"exp": "soon"}, {"iss": "someone"}, {"iss": None}, {"token_type": "refresh"},
    {"token_type": None}, {"sub": "1"}, {"sub": None}, {"sid": "x"}, {"sid": None}, {"jti": None}, {"jti": "x"},
    {"nbf": 9_999_999_999}, {"iat": 9_999_999_999},
])  # fmt: skip
def test_claims_that_do_not_count(client, user, changed):
    assert me(client, signed(good_claims(user, **changed))) == 401


def test_signatures_that_do_not_count(client, user):
    claims = good_claims(user)
    head = base64.urlsafe_b64encode(json.dumps({"alg": "none", "kid": next(iter(keyring.ring()))}).encode()).decode()
    body = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode()
    good = signed(claims)
    bad = [
        f"{head.rstrip('=')}.{body.rstrip('=')}.",
        signed(claims, key=b"x" * 32),
        signed(claims, kid="unknown"),
        signed(claims, kid=""),
        jwt.encode(claims, next(iter(keyring.ring().values())), algorithm="HS256"),
        signed(claims, algorithm="HS512", key=next(iter(keyring.ring().values())) * 2),
        good[:-4] + "AAAA",
        good + "x" * 100_000,
        "x" * 100_000,
        "a.b.c",
    ]
    assert {me(client, token) for token in bad} == {401}


@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer ", "Basic abc", "Bearer a b", "Bearer \xed\x95\x9c", "Token x"]
)
def test_headers_that_are_none(client, header):
    answer = client.get("/api/v1/me", HTTP_AUTHORIZATION=header)
    assert answer.status_code == 401
    assert answer["WWW-Authenticate"].startswith("Bearer")


def test_the_two_kinds_do_not_stand_in_for_each_other(client, pair):
    assert me(client, pair.refresh) == 401
    assert post(client, "refresh", pair.access).status_code == 401


def test_an_access_token_needs_no_query(client, user, django_assert_num_queries):
    headers = bearer(user)
    # The list's own.
    with django_assert_num_queries(1):
        client.get("/api/v1/auth/sessions", **headers)


def test_staff_rights_are_never_in_a_token(client):
    boss = User.objects.create_superuser("boss", "a long password")
    who = jwts.read_access(tokens.issue(user_id=boss.pk).access).who
    assert (who.is_staff, who.is_superuser) == (False, False)
    assert client.get("/admin/", **bearer(boss)).status_code == 302


def test_refreshing_turns_both(client, pair):
    answer = post(client, "refresh", pair.refresh).json()
    assert answer["refresh"] != pair.refresh
    assert answer["access"] != pair.access
    assert me(client, answer["access"]) == 200
    assert post(client, "refresh", answer["refresh"]).status_code == 200


def test_a_lost_answer_comes_again_within_a_minute(client, pair):
    first = post(client, "refresh", pair.refresh).json()
    later(59)
    again = post(client, "refresh", pair.refresh).json()
    login = Login.objects.get()
    assert again["refresh_expires_in"] <= first["refresh_expires_in"] - 59
    assert jwts.read_refresh(again["refresh"]).token_id == jwts.read_refresh(first["refresh"]).token_id
    assert login.revoked_at is None


def test_the_grace_gives_the_same_pair(client, pair):
    answers = [post(client, "refresh", pair.refresh).json() for _ in range(3)]
    assert len({(answer["access"], answer["refresh"]) for answer in answers}) == 1


def test_after_the_grace_the_family_is_dead(client, pair):
    successor = post(client, "refresh", pair.refresh).json()
    later(61)
    assert post(client, "refresh", pair.refresh).status_code == 401
    assert post(client, "refresh", successor["refresh"]).status_code == 401
    assert me(client, successor["access"]) == 401
    assert me(client, pair.access) == 401
    assert AuditEvent.objects.get(action="login.reused")


def test_a_replay_after_the_successor_was_used_kills_the_family(client, pair):
    second = post(client, "refresh", pair.refresh).json()
    third = post(client, "refresh", second["refresh"]).json()
    assert post(client, "refresh", pair.refresh).status_code == 401
    assert post(client, "refresh", third["refresh"]).status_code == 401
    assert me(client, third["access"]) == 401


def test_another_device_lives_on(client, user, pair):
    other = tokens.issue(user_id=user.pk)
    second = post(client, "refresh", pair.refresh).json()
    post(client, "refresh", second["refresh"])
    post(client, "refresh", pair.refresh)
    assert me(client, other.access) == 200
    assert post(client, "refresh", other.refresh).status_code == 200


def test_an_expired_refresh_token(client, user):
    login = Login.objects.create(user=user, kind="app", expires_at=timezone.now())
    claims = good_claims(
        user, token_type="refresh", sid=str(login.pk), jti=login.token_id.hex, exp=int(time.time()) - 1
    )
    assert post(client, "refresh", signed(claims)).status_code == 401
    assert Login.objects.get().revoked_at is None


def test_a_login_ends_after_a_year(client, user, pair):
    Login.objects.update(created_at=timezone.now() - timedelta(days=364))
    answer = post(client, "refresh", pair.refresh).json()
    assert 0 < answer["refresh_expires_in"] <= 86_400


def test_a_suspended_user_gets_no_new_tokens(client, user, pair):
    User.objects.update(is_active=False)
    assert post(client, "refresh", pair.refresh).status_code == 401


@pytest.mark.parametrize(
    "body", [{}, {"refresh": ""}, {"refresh": [5]}, {"refresh": "x" * 100_000}, {"refresh": "a\0"}, []]
)
def test_bad_bodies(client, body):
    for path in ("refresh", "logout"):
        answer = client.post(f"/api/v1/auth/{path}", body, content_type="application/json")
        assert (answer.status_code, answer["Content-Type"]) == (400, "application/problem+json")


OLD, NEW = "old:" + "o" * 32, "new:" + "n" * 32


def test_keys_rotate_without_logging_anybody_out(client, settings, user):
    settings.JWT_SIGNING_KEYS = [OLD]
    before = tokens.issue(user_id=user.pk)
    lost = post(client, "refresh", before.refresh).json()
    settings.JWT_SIGNING_KEYS = [NEW, OLD]
    assert me(client, before.access) == 200
    # Within the grace the same bytes again, although another key signs by now.
    assert post(client, "refresh", before.refresh).json()["refresh"] == lost["refresh"]
    after = post(client, "refresh", lost["refresh"]).json()
    assert jwt.get_unverified_header(after["access"])["kid"] == "new"
    settings.JWT_SIGNING_KEYS = [NEW]
    assert me(client, after["access"]) == 200
    assert me(client, before.access) == 401


@pytest.mark.parametrize("keys", [["short:abc"], ["no-secret"], [":" + "x" * 32], ["a:" + "x" * 32, "a:" + "y" * 32]])
def test_a_ring_that_is_none_is_refused(settings, keys):
    settings.JWT_SIGNING_KEYS = keys
    with pytest.raises(Exception, match="JWT_SIGNING_KEYS"):
        keyring.ring()


@pytest.mark.django_db(transaction=True)
def test_two_hundred_refreshes_at_once_give_one_pair(user, pair):
    answers = together(200, lambda: post(Client(), "refresh", pair.refresh))
    assert {answer.status_code for answer in answers} == {200}
    assert len({(answer.json()["access"], answer.json()["refresh"]) for answer in answers}) == 1


@pytest.mark.django_db(transaction=True)
def test_a_replay_twice_at_the_same_moment(client, user, pair):
    second = post(client, "refresh", pair.refresh).json()
    third = post(client, "refresh", second["refresh"]).json()
    assert {answer.status_code for answer in together(2, lambda: post(Client(), "refresh", pair.refresh))} == {401}
    assert post(client, "refresh", third["refresh"]).status_code == 401
    assert me(client, third["access"]) == 401
    assert AuditEvent.objects.filter(action="login.reused").count() == 1
