import time
from datetime import timedelta

import pytest
from celery import current_app, shared_task
from celery.contrib.testing.worker import start_worker
from django.contrib.admin.sites import site
from django.contrib.auth import get_user_model
from django.contrib.messages import get_messages
from django.db import connection
from django.utils import timezone

from core import celery_task
from core.celery_task import DeadTask, PillingTask, enqueue
from core.errors import VendorRefused
from ops import personal_data
from ops.models import DeadLetter
from ops.services import claim_dead_letter, keep_dead_letter, record_audit
from ops.tasks import purge_dead_letters
from ops.tests.audit import deeds

pytestmark = pytest.mark.django_db


@shared_task(base=PillingTask, name="ops.tests.broken")
def broken(number):
    raise VendorRefused("v", "no")


@shared_task(base=PillingTask, name="ops.tests.resendable")
def resendable(number):
    return number


def make(task_id="t-1", name="ops.tests.resendable"):
    keep_dead_letter(DeadTask(task_id, name, (5,), {}, "VendorUnreachable: v", 4, "req-12345"))
    return DeadLetter.objects.get(task_id=task_id)


def test_ops_is_who_keeps_dead_tasks():
    assert keep_dead_letter in celery_task._keepers


@pytest.mark.django_db(transaction=True)
def test_a_task_that_fails_for_good_in_a_worker_is_stored():
    with start_worker(current_app, pool="threads", concurrency=1, perform_ping_check=False, shutdown_timeout=20):
        assert enqueue(broken, 7)
        for _ in range(500):
            if DeadLetter.objects.exists():
                break
            time.sleep(0.02)
    letter = DeadLetter.objects.get()
    assert (letter.name, letter.args, letter.attempts) == ("ops.tests.broken", [7], 1)
    assert letter.error == "VendorRefused: v: no"


def test_the_same_task_again_replaces_its_row():
    make()
    make()
    assert DeadLetter.objects.count() == 1


def test_only_one_operator_sends_it_again():
    letter = make()
    assert [claim_dead_letter(pk=letter.pk) for _ in range(2)] == [True, False]


@pytest.fixture
def operator(client, settings):
    settings.STORAGES = settings.STORAGES | {
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    }
    client.force_login(get_user_model().objects.create_superuser("boss", "password-for-tests"))
    return client


def resend(operator, *letters):
    return operator.post(
        "/admin/ops/deadletter/", {"action": "send_again", "_selected_action": [letter.pk for letter in letters]}
    )


def test_an_operator_sends_it_again(operator, monkeypatch, django_capture_on_commit_callbacks):
    letter, sent = make(), []
    monkeypatch.setattr(resendable, "apply_async", lambda args, kwargs, **rest: sent.append((args, kwargs)))
    with django_capture_on_commit_callbacks(execute=True):
        assert resend(operator, letter).status_code == 302
    assert sent == [((5,), {})]
    letter.refresh_from_db()
    assert letter.resent_at is not None
    assert deeds().get().action == "dead_letter.resend"


def test_a_task_that_no_longer_exists_stays(operator):
    letter = make(name="gone.tasks.gone")
    told = [str(message) for message in get_messages(resend(operator, letter).wsgi_request)]
    assert [text.partition(" ")[0] for text in told] == ["0건을", "1건은"]
    letter.refresh_from_db()
    assert letter.resent_at is None


@pytest.mark.django_db(transaction=True)
def test_one_that_a_release_takes_no_more_stays_and_the_others_are_sent_and_told_of(operator):
    changed, good = make(), make(task_id="t-2")
    DeadLetter.objects.filter(pk=changed.pk).update(args=[5, 6, 7])
    assert resend(operator, changed, good).status_code == 302
    assert [letter.resent_at is not None for letter in DeadLetter.objects.order_by("task_id")] == [False, True]
    assert [event.target for event in deeds()] == ["t-2"]


@pytest.mark.parametrize(("permissions", "sent"), [(["view"], False), (["view", "change"], True)])
def test_only_who_may_change_them_sends_again(staff, permissions, sent):
    letter = make()
    resend(staff(*(f"{permission}_deadletter" for permission in permissions)), letter)
    letter.refresh_from_db()
    assert (letter.resent_at is not None) is sent


@pytest.mark.parametrize("name", ["deadletter", "auditevent", "idempotencykey"])
def test_the_lists_open_and_nothing_is_edited(operator, name):
    make()
    record_audit(actor="boss", action="x")
    assert operator.get(f"/admin/ops/{name}/").status_code == 200
    assert operator.get(f"/admin/ops/{name}/add/").status_code == 403
    assert len(site._registry) > 3


def test_the_waiting_list_uses_its_index():
    with connection.cursor() as cursor:
        cursor.execute("SET enable_seqscan = off")
        query = DeadLetter.objects.filter(resent_at=None).order_by("-failed_at")[:50]
        cursor.execute("EXPLAIN " + str(query.query))
        plan = "\n".join(row[0] for row in cursor.fetchall())
        cursor.execute("SET enable_seqscan = on")
    assert "idx_dead_letter_waiting" in plan


def test_who_is_erased_is_in_no_letter():
    user = get_user_model().objects.create_user(kakao_sub="1000:4815000009", nickname="남")
    for number, given in enumerate(([["other", str(user.pk)]], [user.kakao_sub], ["other"])):
        keep_dead_letter(DeadTask(f"t-{number}", "schedules.tasks.fill", tuple(given), {}, "an error", 1, "req-1"))
    assert len(list(personal_data.export(str(user.pk))["failed_tasks"])) == 2
    personal_data.erase(str(user.pk))
    assert [letter.args for letter in DeadLetter.objects.all()] == [["other"]]


def test_old_letters_go():
    now = timezone.now()
    for task_id, failed, resent in (
        ("decided", 40, 31), ("decided lately", 40, 29), ("forgotten", 181, None), ("waits", 179, None),
    ):  # fmt: skip
        make(task_id)
        when = resent and now - timedelta(days=resent)
        DeadLetter.objects.filter(task_id=task_id).update(failed_at=now - timedelta(days=failed), resent_at=when)
    assert purge_dead_letters() == 2
    assert set(DeadLetter.objects.values_list("task_id", flat=True)) == {"decided lately", "waits"}
