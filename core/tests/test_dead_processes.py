"""A process of a real worker dies under its task: once costs nothing, always ends as a dead letter."""

import os
import sys
from urllib.parse import urlsplit, urlunsplit

import pytest
from django.conf import settings
from django.db import connection

from core import context, stores
from core.celery_task import enqueue
from core.tests.deadly import dies, dies_once
from core.tests.test_worker_metrics import page
from ops.models import DeadLetter
from sandbox.ports import free_port
from sandbox.process import spawn, wait_until

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def port():
    return free_port()


@pytest.fixture
def worker(port, tmp_path):
    """On this test's database and broker, with metrics of its own."""
    stores.broker.client.flushdb()
    address = urlsplit(os.environ["DATABASE_URL"])
    env = os.environ | {
        "DATABASE_URL": urlunsplit(address._replace(path=f"/{connection.settings_dict['NAME']}")),
        "CELERY_METRICS_PORT": str(port),
        "PROMETHEUS_MULTIPROC_DIR": str(tmp_path / "metrics"),
    }
    command = [sys.executable, "-m", "celery", "-A", "core.tests.deadly", "worker", "--concurrency", "1",
               "--queues", "people,batch", "--without-gossip", "--without-mingle"]  # fmt: skip
    child = spawn("worker", command, log=tmp_path / "worker.log", env=env, cwd=settings.BASE_DIR)
    yield child
    child.stop(patience=20)


def queued():
    return sum(stores.broker.client.llen(queue) for queue in ("people", "batch"))


def test_a_task_whose_process_always_dies_ends_as_a_dead_letter(worker, port, tmp_path):
    context.request_id.set("dead-1234")
    for number in (1, 2):
        # The second one finds a parent that wrote down the first.
        file = tmp_path / f"runs{number}"
        assert enqueue(dies, str(file), secret="kept for the resend")
        wait_until(lambda count=number: DeadLetter.objects.count() == count, worker, seconds=120)
        assert file.read_text().count("run") == dies.max_retries + 1
    letter = DeadLetter.objects.earliest("failed_at")
    assert (letter.name, letter.attempts, letter.request_id) == (dies.name, dies.max_retries + 1, "dead-1234")
    assert (letter.args, letter.kwargs) == ([str(tmp_path / "runs1")], {"secret": "kept for the resend"})
    assert letter.error.startswith("WorkerLostError")
    counted = f'celery_tasks_total{{{{outcome="{{}}",task="{dies.name}"}}}} {{}}'
    wait_until(lambda: counted.format("failed", "2.0") in page(port), worker, seconds=120)
    assert counted.format("retried", "6.0") in page(port)
    assert queued() == 0


def test_a_task_whose_process_dies_once_is_done(worker, tmp_path):
    file = tmp_path / "note"
    enqueue(dies_once, str(file))
    wait_until(lambda: file.exists() and file.read_text() == "done", worker, seconds=120)
    assert not DeadLetter.objects.exists()
    assert queued() == 0
