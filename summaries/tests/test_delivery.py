"""From a reader's request through the broker to a real worker and back."""

import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from urllib.parse import urlsplit, urlunsplit

import pytest
from django.conf import settings as django_settings
from django.db import connection, connections
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from kombu import pools

from config.celery import app
from core import stores
from medicines.selectors.label_text import label_text
from summaries import services, views
from summaries.models import Summary
from summaries.tests.factories import make_medicine, set_label

pytestmark = pytest.mark.django_db(transaction=True)


def get(item_seq, **headers):
    return Client().get(reverse("summary", args=[item_seq]), headers=headers)


def queued(queue="people"):
    return stores.broker.client.llen(queue)


@pytest.fixture
def impatient(monkeypatch):
    """Readers wait a moment only."""
    monkeypatch.setattr(views, "WAIT_SECONDS", 0.2)


@pytest.fixture
def worker(standins, tmp_path):
    """`celery -A config worker` as it is run, on this test's database, broker and stand-in."""
    address = urlsplit(os.environ["DATABASE_URL"])
    environment = os.environ | {
        "DATABASE_URL": urlunsplit(address._replace(path=f"/{connection.settings_dict['NAME']}")),
        "OPENAI_API_KEY": "sandbox-key",
        "OPENAI_BASE_URL": standins.url("openai"),
        "OPENAI_MODELS": "gpt-6-luna",
    }
    command = [sys.executable, "-m", "celery", "-A", "config", "worker", "--pool", "solo", "-Q", "people,batch"]
    with (tmp_path / "worker.log").open("w") as log:
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log, cwd=django_settings.BASE_DIR)
        yield process
        process.terminate()
        process.wait(60)


def landed(item_seq, seconds=40):
    """The first answer that is not 202."""
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        response = get(item_seq)
        if response.status_code != 202:
            return response
        time.sleep(0.2)
    raise AssertionError("no worker took the task")


def test_a_worker_makes_the_text_that_a_reader_waits_for(standins, worker):
    medicine = make_medicine()
    response = landed(medicine.item_seq)
    assert response.status_code == 200
    assert response.json()["kind"] == "ai"
    assert Summary.objects.get().work == "done"
    assert standins.calls("openai")["chat.completions"] == 1


def test_fifty_first_readers_make_one_call(standins, worker):
    medicine = make_medicine()

    def read(_):
        try:
            return get(medicine.item_seq).status_code
        finally:
            connections.close_all()

    with ThreadPoolExecutor(50) as readers:
        statuses = set(readers.map(read, range(50)))
    assert statuses <= {200, 202}
    assert landed(medicine.item_seq).json()["kind"] == "ai"
    assert standins.calls("openai")["chat.completions"] == 1
    assert Summary.objects.count() == 1


def test_without_a_worker_the_reader_gets_202_with_the_extractive_text(standins, impatient):
    medicine = make_medicine()
    response = get(medicine.item_seq)
    body = response.json()
    assert (response.status_code, body["status"], body["kind"]) == (202, "pending", "extractive")
    assert int(response["Retry-After"]) > 0
    assert response["Cache-Control"] == "no-store"
    assert body["sections"][0]["name"] == "effect"
    assert queued() == 1


def test_many_readers_send_one_task(standins, impatient):
    medicine = make_medicine()
    assert {get(medicine.item_seq).status_code for _ in range(5)} == {202}
    assert queued() == 1


def test_past_ten_an_hour_the_extractive_text_is_served(standins, impatient, settings):
    settings.THROTTLE_RATES = settings.THROTTLE_RATES | {"summary": "2/hour"}
    answers = [get(make_medicine(f"20990030{n}").item_seq) for n in range(3)]
    assert [answer.status_code for answer in answers] == [202, 202, 200]
    assert answers[2].json()["kind"] == "extractive"
    assert queued() == 2


def test_a_broker_that_is_down_costs_nothing_but_the_ai_text(standins, settings, impatient):
    medicine = make_medicine()
    held = settings.CELERY_BROKER_REDIS_URL
    settings.CELERY_BROKER_REDIS_URL = "unix:///nowhere.sock?db=0"
    with _BrokenCelery():
        response = get(medicine.item_seq)
    settings.CELERY_BROKER_REDIS_URL = held
    assert (response.status_code, response.json()["kind"]) == (200, "extractive")
    stores.broker.reset()
    Summary.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    assert len(services.sweep()) == 1


class _BrokenCelery:
    """Celery's own connections to a broker that is not there."""

    def __enter__(self):
        self.app, self.url = app, app.conf.broker_write_url
        self._set("redis+socket:///nowhere.sock")

    def __exit__(self, *_):
        self._set(self.url)

    def _set(self, url):
        self.app.conf.broker_write_url = url
        pools.reset()
        self.app._pool = None
        self.app.amqp._producer_pool = None


def test_without_a_key_no_task_is_sent(standins, settings):
    settings.OPENAI_API_KEY = ""
    assert get(make_medicine().item_seq).status_code == 200
    assert queued() == 0
    assert not Summary.objects.exists()


def test_a_new_text_is_read_at_once(standins):
    medicine = make_medicine()
    make(medicine)
    assert get(medicine.item_seq)["X-Cache"] == "db"
    set_label(medicine, efficacy="이 약은 기침에 사용합니다.")
    make(medicine)
    response = get(medicine.item_seq)
    assert response.json()["sections"][0]["sentences"][0]["text"] == "기침에 쓰는 약이에요."


def make(medicine):
    kind, pk = services.claim(label=label_text(item_seq=medicine.item_seq), keyword="")
    assert services.generate(kind=kind, pk=pk) == "done"
