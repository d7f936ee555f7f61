"""`DELETE /api/v1/me`: at once here, later at Kakao, and a live token afterwards."""

import threading
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone

from accounts.models import ErasureReceipt, KakaoErrand, Login, User
from accounts.services import denials, erasure, errands, tokens
from accounts.tasks import run_errand, sweep_errands
from accounts.tests.signing import bearer
from core import stores
from core.problems import as_problem
from core.throttling import user_key
from ops.models import AuditEvent, IdempotencyKey

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _clean():
    stores.cache.client.flushdb()


@pytest.fixture
def linked(client, standins):
    """A user as Kakao knows them, with their tokens."""
    body = {"access_token": "sandbox-user-1"}
    return client.post("/api/v1/auth/kakao", body, content_type="application/json").json()


def headers(pair):
    return {"HTTP_AUTHORIZATION": f"Bearer {pair['access']}"}


def erase(client, pair):
    return client.delete("/api/v1/me", **headers(pair))


def overdue():
    KakaoErrand.objects.update(due_at=timezone.now())


def test_everything_goes_and_a_receipt_stays(client, linked, kakao_standin):
    user_id = linked["user"]["id"]
    now = timezone.now()
    IdempotencyKey.objects.create(owner=user_key(user_id), key="k", request_hash="h", locked_until=now, created_at=now)
    answer = erase(client, linked)
    assert answer.status_code == 200
    receipt = ErasureReceipt.objects.get(pk=answer.json()["receipt"])
    assert receipt.rows["accounts"] == 1
    assert not User.objects.exists()
    assert not Login.objects.exists()
    assert not IdempotencyKey.objects.exists()
    assert AuditEvent.objects.get(action="account.erased").target == str(receipt.pk)
    assert 1 in kakao_standin.members.linked
    run_errand.apply((KakaoErrand.objects.get().pk,))
    assert 1 not in kakao_standin.members.linked
    assert not KakaoErrand.objects.exists()
    receipt.refresh_from_db()
    assert receipt.unlinked_at


def test_a_live_token_is_refused_everywhere(client, linked):
    erase(client, linked)
    for path in ("/api/v1/me", "/api/v1/me/export", "/api/v1/auth/sessions", "/api/v1/medicines?q=타이레놀"):
        assert client.get(path, **headers(linked)).status_code == 401, path
    assert erase(client, linked).status_code == 401
    patched = client.patch("/api/v1/me", {"nickname": "x"}, content_type="application/json", **headers(linked))
    assert patched.status_code == 401
    refreshed = client.post("/api/v1/auth/refresh", {"refresh": linked["refresh"]}, content_type="application/json")
    assert refreshed.status_code == 401


def test_a_live_token_is_refused_even_when_redis_forgot(client, linked):
    erase(client, linked)
    stores.cache.client.flushdb()
    for path in ("/api/v1/me", "/api/v1/me/export"):
        assert client.get(path, **headers(linked)).status_code == 401, path
    denials.sweep()
    assert client.get("/api/v1/auth/sessions", **headers(linked)).status_code == 401


def test_without_redis_erasing_works_and_the_token_is_dead(client, standins, linked, killable):
    killable.kill()
    assert erase(client, linked).status_code == 200
    assert not User.objects.exists()
    assert client.get("/api/v1/auth/sessions", **headers(linked)).status_code == 401


def test_what_is_written_for_an_erased_user_is_401_not_a_fault(user):
    gone = user.pk
    user.delete()
    with pytest.raises(Exception, match="accounts_login") as error, transaction.atomic():
        tokens.issue(user_id=gone)
    assert as_problem(error.value).status == 401


def test_other_broken_keys_stay_faults(user):
    now = timezone.now()
    row = {"owner": "o", "key": "k", "request_hash": "h", "locked_until": now, "created_at": now}
    IdempotencyKey.objects.create(**row)
    with pytest.raises(Exception, match="uniq_idempotency_key") as error, transaction.atomic():
        IdempotencyKey.objects.create(**row)
    assert as_problem(error.value) is None


def test_kakao_is_away_for_a_while(client, standins, linked, kakao_standin):
    standins.set_fault("kakao", "kapi_error", operation="unlink", code=-9798)
    erase(client, linked)
    pk = KakaoErrand.objects.get().pk
    for attempt in range(1, 5):
        overdue()
        run_errand.apply((pk,))
        errand = KakaoErrand.objects.get()
        assert errand.attempts == attempt
        pause = errand.due_at - timezone.now()
        assert timedelta(minutes=2 ** (attempt - 1), seconds=-5) < pause <= timedelta(minutes=2 ** (attempt - 1))
    # Not due, so nothing is asked.
    calls = standins.calls("kakao")["unlink"]
    run_errand.apply((pk,))
    assert standins.calls("kakao")["unlink"] == calls
    standins.clear_faults()
    overdue()
    assert errands.due() == [pk]
    run_errand.apply((pk,))
    assert not KakaoErrand.objects.exists()
    assert ErasureReceipt.objects.get().unlinked_at


def test_a_pause_never_exceeds_six_hours(client, standins, linked):
    standins.set_fault("kakao", "kapi_error", operation="unlink", code=-1)
    erase(client, linked)
    KakaoErrand.objects.update(attempts=5000, due_at=timezone.now())
    run_errand.apply((KakaoErrand.objects.get().pk,))
    assert KakaoErrand.objects.get().due_at - timezone.now() <= timedelta(hours=6)


def test_unlinked_already_is_as_good(client, linked, kakao_standin):
    kakao_standin.members.unlink(1)
    erase(client, linked)
    run_errand.apply((KakaoErrand.objects.get().pk,))
    assert not KakaoErrand.objects.exists()


@pytest.mark.parametrize("change", [{"KAKAO_ADMIN_KEY": ""}, {"KAKAO_APP_ID": "1001"}])
def test_without_this_apps_key_it_waits(client, standins, linked, settings, change):
    erase(client, linked)
    for name, value in change.items():
        setattr(settings, name, value)
    run_errand.apply((KakaoErrand.objects.get().pk,))
    assert KakaoErrand.objects.get().due_at > timezone.now()
    assert standins.calls("kakao")["unlink"] == 0


def test_two_workers_settle_it_once(client, standins, linked):
    erase(client, linked)
    pk = KakaoErrand.objects.get().pk
    standins.set_fault("kakao", "latency", operation="unlink", seconds=0.3)
    done = []

    def work():
        done.append(errands.run(pk=pk))
        connection.close()

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(done) == [False, True]
    assert standins.calls("kakao")["unlink"] == 1


def test_the_sweep_sends_what_is_due(client, linked, monkeypatch):
    erase(client, linked)
    sent = []
    monkeypatch.setattr(run_errand, "apply_async", lambda args, *_, **__: sent.append(args[0]))
    sweep_errands.apply()
    assert sent == [KakaoErrand.objects.get().pk]


def test_nothing_is_erased_when_a_part_fails(client, linked, monkeypatch):
    def fail(**_):
        raise ConnectionError

    monkeypatch.setattr(erasure, "record_audit", fail)
    client.raise_request_exception = False
    assert erase(client, linked).status_code == 500
    assert User.objects.exists()
    assert Login.objects.exists()
    assert not KakaoErrand.objects.exists()
    assert client.get("/api/v1/me", **headers(linked)).status_code == 200


def test_a_member_of_staff_without_kakao(client):
    boss = User.objects.create_superuser("boss", "a long password")
    assert client.delete("/api/v1/me", **bearer(boss)).status_code == 200
    assert not KakaoErrand.objects.exists()


def test_twice_at_once_erases_once(linked):
    answers = []

    def work():
        answers.append(erase(Client(), linked).status_code)
        connection.close()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [200, 401, 401, 401]
    assert ErasureReceipt.objects.count() == 1
