"""Delivery over the real broker to a real worker."""

import logging
import threading
import time

import pytest
from celery import current_app, shared_task
from celery.contrib.testing.worker import setup_app_for_worker, start_worker
from django.db import transaction
from prometheus_client import REGISTRY

from core import celery_task, context
from core.celery_task import PillingTask, enqueue
from core.errors import VendorRefused, VendorUnreachable
from core.logs import BodyFilter

ran = []
done = threading.Event()


@shared_task(base=PillingTask, name="core.tests.note")
def note(value):
    ran.append((value, context.request_id.get()))
    done.set()


@shared_task(base=PillingTask, name="core.tests.flaky", retry_backoff=False, default_retry_delay=0, bind=True)
def flaky(self, until):
    ran.append(self.request.retries)
    if self.request.retries < until:
        raise VendorUnreachable("v", "down")
    done.set()


@shared_task(base=PillingTask, name="core.tests.refused")
def refused(value):
    ran.append(value)
    raise VendorRefused("v", "serviceKey=TOPSECRET refused")


kept = []


def keep(dead):
    kept.append(dead)
    done.set()


@pytest.fixture(autouse=True)
def _clean():
    ran.clear()
    kept.clear()
    done.clear()
    context.request_id.set("")


@pytest.fixture
def worker(transactional_db):
    # The worker would warn that its thread may not set signal handlers.
    with start_worker(current_app, pool="threads", concurrency=2, perform_ping_check=False, shutdown_timeout=20):
        yield


def counted(name, outcome):
    return REGISTRY.get_sample_value("celery_tasks_total", {"task": name, "outcome": outcome}) or 0


@pytest.mark.usefixtures("worker")
def test_a_task_runs_with_the_requests_id():
    context.request_id.set("abcd-1234")
    before = counted("core.tests.note", "succeeded")
    assert enqueue(note, "hello")
    assert done.wait(60)
    assert ran == [("hello", "abcd-1234")]
    for _ in range(100):
        if counted("core.tests.note", "succeeded") == before + 1:
            break
        time.sleep(0.02)
    assert counted("core.tests.note", "succeeded") == before + 1


@pytest.mark.usefixtures("worker")
def test_vendor_failures_are_retried():
    enqueue(flaky, 2)
    assert done.wait(60)
    assert ran == [0, 1, 2]


@pytest.mark.usefixtures("worker")
def test_what_fails_for_good_is_kept_without_secrets(monkeypatch):
    monkeypatch.setattr(celery_task, "_keepers", [])
    celery_task.on_final_failure(keep)
    enqueue(refused, 5)
    assert done.wait(60)
    (dead,) = kept
    assert (dead.name, dead.args, dead.attempts) == ("core.tests.refused", (5,), 1)
    assert dead.error.startswith("VendorRefused")
    assert "TOPSECRET" not in dead.error


@pytest.mark.usefixtures("worker")
def test_a_task_that_this_release_does_not_know_is_kept_and_its_arguments_are_not_logged(monkeypatch, caplog):
    monkeypatch.setattr(celery_task, "_keepers", [])
    celery_task.on_final_failure(keep)
    # As under settings.LOGGING.
    consumer, no_body = logging.getLogger("celery.worker.consumer.consumer"), BodyFilter()
    consumer.addFilter(no_body)
    try:
        current_app.send_task("newer.tasks.newer", (7,), {"sub": "4242424242"}, headers={"request_id": "req-777"})
        assert done.wait(60)
    finally:
        consumer.removeFilter(no_body)
    (dead,) = kept
    assert (dead.name, dead.args, dead.kwargs) == ("newer.tasks.newer", (7,), {"sub": "4242424242"})
    assert (dead.error, dead.attempts, dead.request_id) == ("NotRegistered", 1, "req-777")
    assert "Received unregistered task" in caplog.text
    assert "4242424242" not in caplog.text


@pytest.mark.usefixtures("worker")
def test_nothing_is_sent_before_the_commit():
    with transaction.atomic():
        enqueue(note, 1)
        assert not done.wait(0.5)
    assert done.wait(60)


@pytest.mark.usefixtures("worker")
def test_nothing_is_sent_after_a_rollback():
    with transaction.atomic():
        enqueue(note, 1)
        transaction.set_rollback(True)
    assert not done.wait(0.5)


@pytest.mark.django_db(transaction=True)
def test_a_broker_that_is_away_is_false_and_counted(killable, monkeypatch):
    labels = {"task": "core.tests.note"}
    before = REGISTRY.get_sample_value("celery_enqueue_failures_total", labels) or 0
    killable.kill()
    monkeypatch.setattr(note, "apply_async", pytest.fail)
    assert enqueue(note, "x") is False
    assert REGISTRY.get_sample_value("celery_enqueue_failures_total", labels) == before + 1


def test_what_every_task_has():
    assert (note.acks_late, note.retry_on_worker_lost, note.ignore_result) == (True, True, True)
    assert note.time_limit <= 120
    assert note.soft_time_limit < note.time_limit
    assert note.retry_backoff_max <= 60


def test_a_worker_leaves_logging_to_the_settings():
    def state():
        return [(logger.level, logger.propagate, [*logger.handlers]) for logger in map(logging.getLogger, names)]

    names = ("", "celery", "celery.task", "core")
    before = state()
    setup_app_for_worker(current_app, "CRITICAL", None)
    assert state() == before
