import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from django.db import connections
from django.test import Client
from django.utils import timezone

from accounts.services.tokens import end_all
from accounts.tests.signing import bearer
from core.tests import urls
from ops.models import IdempotencyKey
from ops.services import Claim, StoredAnswer, abandon_request, begin_request, finish_request
from ops.tasks import purge_idempotency_keys

pytestmark = [pytest.mark.django_db, pytest.mark.urls("core.tests.urls")]


@pytest.fixture(autouse=True)
def _counted(settings):
    settings.THROTTLE_ENABLED = False
    urls.counted.update(calls=0, status=201, wait=lambda: None)


def post(client, key="key-1", body=b'{"a":1}', **extra):
    return client.post("/count", body, content_type="application/json", headers={"Idempotency-Key": key}, **extra)


def test_a_repeat_gets_the_first_answer(client):
    first, again = post(client), post(client)
    assert (again.status_code, again.content, again["Location"]) == (201, first.content, "/made/1")
    assert again["Content-Type"] == "application/json"
    assert again["Idempotent-Replayed"] == "true"
    assert "Idempotent-Replayed" not in first
    assert again["X-Request-ID"] != first["X-Request-ID"]
    assert urls.counted["calls"] == 1


def test_without_a_key_each_is_its_own(client):
    client.post("/count", b"{}", content_type="application/json")
    client.post("/count", b"{}", content_type="application/json")
    assert urls.counted["calls"] == 2
    assert not IdempotencyKey.objects.exists()


def test_another_body_under_the_key_is_refused(client):
    post(client)
    answer = post(client, body=b'{"a":2}')
    assert answer.status_code == 422
    assert answer.json()["type"] == "/problems/idempotency-key-reused"
    assert urls.counted["calls"] == 1


def test_keys_belong_to_their_caller(client):
    post(client, REMOTE_ADDR="198.51.100.1")
    assert post(client, body=b"other", REMOTE_ADDR="198.51.100.2").status_code == 201
    assert "198.51" not in "".join(IdempotencyKey.objects.values_list("owner", flat=True))


@pytest.mark.parametrize("key", ["", " ", "a b", "x" * 256, "한글", "a\x01b"])
def test_odd_keys_are_refused(client, key):
    answer = post(client, key=key)
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"] == "Idempotency-Key"


@pytest.mark.parametrize("status", [503, 409, 429])
def test_answers_that_pass_are_not_kept(client, status):
    urls.counted["status"] = status
    post(client)
    urls.counted["status"] = 201
    assert post(client).status_code == 201
    assert urls.counted["calls"] == 2


def test_repeats_count_against_the_limit_too(client, settings):
    settings.THROTTLE_ENABLED = True
    settings.THROTTLE_RATES = {"address": "2/minute"}
    assert client.post("/api/v1/installs", headers={"Idempotency-Key": "k"}).status_code == 201
    again = client.post("/api/v1/installs", headers={"Idempotency-Key": "k"})
    assert (again.status_code, again["Idempotent-Replayed"], again["RateLimit-Remaining"]) == (201, "true", "0")
    refused = client.post("/api/v1/installs", headers={"Idempotency-Key": "k"})
    assert (refused.status_code, refused.json()["type"]) == (429, "/problems/throttled")


def test_a_bug_frees_the_key(client):
    client.raise_request_exception = False
    urls.counted["status"] = 0
    assert post(client).status_code == 500
    urls.counted["status"] = 201
    assert post(client).status_code == 201


def test_drf_answers_are_kept_too(client):
    def send():
        return client.post(
            "/idempotent-api/x", {"name": "abc"}, content_type="application/json", headers={"Idempotency-Key": "k"}
        )

    first, again = send(), send()
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.content == again.content == b'{"ok":true}'
    assert again["Idempotent-Replayed"] == "true"


@pytest.mark.django_db(transaction=True)
def test_of_ten_at_once_one_runs_and_the_rest_wait():
    entered, release = threading.Event(), threading.Event()

    def wait():
        entered.set()
        release.wait(60)

    urls.counted["wait"] = wait

    def send(_):
        try:
            return post(Client())
        finally:
            connections.close_all()

    with ThreadPoolExecutor(10) as pool:
        first = pool.submit(send, 0)
        assert entered.wait(60)
        others = list(pool.map(send, range(9)))
        release.set()
        assert first.result().status_code == 201
    assert {answer.status_code for answer in others} == {409}
    assert all(answer["Retry-After"] == "1" for answer in others)
    assert urls.counted["calls"] == 1
    assert send(0)["Idempotent-Replayed"] == "true"


def begin(request_hash="h"):
    return begin_request(owner="o", key="k", request_hash=request_hash)


def test_a_dead_holders_key_is_taken_over_once():
    dead = begin()
    IdempotencyKey.objects.update(locked_until=timezone.now() - timedelta(seconds=1))
    claim = begin()
    assert isinstance(claim, Claim)
    # The first holder comes back after all: its answer no longer counts.
    assert finish_request(claim=dead, answer=StoredAnswer(200, {}, b"late")) is False
    abandon_request(claim=dead)
    assert finish_request(claim=claim, answer=StoredAnswer(200, {}, b"right")) is True
    assert begin() == StoredAnswer(200, {}, b"right")


def test_after_a_day_the_key_is_new():
    finish_request(claim=begin(), answer=StoredAnswer(200, {}, b"old"))
    IdempotencyKey.objects.update(created_at=timezone.now() - timedelta(hours=25))
    assert isinstance(begin("another"), Claim)


def test_the_purge_deletes_what_is_older_than_a_day():
    begin()
    begin_request(owner="o", key="old", request_hash="h")
    IdempotencyKey.objects.filter(key="old").update(created_at=timezone.now() - timedelta(hours=25))
    assert purge_idempotency_keys.run() == 1
    assert list(IdempotencyKey.objects.values_list("key", flat=True)) == ["k"]


@pytest.mark.urls("config.urls")
def test_for_a_stranger_nothing_is_kept(client, settings):
    settings.THROTTLE_ENABLED = False
    for body in ('{"name": "하나"}', '{"name": "둘"}'):
        answer = client.post("/api/v1/tags", body, "application/json", headers={"Idempotency-Key": "of-a-stranger"})
        assert answer.status_code == 401
    assert not IdempotencyKey.objects.exists()


@pytest.mark.urls("config.urls")
def test_an_ended_login_gets_no_kept_answer(client, settings):
    settings.THROTTLE_ENABLED = True
    user = get_user_model().objects.create_user(kakao_sub="1000:4815000001")
    signed = bearer(user)

    def again():
        headers = {"Idempotency-Key": "again-and-again"}
        return client.post("/api/v1/tags", '{"name": "혈압"}', "application/json", headers=headers, **signed)

    assert again().status_code == 201
    assert again()["Idempotent-Replayed"] == "true"
    end_all(user_id=user.pk)
    assert again().status_code == 401
