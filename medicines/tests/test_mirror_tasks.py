"""The nightly chain over the real broker to a real worker: each stretch sends the next."""

import time

import pytest
from celery import current_app
from celery.contrib.testing.worker import start_worker
from django.utils import timezone

from core import metrics
from core.celery_task import enqueue
from medicines import tasks
from medicines.models import Medicine, MedicineBrand, MirrorRun
from medicines.services import mirror
from medicines.tests.factories import detail_row, easy_row, ingredient_row, permit_row, store_permit


@pytest.fixture
def worker(transactional_db):
    # The worker would warn that its thread may not set signal handlers.
    with start_worker(
        current_app, pool="threads", concurrency=2, perform_ping_check=False, shutdown_timeout=20, queues="batch,people"
    ):
        yield


def wait_for(reached):
    for _ in range(600):
        if reached():
            return
        time.sleep(0.05)
    raise AssertionError("not reached within 30 s")


@pytest.mark.usefixtures("worker")
def test_one_message_mirrors_everything_and_then_fetches_labels(serve, monkeypatch):
    popular = store_permit()
    Medicine.objects.filter(pk=popular.pk).update(popularity=1)
    monkeypatch.setattr(mirror, "CHUNK_SECONDS", 0.0)
    served = serve(
        easydrug=[easy_row(f"3000{n:05}", f"나다정{n}") for n in range(150)],
        permit=[permit_row()],
        ingredients=[ingredient_row("200000001", 1, "가나민")],
        permit_detail=[detail_row()],
    )
    assert enqueue(tasks.sync_medicines)
    wait_for(lambda: Medicine.objects.filter(label_outcome="ready").exists())
    assert {run.source: run.state for run in MirrorRun.objects.all()} == dict.fromkeys(mirror.SOURCES, "complete")
    ended = {run.source: run.finished_at.timestamp() for run in MirrorRun.objects.all()}
    assert {source: metrics.mirror_completed.labels(source)._value.get() for source in mirror.SOURCES} == ended
    assert Medicine.objects.count() == 151
    assert MedicineBrand.objects.exists()
    assert served.calls("datagokr").total() == 5


def test_the_mornings_look_tells_how_old_each_source_is(db):
    ended = timezone.now()
    MirrorRun.objects.create(source="easy", state="complete", finished_at=ended)
    MirrorRun.objects.create(source="easy", state="incomplete", finished_at=timezone.now())
    metrics.mirror_completed.labels("easy").set(0)
    tasks.catch_up()
    assert metrics.mirror_completed.labels("easy")._value.get() == ended.timestamp()
